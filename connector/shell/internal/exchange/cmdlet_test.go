package exchange_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/shell/internal/exchange"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// relay is an organisation with a Receive connector "Relay".
func relay(t *testing.T) *driver {
	t.Helper()
	d := newDriver(bare())
	d.must(t, "New-ReceiveConnector", args{"Name": "Relay", "Bindings": "10.0.0.1:25", "RemoteIPRanges": "192.168.5.0/24", "PermissionGroups": "AnonymousUsers"})
	return d
}

// TestUsages holds New-ReceiveConnector to its parameter sets.
func TestUsages(t *testing.T) {
	for _, tt := range []struct {
		a    args
		want string // of the error; "": none
	}{
		{args{"Bindings": "10.0.0.1:25", "RemoteIPRanges": "10.0.0.0/8"}, ""},
		{args{"Custom": true, "Bindings": "10.0.0.1:25"}, "with usage Custom, -RemoteIPRanges must be given"},
		{args{}, "with usage Custom, -Bindings and -RemoteIPRanges must be given"},
		{args{"Internet": true, "Bindings": "10.0.0.1:25"}, ""},
		{args{"Usage": "Internet"}, "-Bindings must be given"},
		{args{"Usage": "Internal", "RemoteIPRanges": "10.0.0.0/8"}, ""},
		{args{"Internal": true, "RemoteIPRanges": "10.0.0.0/8", "Bindings": "10.0.0.1:25"}, ""},
		{args{"Client": true, "RemoteIPRanges": "10.0.0.0/8"}, ""},
		{args{"Partner": true, "RemoteIPRanges": "10.0.0.0/8"}, "-Bindings must be given"},
		{args{"Usage": "Client", "Internal": true, "RemoteIPRanges": "10.0.0.0/8"}, "-Usage and -Internal exclude each other"},
		{args{"Internet": true, "Internal": false, "Bindings": "10.0.0.1:25"}, ""},
		{args{"Usage": "Intranet"}, "Intranet"},
		{args{"Bindings": nil, "RemoteIPRanges": "10.0.0.0/8"}, "-Bindings: it can't be empty"},
		{args{"Bindings": "10.0.0.1:25", "RemoteIPRanges": "10.0.0.0/8", "Server": "hubb"}, ""},
		{args{"Bindings": "10.0.0.1:25", "RemoteIPRanges": "10.0.0.0/8", "MaxHopCount": int64(0)}, "out of range"},
		{args{"Bindings": "10.0.0.1:25", "RemoteIPRanges": "10.0.0.0/8", "MaxHopCount": int64(501)}, "out of range"},
		{args{"Bindings": "10.0.0.1:25", "RemoteIPRanges": "10.0.0.0/8", "TarpitInterval": int64(5)}, "days"},
		{args{"Bindings": "10.0.0.1:25", "RemoteIPRanges": "10.0.0.0/8", "Enabled": "perhaps"}, "no Boolean"},
		{args{"Bindings": "10.0.0.1:25", "RemoteIPRanges": "10.0.0.0/8", "MaxMessageSize": "unlimited"}, "can't be unlimited"},
		{args{"Bindings": "10.0.0.1:25", "RemoteIPRanges": "10.0.0.0/8", "Comment": list("a", "b")}, "takes one"},
		{args{"Bindings": "10.0.0.1:25", "RemoteIPRanges": "10.0.0.0/8", "AuthMechanism": table("Add", "Tls")}, "isn't a list"},
		{args{"Bindings": "10.0.0.1:25", "RemoteIPRanges": "10.0.0.0/8", "RequireTLS": true, "AuthMechanism": "None"}, connector.CodeRequireTLS},
		{args{"Bindings": "10.0.0.1:25", "RemoteIPRanges": "10.0.0.0/8", "TemplateInstance": "x"}, "isn't supported"},
	} {
		d := newDriver(bare())
		a := args{"Name": "Relay"}
		for k, v := range tt.a {
			a[k] = v
		}
		if tt.want != "" {
			d.fails(t, "New-ReceiveConnector", a, tt.want)
			if n := len(d.org.Config().Receive); n != 0 {
				t.Errorf("%v: it was made", a)
			}
			continue
		}
		d.must(t, "New-ReceiveConnector", a)
	}
}

// TestAsk lets somebody answer for what a command left out.
func TestAsk(t *testing.T) {
	d := newDriver(bare())
	var asked []string
	d.org.Ask = func(cmdlet, parameter string) (object.Value, bool) {
		asked = append(asked, parameter)
		return map[string]object.Value{"Bindings": "10.0.0.1:25", "RemoteIPRanges": "10.0.0.0/8"}[parameter], true
	}
	d.must(t, "New-ReceiveConnector", args{"Name": "Relay"})
	if !reflect.DeepEqual(asked, []string{"Bindings", "RemoteIPRanges"}) || len(d.org.Config().Receive) != 1 {
		t.Errorf("asked for %q", asked)
	}
}

// TestLists edits a list in every way.
func TestLists(t *testing.T) {
	for _, tt := range []struct {
		v    object.Value
		want string
	}{
		{"10.0.0.1", "{10.0.0.1}"},
		{list("10.0.0.1", "10.0.0.0/24"), "{10.0.0.1, 10.0.0.0/24}"},
		{table("Add", "10.0.0.1"), "{192.168.5.0/24, 10.0.0.1}"},
		{table("Add", list("10.0.0.1", "10.0.0.2"), "Remove", "192.168.5.0/24"), "{10.0.0.1, 10.0.0.2}"},
		{table("remove", "192.168.5.0-192.168.5.255", "ADD", "10.0.0.1"), "{10.0.0.1}"},
		{table("Add", "192.168.5.0/24"), "!is in the list already"},
		{table("Remove", "10.9.9.9"), "!isn't in the list"},
		{table("Replace", "10.9.9.9"), `!a key "Replace"`},
		{table("Remove", "192.168.5.0/24"), "!it can't be empty"},
		{nil, "!it can't be empty"},
		{list("10.0.0.1", "nonsense"), "!nonsense"},
	} {
		d := relay(t)
		a := args{"Identity": "Relay", "RemoteIPRanges": tt.v}
		if want, ok := strings.CutPrefix(tt.want, "!"); ok {
			d.fails(t, "Set-ReceiveConnector", a, want)
			tt.want = "{192.168.5.0/24}"
		} else {
			d.must(t, "Set-ReceiveConnector", a)
		}
		if got := property(t, d.must(t, "Get-ReceiveConnector", args{"Identity": "Relay"})[0], "RemoteIPRanges"); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.v, got, tt.want)
		}
	}
}

// TestNull clears what can be cleared.
func TestNull(t *testing.T) {
	d := relay(t)
	d.must(t, "Set-ReceiveConnector", args{"Identity": "Relay", "Banner": "220 hello", "Fqdn": "mail.contoso.com", "TlsDomainCapabilities": "a:B"})
	d.must(t, "Set-ReceiveConnector", args{"Identity": "Relay", "Banner": nil, "Fqdn": nil, "TlsDomainCapabilities": nil})
	r := d.org.Config().Receive[0]
	if r.Banner != "" || r.Fqdn != "" || len(r.TlsDomainCapabilities) != 0 {
		t.Errorf("%+v", r)
	}
	d.fails(t, "Set-ReceiveConnector", args{"Identity": "Relay", "MaxMessageSize": nil}, "can't be $null")
}

// TestAtomic wants a Set that fails to change nothing, with the code of the rule.
func TestAtomic(t *testing.T) {
	d := relay(t)
	before := d.org.Config()
	_, err := d.run("Set-ReceiveConnector", args{"Identity": "Relay", "Comment": "changed", "BinaryMimeEnabled": true, "ChunkingEnabled": false})
	var problems connector.Problems
	if !errors.As(err, &problems) || problems[0].Code != connector.CodeBinaryMime {
		t.Errorf("error %v", err)
	}
	var argument *object.ArgumentError
	if !errors.As(err, &argument) || argument.Parameter != "BinaryMimeEnabled" {
		t.Errorf("the error points at %+v", argument)
	}
	if !reflect.DeepEqual(d.org.Config(), before) {
		t.Error("something changed")
	}
}

// TestBadBefore lets a connector be mended bit by bit.
func TestBadBefore(t *testing.T) {
	cfg := relay(t).org.Config()
	cfg.Receive[0].MaxHopCount = 1000
	cfg.Receive[0].Banner = "hello"
	o, err := exchange.FromConfig(cfg)
	if err != nil {
		t.Fatal(err)
	}
	d := newDriver(o)
	d.must(t, "Set-ReceiveConnector", args{"Identity": "Relay", "Banner": nil})
	d.must(t, "Set-ReceiveConnector", args{"Identity": "Relay", "MaxHopCount": int64(60)})
	compile(t, o)
}

// TestIdentities finds a connector by every form of its identity.
func TestIdentities(t *testing.T) {
	d := relay(t)
	c := d.must(t, "Get-ReceiveConnector", args{"Identity": "Relay"})[0]
	copied := object.NewObject("PSCustomObject", 1)
	copied.Set("Identity", `HubA\Relay`)
	for _, id := range []object.Value{"Relay", "RELAY", `HubA\Relay`, `huba.fabrikam.com\relay`, c, copied, list(c),
		property(t, c, "DistinguishedName"), property(t, c, "Guid"), strings.ToUpper(property(t, c, "Guid")), "Re*", "*", `HubA\*`} {
		if got := d.must(t, "Get-ReceiveConnector", args{"Identity": id}); len(got) != 1 || property(t, got[0], "Name") != "Relay" {
			t.Errorf("%v: %v", id, got)
		}
	}
	var missing *exchange.NotFoundError
	for _, id := range []object.Value{"Rely", `HubB\Relay`, "CN=Relay,CN=Nowhere"} {
		if _, err := d.run("Get-ReceiveConnector", args{"Identity": id}); !errors.As(err, &missing) {
			t.Errorf("%v: error %v", id, err)
		}
	}
	d.fails(t, "Get-ReceiveConnector", args{"Identity": nil}, "can't be $null")
	d.fails(t, "Set-ReceiveConnector", args{"Identity": "Re*", "Comment": "x"}, "several objects")
	d.fails(t, "Remove-ReceiveConnector", args{"Identity": "Re*"}, "several objects")
	if got := d.must(t, "Get-ReceiveConnector", args{"Identity": "X*"}); len(got) != 0 {
		t.Errorf("X*: %v", got)
	}
	d.must(t, "New-SendConnector", args{"Name": "Out", "AddressSpaces": "*"})
	s := d.must(t, "Get-SendConnector", args{"Identity": `HubA\Out`})[0]
	d.fails(t, "Set-ReceiveConnector", args{"Identity": s, "Comment": "x"}, "it takes a ReceiveConnector, not a SendConnector")
	d.must(t, "Remove-ReceiveConnector", args{"Identity": c})
	d.fails(t, "Set-ReceiveConnector", args{"Identity": c, "Comment": "x"}, "was removed")
}

// TestRename keeps a connector's GUID, and frees its name.
func TestRename(t *testing.T) {
	d := relay(t)
	id := property(t, d.must(t, "Get-ReceiveConnector", nil)[0], "Guid")
	d.must(t, "Set-ReceiveConnector", args{"Identity": "Relay", "Name": "Printers"})
	if got := property(t, d.must(t, "Get-ReceiveConnector", args{"Identity": "Printers"})[0], "Guid"); got != id {
		t.Errorf("the GUID changed from %s to %s", id, got)
	}
	d.must(t, "New-ReceiveConnector", args{"Name": "Relay", "Bindings": "10.0.0.2:25", "RemoteIPRanges": "10.0.0.0/8"})
	d.fails(t, "Set-ReceiveConnector", args{"Identity": "Relay", "Name": "PRINTERS"}, "already")
	d.fails(t, "New-ReceiveConnector", args{"Name": "printers", "Bindings": "10.0.0.3:25", "RemoteIPRanges": "10.0.0.0/8"}, "already")
	d.fails(t, "Set-ReceiveConnector", args{"Identity": "Relay", "Name": strings.Repeat("x", 65)}, connector.CodeNameInvalid)
}

// TestConfirm wants nothing changed where the answer is no.
func TestConfirm(t *testing.T) {
	d := relay(t)
	d.must(t, "New-SendConnector", args{"Name": "Out", "AddressSpaces": "*"})
	before := d.org.Config()
	d.refuse, d.asked = true, nil
	d.must(t, "New-ReceiveConnector", args{"Name": "Other", "Bindings": "10.0.0.2:25", "RemoteIPRanges": "10.0.0.0/8"})
	d.must(t, "Set-ReceiveConnector", args{"Identity": "Relay", "Comment": "x"})
	d.must(t, "Remove-ReceiveConnector", args{"Identity": "Relay"})
	d.must(t, "Remove-SendConnector", args{"Identity": "Out"})
	d.must(t, "Set-TransportConfig", args{"MaxSendSize": "20MB"})
	d.must(t, "Add-ADPermission", args{"Identity": "Relay", "User": "S-1-5-7", "ExtendedRights": "ms-Exch-SMTP-Accept-Any-Recipient"})
	if !reflect.DeepEqual(d.org.Config(), before) || len(d.asked) != 6 {
		t.Errorf("something changed; asked %q", d.asked)
	}
	for name, asks := range map[string]bool{"Remove-SendConnector": true, "Remove-ADPermission": true, "Set-SendConnector": false, "New-SendConnector": false} {
		if d.commands[name].(object.Confirmer).ConfirmsByDefault() != asks {
			t.Errorf("%s: ConfirmsByDefault isn't %v", name, asks)
		}
	}
}

// TestConflicts wants rules about several connectors checked at once.
func TestConflicts(t *testing.T) {
	d := relay(t)
	other := args{"Name": "Other", "Bindings": "0.0.0.0:25", "RemoteIPRanges": list("192.168.5.0-192.168.5.127", "192.168.5.128/25")}
	d.fails(t, "New-ReceiveConnector", other, connector.CodeBindingsConflict)
	d.must(t, "New-ReceiveConnector", args{"Name": "Other", "Bindings": "0.0.0.0:25", "RemoteIPRanges": "10.0.0.0/8"})
	d.fails(t, "Set-ReceiveConnector", args{"Identity": "Other", "RemoteIPRanges": "192.168.5.0/24"}, connector.CodeBindingsConflict)
	d.must(t, "Set-ReceiveConnector", args{"Identity": "Relay", "Bindings": "10.0.0.1:26"})
	d.must(t, "Set-ReceiveConnector", args{"Identity": "Other", "RemoteIPRanges": "192.168.5.0/24"})
	d.fails(t, "Set-ReceiveConnector", args{"Identity": "Relay", "Bindings": "10.0.0.1:25"}, connector.CodeBindingsConflict)
	d.must(t, "Remove-ReceiveConnector", args{"Identity": "Other"})
	d.must(t, "Set-ReceiveConnector", args{"Identity": "Relay", "Bindings": "10.0.0.1:25"})

	fresh := newDriver(exchange.NewOrg(exchange.Options{Server: hubA}))
	a := args{"Name": "Relay", "Bindings": "0.0.0.0:25", "RemoteIPRanges": "192.168.5.0/24"}
	fresh.fails(t, "New-ReceiveConnector", a, "without -TransportRole")
	a["TransportRole"] = "Frontend"
	fresh.must(t, "New-ReceiveConnector", a)
}

// TestKeptOnce tells of a parameter without effect once, by name.
func TestKeptOnce(t *testing.T) {
	d := relay(t)
	for range 3 {
		d.must(t, "Set-ReceiveConnector", args{"Identity": "Relay", "EnableAuthGSSAPI": true, "DomainController": "dc01"})
	}
	if len(d.warnings) != 2 || !strings.Contains(d.warnings[0], "-EnableAuthGSSAPI") || !strings.Contains(d.warnings[1], "-DomainController") {
		t.Errorf("warnings %q", d.warnings)
	}
}

// TestServers takes a server in that nobody listed, unless somebody listed some.
func TestServers(t *testing.T) {
	a := args{"Name": "Relay", "Server": "hubb.fabrikam.com", "Bindings": "10.0.0.1:25", "RemoteIPRanges": "10.0.0.0/8"}
	d := newDriver(bare())
	d.must(t, "New-ReceiveConnector", a)
	d.must(t, "Get-ReceiveConnector", args{"Server": "HUBB"})
	compile(t, d.org)
	if got := d.must(t, "Get-ReceiveConnector", args{"Server": "HubA"}); len(got) != 0 || len(d.warnings) != 1 {
		t.Errorf("%d connectors, warnings %q", len(got), d.warnings)
	}
	d.fails(t, "Get-ReceiveConnector", args{"Server": "HubC"}, "HubC")
	d.fails(t, "Get-ReceiveConnector", args{"Identity": "Relay"}, "wasn't found") // it is another server's
	closed := newDriver(exchange.NewOrg(exchange.Options{Server: hubA, Servers: []routing.Server{{Name: "HubC"}}, Bare: true}))
	closed.fails(t, "New-ReceiveConnector", a, `no server "hubb.fabrikam.com"`)
	closed.fails(t, "New-SendConnector", args{"Name": "Out", "AddressSpaces": "*", "SourceTransportServers": "HubB"}, `no server "HubB"`)
	if got := closed.must(t, "Get-ExchangeServer", nil); len(got) != 2 || property(t, got[0], "ServerRole") != "Mailbox" {
		t.Errorf("servers: %v", got)
	}
}

// TestSendConnectors runs what is special to them.
func TestSendConnectors(t *testing.T) {
	d := newDriver(bare())
	d.must(t, "New-SendConnector", args{"Name": "Out", "AddressSpaces": list("*;5", "SMTP:*.contoso.com")})
	d.fails(t, "New-SendConnector", args{"Name": "out", "AddressSpaces": "*"}, "already")
	d.fails(t, "Set-SendConnector", args{"Identity": "Out", "DNSRoutingEnabled": false}, connector.CodeSmartHostsMissing)
	d.fails(t, "Set-SendConnector", args{"Identity": "Out", "AuthenticationCredential": password}, "not a String")
	d.fails(t, "Set-SendConnector", args{"Identity": "Out", "LinkedReceiveConnector": "x"}, "isn't supported")
	d.must(t, "Set-SendConnector", args{"Identity": "Out", "SmartHosts": "10.0.0.9", "MaxMessageSize": "unlimited", "Force": true})
	c := d.must(t, "Get-SendConnector", nil)[0]
	for name, want := range map[string]string{
		"AddressSpaces": "{SMTP:*;5, SMTP:*.contoso.com;1}", "SmartHosts": "{[10.0.0.9]}", "SmartHostsString": "[10.0.0.9]",
		"DNSRoutingEnabled": "False", "MaxMessageSize": "Unlimited", "SourceIPAddress": "0.0.0.0", "SourceTransportServers": "{HubA}",
		"Fqdn": "", "TlsAuthLevel": "", "AuthenticationCredential": "", "ErrorPolicies": "Default", "Identity": "Out",
	} {
		if got := property(t, c, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	d.must(t, "New-SendConnector", args{"Name": "Near", "AddressSpaces": "Local:SMTP:fabrikam.com"})
	if s := d.org.Config().Send; !s[1].IsScopedConnector {
		t.Error("the scope Local of 2007 is IsScopedConnector")
	}
}

// TestAcceptedDomains walks through the life of a domain.
func TestAcceptedDomains(t *testing.T) {
	d := newDriver(org2007())
	defaults := func() string {
		var names []string
		for _, v := range d.must(t, "Get-AcceptedDomain", nil) {
			if property(t, v, "Default") == "True" {
				names = append(names, property(t, v, "Name"))
			}
		}
		return strings.Join(names, " ")
	}
	d.must(t, "New-AcceptedDomain", args{"Name": "Contoso", "DomainName": "contoso.com"})
	d.must(t, "New-AcceptedDomain", args{"Name": "Partners", "DomainName": "*.partners.com", "DomainType": "InternalRelay"})
	d.fails(t, "New-AcceptedDomain", args{"Name": "Again", "DomainName": "CONTOSO.com"}, "already")
	d.fails(t, "New-AcceptedDomain", args{"Name": "Contoso", "DomainName": "x.com"}, "already")
	d.fails(t, "New-AcceptedDomain", args{"Name": "Bad", "DomainName": "a.*.com"}, connector.CodeAcceptedDomain)
	if got := defaults(); got != "fabrikam.com" {
		t.Errorf("default %s", got)
	}
	d.fails(t, "Set-AcceptedDomain", args{"Identity": "fabrikam.com", "MakeDefault": false}, "make another one")
	d.fails(t, "Set-AcceptedDomain", args{"Identity": "Partners", "MakeDefault": true}, "wildcard")
	d.must(t, "Set-AcceptedDomain", args{"Identity": "Contoso", "MakeDefault": true})
	if got := defaults(); got != "Contoso" {
		t.Errorf("default %s", got)
	}
	d.fails(t, "Remove-AcceptedDomain", args{"Identity": "Contoso"}, "default domain")
	d.must(t, "Set-ReceiveConnector", args{"Identity": "Default HubA", "DefaultDomain": "FABRIKAM.com"})
	d.fails(t, "Remove-AcceptedDomain", args{"Identity": "fabrikam.com"}, "DefaultDomain")
	d.must(t, "Set-ReceiveConnector", args{"Identity": "Default HubA", "DefaultDomain": nil})
	d.fails(t, "Set-ReceiveConnector", args{"Identity": "Default HubA", "DefaultDomain": "nowhere.com"}, connector.CodeDefaultDomain)
	d.must(t, "Remove-AcceptedDomain", args{"Identity": "fabrikam.com"})
	if got := d.must(t, "Get-AcceptedDomain", args{"ResultSize": int64(1)}); len(got) != 1 {
		t.Errorf("%d domains", len(got))
	}
	compile(t, d.org)
}

// TestRemoteDomains keeps them.
func TestRemoteDomains(t *testing.T) {
	d := newDriver(org2007())
	d.must(t, "New-RemoteDomain", args{"Name": "Contoso", "DomainName": "*.contoso.com"})
	d.fails(t, "New-RemoteDomain", args{"Name": "Other", "DomainName": "*.CONTOSO.com"}, "already")
	d.fails(t, "New-RemoteDomain", args{"Name": "Other", "DomainName": "a.*.com"}, "no domain")
	d.must(t, "Set-RemoteDomain", args{"Identity": "Contoso", "AllowedOOFType": "internallegacy", "TNEFEnabled": nil, "LineWrapSize": "unlimited"})
	d.fails(t, "Set-RemoteDomain", args{"Identity": "Contoso", "LineWrapSize": int64(133)}, "out of range")
	c := d.must(t, "Get-RemoteDomain", args{"Identity": "Contoso"})[0]
	if property(t, c, "IsInternal") != "True" || property(t, c, "AllowedOOFType") != "InternalLegacy" || property(t, c, "NDREnabled") != "True" {
		t.Errorf("%v", c)
	}
	d.must(t, "Set-RemoteDomain", args{"Identity": "Contoso", "IsInternal": false})
	if got := property(t, d.must(t, "Get-RemoteDomain", args{"Identity": "Contoso"})[0], "AllowedOOFType"); got != "ExternalLegacy" {
		t.Errorf("AllowedOOFType is %s", got)
	}
}

// TestTransport sets limits of the organisation and of a server.
func TestTransport(t *testing.T) {
	d := newDriver(org2007())
	d.must(t, "Set-TransportConfig", args{"MaxSendSize": "20MB", "MaxReceiveSize": "unlimited", "TLSSendDomainSecureList": list("a.com", "b.com")})
	d.must(t, "Set-TransportConfig", args{"TLSSendDomainSecureList": table("Remove", "A.com")})
	d.fails(t, "Set-TransportConfig", args{"TLSSendDomainSecureList": "*.a.com"}, "wildcard")
	d.fails(t, "Set-TransportConfig", args{"MaxSendSize": "2GB"}, "out of range")
	d.fails(t, "Set-TransportConfig", args{"MaxRetriesForLocalSiteShadow": int64(256)}, "out of range")
	d.must(t, "Set-TransportConfig", args{"ShadowRedundancyEnabled": false})
	tr := d.org.Config().Transport
	if tr.MaxSendSize != 20*connector.MB || tr.MaxReceiveSize != connector.UnlimitedSize || len(tr.TLSSendDomainSecureList) != 1 {
		t.Errorf("%+v", tr)
	}
	c := d.must(t, "Get-TransportConfig", nil)[0]
	if property(t, c, "MaxSendSize") != "20 MB (20,971,520 bytes)" || property(t, c, "ShadowRedundancyEnabled") != "False" ||
		property(t, c, "DSNConversionMode") != "UseExchangeDSNs" {
		t.Errorf("%v", object.Text(c))
	}

	d.fails(t, "Set-ReceiveConnector", args{"Identity": "Default HubA", "SuppressXAnonymousTls": true}, connector.CodeSuppressTLS)
	d.must(t, "Set-TransportServer", args{"Identity": "HubA", "UseDowngradedExchangeServerAuth": true, "MaxOutboundConnections": int64(50)})
	d.must(t, "Set-ReceiveConnector", args{"Identity": "Default HubA", "SuppressXAnonymousTls": true})
	d.fails(t, "Set-TransportService", args{"Identity": "HubA", "UseDowngradedExchangeServerAuth": false}, "SuppressXAnonymousTls")
	d.fails(t, "Set-TransportService", args{"Identity": "HubA", "MaxPerDomainOutboundConnections": int64(60)}, "must not exceed")
	if got := property(t, d.must(t, "Get-TransportService", nil)[0], "MaxOutboundConnections"); got != "50" {
		t.Errorf("TransportServer and TransportService differ: %s", got)
	}
	if got := property(t, d.must(t, "Get-FrontendTransportService", nil)[0], "MaxOutboundConnections"); got != "1000" {
		t.Errorf("the Front End service is another one: %s", got)
	}
	if got := d.org.Origins()["Transport.UseDowngradedExchangeServerAuth"]; got.Line != 1 {
		t.Errorf("its origin is %+v", got)
	}
}

// TestTopology changes links and sites.
func TestTopology(t *testing.T) {
	o, err := exchange.FromConfig(connector.Config{Server: "A",
		Servers: []routing.Server{{Name: "A", Site: "Paris"}, {Name: "B", Site: "Oslo"}},
		Links:   []routing.SiteLink{{Name: "north", Sites: []string{"Paris", "Oslo"}, Cost: 10}}})
	if err != nil {
		t.Fatal(err)
	}
	d := newDriver(o)
	d.must(t, "Set-AdSiteLink", args{"Identity": "NORTH", "ExchangeCost": int64(3), "MaxMessageSize": "5MB"})
	d.must(t, "Set-AdSiteLink", args{"Identity": "north", "ExchangeCost": int64(4)})
	l := d.must(t, "Get-AdSiteLink", nil)[0]
	if property(t, l, "ExchangeCost") != "4" || property(t, l, "ADCost") != "10" || o.Config().Links[0].Cost != 4 {
		t.Errorf("%v", o.Config().Links)
	}
	d.must(t, "Set-AdSiteLink", args{"Identity": "north", "ExchangeCost": nil, "MaxMessageSize": "unlimited"})
	d.fails(t, "Set-AdSiteLink", args{"Identity": "north", "MaxMessageSize": "1KB"}, "64KB")
	if got := o.Config().Links[0]; got.Cost != 10 || got.MaxSize != 0 {
		t.Errorf("%+v", got)
	}
	d.must(t, "Set-AdSite", args{"Identity": "Oslo", "Name": "Bergen", "HubSiteEnabled": true})
	if got := o.Config(); got.Servers[1].Site != "Bergen" || got.Links[0].Sites[1] != "Bergen" {
		t.Errorf("%+v", got)
	}
	if got := len(d.must(t, "Get-AdSite", nil)); got != 2 {
		t.Errorf("%d sites", got)
	}
	compile(t, o)
}

// TestConnectivity asks the policy for every binding.
func TestConnectivity(t *testing.T) {
	d := newDriver(org2007())
	d.must(t, "Set-ReceiveConnector", args{"Identity": "Client HubA", "Enabled": false})
	d.must(t, "New-ReceiveConnector", args{"Name": "Self", "Bindings": "0.0.0.0:25", "RemoteIPRanges": "127.0.0.1", "PermissionGroups": "AnonymousUsers"})
	var got []string
	for _, v := range d.must(t, "Test-SmtpConnectivity", args{"Identity": "huba.fabrikam.com"}) {
		got = append(got, property(t, v, "ReceiveConnector")+" "+property(t, v, "EndPoint")+" "+property(t, v, "StatusCode")+" "+property(t, v, "Details"))
	}
	want := []string{
		`Default HubA 127.0.0.1:25 Success 220 huba.fabrikam.com (the connector "Self" serves connections from 127.0.0.1)`,
		"Client HubA 127.0.0.1:587 Unable to connect the connector is disabled",
		"Self 127.0.0.1:25 Success 220 huba.fabrikam.com",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
}

// TestRefusedCmdlets says why they aren't here.
func TestRefusedCmdlets(t *testing.T) {
	d := newDriver(bare())
	for _, name := range []string{"New-ForeignConnector", "Set-DeliveryAgentConnector", "New-RoutingGroupConnector", "Get-Queue"} {
		d.fails(t, name, nil, name+" isn't supported: ")
	}
}

// TestOrigins remembers which command set what.
func TestOrigins(t *testing.T) {
	d := relay(t)
	d.must(t, "New-SendConnector", args{"Name": "Out", "AddressSpaces": "*"})
	d.must(t, "Add-ADPermission", args{"Identity": "Relay", "User": "S-1-5-7", "ExtendedRights": "ms-Exch-SMTP-Accept-Any-Recipient"})
	d.must(t, "Set-TransportConfig", args{"MaxSendSize": "20MB"})
	origins := d.org.Origins()
	for _, path := range []string{`Receive["Relay"]`, `Receive["Relay"].Bindings`, `Receive["Relay"].Permissions[0]`, `Send["Out"].AddressSpaces`, "Transport.MaxSendSize"} {
		if origins[path].File != "test.ps1" {
			t.Errorf("%s: %+v", path, origins[path])
		}
	}
	d.must(t, "Remove-ADPermission", args{"Identity": "Relay", "User": "S-1-5-7", "ExtendedRights": "ms-Exch-SMTP-Accept-Any-Recipient"})
	if _, ok := d.org.Origins()[`Receive["Relay"].Permissions[0]`]; ok {
		t.Error("the grant is gone and its origin isn't")
	}
}

// TestComplete completes values for a prompt.
func TestCompletion(t *testing.T) {
	d := newDriver(org2007())
	for _, tt := range []struct{ cmdlet, parameter, prefix, want string }{
		{"Get-ReceiveConnector", "Identity", "def", "Default HubA"},
		{"Set-ReceiveConnector", "identity", `huba\c`, `HubA\Client HubA`},
		{"Set-ReceiveConnector", "PermissionGroups", "anon", "AnonymousUsers"},
		{"Set-ReceiveConnector", "Enabled", "$t", "$true"},
		{"Add-ADPermission", "ExtendedRights", "ms-exch-smtp-accept-any-r", "ms-Exch-SMTP-Accept-Any-Recipient"},
		{"Add-ADPermission", "User", "nt authority\\anon", `NT AUTHORITY\ANONYMOUS LOGON`},
	} {
		got := d.commands[tt.cmdlet].(object.Completer).Complete(tt.parameter, tt.prefix)
		if len(got) == 0 || got[0] != tt.want {
			t.Errorf("%s -%s %s: %q, want %s", tt.cmdlet, tt.parameter, tt.prefix, got, tt.want)
		}
	}
}

// TestFresh wants a valid policy from every fresh organisation, with the
// connectors that setup makes.
func TestFresh(t *testing.T) {
	for _, tt := range []struct {
		profile permission.Profile
		edge    bool
		want    string
	}{
		{permission.Exchange2007, false, "Default S, Client S"},
		{permission.Exchange2007, true, "Default internal receive connector S"},
		{permission.Current, false, "Default Frontend S, Outbound Proxy Frontend S, Client Frontend S, Default S, Client Proxy S"},
		{permission.Current, true, "Default internal receive connector S"},
	} {
		o := exchange.NewOrg(exchange.Options{Profile: tt.profile, Server: routing.Server{Name: "S", FQDN: "s.contoso.com", Edge: tt.edge}})
		compile(t, o)
		var names []string
		for _, r := range o.Config().Receive {
			names = append(names, r.Name)
		}
		if got := strings.Join(names, ", "); got != tt.want {
			t.Errorf("%v, Edge %v: %s", tt.profile, tt.edge, got)
		}
		if a := o.Config().Accepted; len(a) != 1 || a[0].DomainName != "contoso.com" {
			t.Errorf("accepted domains %v", a)
		}
	}
	compile(t, exchange.NewOrg(exchange.Options{}))
	if cfg := bare().Config(); len(cfg.Receive)+len(cfg.Accepted) != 0 || !reflect.DeepEqual(cfg.Transport, connector.Transport{}) {
		t.Errorf("bare: %v", fmt.Sprint(cfg))
	}
}
