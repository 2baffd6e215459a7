package exchange_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/exchange"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/permission"
)

// params returns the parameters of a noun by name.
func params(noun string) map[string]schema.Row {
	m := map[string]schema.Row{}
	for _, n := range schema.Nouns {
		if slices.Contains(n.Names, noun) && n.Refused == "" {
			for _, r := range n.Rows {
				m[r.Name] = r
			}
		}
	}
	return m
}

// defaultOf returns the default of a connector of usage Custom, or of what isn't a
// connector.
func defaultOf(r schema.Row, p connector.Profile) string {
	return r.Default.For("Custom", p == permission.Exchange2007, false)
}

// samples are values that differ from the default, by type.
var samples = map[string]object.Value{
	"Boolean": true, "String": "something", "Fqdn": "other.contoso.com", "Int32": int64(7), "Unlimited<Int32>": int64(7),
	"ByteQuantifiedSize": "128KB", "Unlimited<ByteQuantifiedSize>": "3MB", "EnhancedTimeSpan": "00:00:07",
	"SmtpX509Identifier": "<I>CN=a<S>CN=b", "ExtendedProtectionPolicySetting": "Allow", "SizeMode": "Disabled",
	"ProtocolLoggingLevel": "Verbose", "MessageRateSourceFlags": "User", "ServerRole": "FrontendTransport",
	"TenantConnectorType": "XPremises", "SmartHostLimits": "Google", "ErrorPolicies": "DowngradeDnsFailures", "TlsAuthLevel": "EncryptionOnly",
	"IPAddress": "10.0.0.1", "SmtpDomainWithSubdomains": "*.contoso.com", "AuthMechanisms": "None", "PermissionGroups": "Partners",
	"MultiValuedProperty<String>": "a:B", "MultiValuedProperty<IPBinding>": "10.0.0.7:25",
	"MultiValuedProperty<IPRange>": "10.0.0.7", "MultiValuedProperty<AddressSpace>": "a.com", "MultiValuedProperty<SmartHost>": "a.com",
	"MultiValuedProperty<ServerIdParameter>": "HubA",
}

// sample returns a value of a parameter that isn't its default.
func sample(p schema.Row) object.Value {
	if p.Kind == schema.Boolean && (defaultOf(p, permission.Current) == "$true" || p.Derived == "as ChunkingEnabled") {
		return false
	}
	return samples[p.Type()]
}

// TestStatus compares what the table says with what package connector says: a
// parameter is kept if and only if the compiled policy warns that it isn't
// enforced.
func TestStatus(t *testing.T) {
	for noun, base := range map[string]args{
		"ReceiveConnector": {"Name": "X", "Bindings": "10.0.0.1:25", "RemoteIPRanges": "10.0.0.0/8", "PermissionGroups": "AnonymousUsers"},
		"SendConnector":    {"Name": "X", "AddressSpaces": "*"},
	} {
		for name, p := range params(noun) {
			if p.Verbs&schema.Set == 0 || p.Status() == schema.Refused || p.Switch() || sample(p) == nil || name == "Identity" || name == "DomainController" {
				continue
			}
			d := newDriver(bare())
			d.must(t, "Set-TransportService", args{"Identity": "HubA", "UseDowngradedExchangeServerAuth": true})
			d.must(t, "New-AcceptedDomain", args{"Name": "something", "DomainName": "a.com"})
			d.must(t, "New-"+noun, base)
			d.must(t, "Set-"+noun, with(args{"Identity": "X", name: sample(p)}, companions[name]))
			var found bool
			for _, w := range compile(t, d.org).Warnings() {
				found = found || w.Code == connector.CodeNotEnforced && strings.HasSuffix(string(w.Path), "."+name)
			}
			if kept := p.Status() == schema.Kept; kept != found && !keptBeside[name] {
				t.Errorf("%s -%s is %v, and package connector reports it: %v", noun, name, p.Status(), found)
			}
		}
	}
}

// keptBeside are the parameters that the configuration has no field for.
var keptBeside = map[string]bool{"LiveCredentialEnabled": true, "ProxyEnabled": true}

// companions are what a parameter needs beside it.
var companions = map[string]args{
	"Banner":            {"Banner": "220 hello"},
	"ChunkingEnabled":   {"BinaryMimeEnabled": false},
	"ConnectionTimeout": {"ConnectionInactivityTimeout": "00:00:02"},
	"TlsAuthLevel":      {"RequireTLS": true},
	"TlsDomain":         {"RequireTLS": true, "TlsAuthLevel": "DomainValidation"},
	"TransportRole":     {},
}

func with(a, more args) args {
	for k, v := range more {
		a[k] = v
	}
	return a
}

// TestFields wants a parameter for every field of the configuration.
func TestFields(t *testing.T) {
	beside := map[string]bool{"Permissions": true} // Add-ADPermission
	for noun, v := range map[string]any{"ReceiveConnector": connector.Receive{}, "SendConnector": connector.Send{}, "TransportService": connector.Service{},
		"TransportConfig": connector.Transport{}, "RemoteDomain": connector.RemoteDomain{}} {
		known := params(noun)
		if noun == "TransportService" {
			known["Name"] = known["Identity"]
		} else if noun == "TransportConfig" {
			known["UseDowngradedExchangeServerAuth"] = schema.Row{} // Set-TransportService
		}
		for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
			if _, ok := known[f.Name]; !ok && !beside[f.Name] {
				t.Errorf("%s has no parameter for the field %s", noun, f.Name)
			}
		}
	}
}

// TestShownValues wants Set to take every value that Get shows, as it stands.
func TestShownValues(t *testing.T) {
	for noun, base := range map[string]args{
		"ReceiveConnector": {"Name": "X", "Bindings": "10.0.0.1:25", "RemoteIPRanges": "10.0.0.0/8", "PermissionGroups": "AnonymousUsers"},
		"SendConnector":    {"Name": "X", "AddressSpaces": "*"},
	} {
		d := newDriver(exchange.NewOrg(exchange.Options{Server: hubA, Bare: true}))
		c := d.must(t, "New-"+noun, base)[0].(*object.Object)
		known := params(noun)
		for name, v := range c.All() {
			p, ok := known[name]
			if !ok || p.Verbs&schema.Set == 0 || name == "Identity" || v == nil || p.Status() == schema.Refused {
				continue
			}
			if l, isList := v.(*object.List); isList && len(l.Items) == 0 {
				continue
			}
			d.must(t, "Set-"+noun, args{"Identity": "X", name: v})
			again := property(t, d.must(t, "Get-"+noun, args{"Identity": "X"})[0], name)
			if want := property(t, c, name); again != want {
				t.Errorf("%s -%s: %s, was %s", noun, name, again, want)
			}
		}
		compile(t, d.org)
	}
}

// TestDefaults compares the defaults of the table with those that a new
// connector has.
func TestDefaults(t *testing.T) {
	for _, profile := range []connector.Profile{permission.Current, permission.Exchange2007} {
		d := newDriver(exchange.NewOrg(exchange.Options{Server: hubA, Profile: profile, Bare: true}))
		for noun, base := range map[string]args{
			"ReceiveConnector": {"Name": "X", "Bindings": "10.0.0.1:25", "RemoteIPRanges": "10.0.0.0/8"},
			"SendConnector":    {"Name": "X", "AddressSpaces": "*"},
		} {
			c := d.must(t, "New-"+noun, base)[0].(*object.Object)
			n := 0
			for name, p := range params(noun) {
				v, shown := c.Get(name)
				def := defaultOf(p, profile)
				if !shown || def == "" {
					continue
				}
				n++
				if got := object.Text(v); !sameValue(got, def) {
					t.Errorf("%v: %s -%s is %s, the table says %s", profile, noun, name, got, def)
				}
			}
			if n < 12 {
				t.Errorf("%s: %d defaults compared", noun, n)
			}
		}
		for noun, least := range map[string]int{"TransportConfig": 12, "TransportService": 20, "RemoteDomain": 12} {
			c := d.must(t, "Get-"+noun, nil)[0].(*object.Object)
			n := 0
			for name, p := range params(noun) {
				v, shown := c.Get(name)
				def := defaultOf(p, profile)
				if l, isList := v.(*object.List); !shown || def == "" || isList && len(l.Items) != 1 || builtinRemote[name] {
					continue
				}
				n++
				if got := object.Text(v); !sameValue(got, def) {
					t.Errorf("%v: %s -%s is %s, the table says %s", profile, noun, name, got, def)
				}
			}
			if n < least {
				t.Errorf("%s: %d defaults compared", noun, n)
			}
		}
	}
}

// builtinRemote has what the built-in remote domain has in place of the defaults.
var builtinRemote = map[string]bool{"AutoForwardEnabled": true, "AutoReplyEnabled": true}

// sameValue compares what Get shows with what the table writes.
func sameValue(got, want string) bool {
	want = strings.TrimPrefix(want, "$")
	if b, err := param.ParseSize(want); err == nil && b > 1<<15 {
		return got == b.String() || got == want
	}
	return strings.EqualFold(got, want)
}

// TestKeptDefaults wants the default of everything that is kept by name to be a
// value of its type.
func TestKeptDefaults(t *testing.T) {
	d := newDriver(org2007())
	for cmdlet, noun := range map[string]string{"Get-TransportService": "TransportService", "Get-TransportConfig": "TransportConfig", "Get-RemoteDomain": "RemoteDomain"} {
		c := d.must(t, cmdlet, nil)[0].(*object.Object)
		for name, p := range params(noun) {
			v, shown := c.Get(name)
			if p.Status() == schema.Kept && defaultOf(p, permission.Exchange2007) != "" && shown && v == nil {
				t.Errorf("%s -%s: the default %s is no %s", noun, name, defaultOf(p, permission.Exchange2007), p.Type())
			}
		}
	}
}
