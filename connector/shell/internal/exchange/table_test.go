package exchange_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/exchange"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/permission"
)

// params returns the parameters of a noun by name.
func params(noun string) map[string]exchange.Info {
	m := map[string]exchange.Info{}
	for _, s := range exchange.Table() {
		for _, n := range s.Nouns {
			for _, p := range s.Params {
				if n == noun {
					m[p.Name] = p
				}
			}
		}
	}
	return m
}

// samples are values that differ from the default, by type.
var samples = map[string]object.Value{
	"Boolean": true, "String": "something", "Fqdn": "other.contoso.com", "Int32": int64(7), "Unlimited<Int32>": int64(7),
	"ByteQuantifiedSize": "128KB", "Unlimited<ByteQuantifiedSize>": "3MB", "EnhancedTimeSpan": "00:00:07",
	"SmtpX509Identifier": "<I>CN=a<S>CN=b", "ExtendedProtectionPolicySetting": "Allow", "SizeMode": "Disabled",
	"ProtocolLoggingLevel": "Verbose", "MessageRateSourceFlags": "User", "ServerRole": "FrontendTransport",
	"TenantConnectorType": "XPremises", "ErrorPolicies": "DowngradeDnsFailures", "TlsAuthLevel": "EncryptionOnly",
	"IPAddress": "10.0.0.1", "SmtpDomainWithSubdomains": "*.contoso.com", "AuthMechanisms": "None", "PermissionGroups": "Partners",
	"MultiValuedProperty<String>": "a:B", "MultiValuedProperty<IPBinding>": "10.0.0.7:25",
	"MultiValuedProperty<IPRange>": "10.0.0.7", "MultiValuedProperty<AddressSpace>": "a.com", "MultiValuedProperty<SmartHost>": "a.com",
	"MultiValuedProperty<ServerIdParameter>": "HubA",
}

// sample returns a value of a parameter that isn't its default.
func sample(p exchange.Info) object.Value {
	if p.Type == "Boolean" && (p.Default == "$true" || p.Default == "as ChunkingEnabled") {
		return false
	}
	return samples[p.Type]
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
			if p.In&exchange.Set == 0 || p.Here == exchange.Refused || p.Switch || sample(p) == nil || name == "Identity" || name == "DomainController" {
				continue
			}
			d := newDriver(bare())
			d.must(t, "Set-TransportService", args{"Identity": "HubA", "UseDowngradedExchangeServerAuth": true})
			d.must(t, "New-AcceptedDomain", args{"Name": "something", "DomainName": "a.com"})
			d.must(t, "New-"+noun, base)
			d.must(t, "Set-"+noun, with(args{"Identity": "X", name: sample(p)}, companions[name]))
			var found bool
			for _, w := range compile(t, d.org).Warnings() {
				found = found || w.Code == connector.CodeNotEnforced && strings.HasSuffix(w.Path, "."+name)
			}
			if kept := p.Here == exchange.Kept; kept != found && !keptBeside[name] {
				t.Errorf("%s -%s is %v, and package connector reports it: %v", noun, name, p.Here, found)
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
			known["UseDowngradedExchangeServerAuth"] = exchange.Info{} // Set-TransportService
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
			if !ok || p.In&exchange.Set == 0 || name == "Identity" || v == nil || p.Here == exchange.Refused {
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
				def := p.Default
				if profile == permission.Exchange2007 && p.Default2007 != "" {
					def = p.Default2007
				}
				def, _, _ = strings.Cut(def, ",")
				if !shown || strings.Contains(def, " ") || def == "" {
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
				def := p.Default
				if profile == permission.Exchange2007 && p.Default2007 != "" {
					def = p.Default2007
				}
				if l, isList := v.(*object.List); !shown || def == "" || isList && len(l.Items) != 1 || unlimitedWhenBare[name] || builtinRemote[name] {
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

// What the objects of a bare organisation have beside the defaults of new ones.
var (
	unlimitedWhenBare = map[string]bool{"MaxReceiveSize": true, "MaxSendSize": true, "MaxRecipientEnvelopeLimit": true}
	builtinRemote     = map[string]bool{"AutoForwardEnabled": true, "AutoReplyEnabled": true}
)

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
			if p.Here == exchange.Kept && p.Default != "" && shown && v == nil {
				t.Errorf("%s -%s: the default %s is no %s", noun, name, p.Default, p.Type)
			}
		}
	}
}
