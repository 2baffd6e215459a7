package exchange_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/exchange"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
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
		{args{"Bindings": "10.0.0.1:25", "RemoteIPRanges": "10.0.0.0/8", "Enabled": "perhaps"}, "not a Boolean"},
		{args{"Bindings": "10.0.0.1:25", "RemoteIPRanges": "10.0.0.0/8", "MaxMessageSize": "unlimited"}, "can't be unlimited"},
		{args{"Bindings": "10.0.0.1:25", "RemoteIPRanges": "10.0.0.0/8", "Comment": list("a", "b")}, "takes one"},
		{args{"Bindings": "10.0.0.1:25", "RemoteIPRanges": "10.0.0.0/8", "AuthMechanism": table("Add", "Tls")}, "isn't a list"},
		{args{"Bindings": "10.0.0.1:25", "RemoteIPRanges": "10.0.0.0/8", "RequireTLS": true, "AuthMechanism": "None"}, string(connector.CodeRequireTLS)},
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
	var problems source.Diagnostics
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
	d.fails(t, "Set-ReceiveConnector", args{"Identity": "Relay", "Name": strings.Repeat("x", 65)}, string(source.CodeNameInvalid))
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
	d.fails(t, "New-ReceiveConnector", other, string(connector.CodeBindingsConflict))
	d.must(t, "New-ReceiveConnector", args{"Name": "Other", "Bindings": "0.0.0.0:25", "RemoteIPRanges": "10.0.0.0/8"})
	d.fails(t, "Set-ReceiveConnector", args{"Identity": "Other", "RemoteIPRanges": "192.168.5.0/24"}, string(connector.CodeBindingsConflict))
	d.must(t, "Set-ReceiveConnector", args{"Identity": "Relay", "Bindings": "10.0.0.1:26"})
	d.must(t, "Set-ReceiveConnector", args{"Identity": "Other", "RemoteIPRanges": "192.168.5.0/24"})
	d.fails(t, "Set-ReceiveConnector", args{"Identity": "Relay", "Bindings": "10.0.0.1:25"}, string(connector.CodeBindingsConflict))
	d.must(t, "Remove-ReceiveConnector", args{"Identity": "Other"})
	d.must(t, "Set-ReceiveConnector", args{"Identity": "Relay", "Bindings": "10.0.0.1:25"})

}

// TestRolesShareBinding: one process serves both roles, so a script that leaves
// TransportRole out runs, and the policy warns of what Exchange would do.
func TestRolesShareBinding(t *testing.T) {
	fresh := newDriver(exchange.NewOrg(exchange.Options{Server: hubA}))
	a := args{"Name": "Relay", "Bindings": "0.0.0.0:25", "RemoteIPRanges": "192.168.5.0/24"}
	fresh.must(t, "New-ReceiveConnector", a)
	var codes []string
	for _, w := range compile(t, fresh.org).Warnings() {
		codes = append(codes, string(w.Path)+" "+string(w.Code))
	}
	if want := `Receive["Relay"].Bindings[0] ` + string(connector.CodeRoleConflict); !slices.Contains(codes, want) {
		t.Errorf("warnings %q, want %q", codes, want)
	}
	// What setup made holds IPv6 clients, too, and still has the same clients at
	// an address of IPv4.
	a = args{"Name": "All", "Bindings": "0.0.0.0:25", "RemoteIPRanges": "0.0.0.0-255.255.255.255", "TransportRole": "FrontendTransport"}
	fresh.fails(t, "New-ReceiveConnector", a, string(connector.CodeBindingsConflict))
	fresh.must(t, "Set-ReceiveConnector", args{"Identity": "Relay", "TransportRole": "Frontend"})
	for _, w := range compile(t, fresh.org).Warnings() {
		if w.Code == connector.CodeRoleConflict {
			t.Errorf("still %v", w)
		}
	}
}

// TestKeptDefault says nothing of a parameter without effect that is given its
// default.
func TestKeptDefault(t *testing.T) {
	d := relay(t)
	d.must(t, "Set-ReceiveConnector", args{"Identity": "Relay", "EnableAuthGSSAPI": false, "ExtendedProtectionPolicy": "none",
		"MaxAcknowledgementDelay": "00:00:30", "ServiceDiscoveryFqdn": nil, "TlsDomainCapabilities": nil, "LiveCredentialEnabled": false})
	if len(d.warnings) != 0 {
		t.Errorf("warnings %q", d.warnings)
	}
	if w := compile(t, d.org).Warnings(); len(w) != 0 {
		t.Errorf("warnings of the policy %q", w)
	}
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

// TestEnumerations takes numbers and abbreviations that mean one value only, and the
// markers of a certificate's name in any letter case.
func TestEnumerations(t *testing.T) {
	d := relay(t)
	d.must(t, "Set-ReceiveConnector", args{"Identity": "Relay", "TransportRole": int64(16384), "ProtocolLoggingLevel": "verb", "SizeEnabled": int64(0),
		"PermissionGroups": "anon,ExchangeU", "AuthMechanism": list("tls", "BasicAuth", "BasicAuthReq"), "TlsCertificateName": "<i>CN=CA<s>CN=mail"})
	r := d.org.Config().Receive[0]
	if r.TransportRole != param.FrontendTransport || r.ProtocolLoggingLevel != param.LoggingVerbose || r.SizeEnabled != param.SizeDisabled ||
		r.PermissionGroups.Or(0) != permission.AnonymousUsers|permission.ExchangeUsers || r.AuthMechanism.Or(0).String() != "Tls, BasicAuth, BasicAuthRequireTLS" {
		t.Errorf("%+v", r)
	}
	d.fails(t, "Set-ReceiveConnector", args{"Identity": "Relay", "PermissionGroups": "Exchange"}, "may be ExchangeUsers")
	d.fails(t, "Set-ReceiveConnector", args{"Identity": "Relay", "TransportRole": int64(7)}, "HubTransport")
	for _, nothing := range []object.Value{"", " , ", list()} { // as from a cell of CSV: it isn't None
		d.fails(t, "Set-ReceiveConnector", args{"Identity": "Relay", "PermissionGroups": nothing}, "can't be empty; give some of None, AnonymousUsers")
		d.fails(t, "Set-ReceiveConnector", args{"Identity": "Relay", "AuthMechanism": nothing}, "can't be empty")
	}
}
