package exchange_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/shell/internal/exchange"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

const anyRecipient = "ms-Exch-SMTP-Accept-Any-Recipient"

// entries are the entries of a connector as "allow or deny user right".
func entries(t *testing.T, d *driver, a args) []string {
	t.Helper()
	var list []string
	for _, v := range d.must(t, "Get-ADPermission", a) {
		verb := map[string]string{"True": "deny", "False": "allow"}[property(t, v, "Deny")]
		list = append(list, verb+" "+property(t, v, "User")+" "+strings.Trim(property(t, v, "ExtendedRights"), "{}"))
	}
	return list
}

// TestPermissions gives, shows, denies and takes back rights.
func TestPermissions(t *testing.T) {
	d := relay(t)
	anonymous := args{"Identity": "Relay", "User": "anonymous logon"}
	count := func(want int, with string) {
		t.Helper()
		got := entries(t, d, anonymous)
		if n := len(got); n != want || with != "" && !strings.Contains(strings.Join(got, "\n"), with) {
			t.Errorf("%d entries, want %d with %q:\n%s", n, want, with, strings.Join(got, "\n"))
		}
	}
	count(4, "allow NT AUTHORITY\\ANONYMOUS LOGON ms-Exch-SMTP-Submit") // of the group

	grant := args{"Identity": "Relay", "User": `NT Authority\Anonymous Logon`, "ExtendedRights": list("MS-EXCH-smtp-accept-any-recipient", "Accept any Sender"), "AccessRights": "ExtendedRight"}
	if out := d.must(t, "Add-ADPermission", grant); len(out) != 2 || property(t, out[0], "ExtendedRights") != "{"+anyRecipient+"}" {
		t.Errorf("emitted %v", out)
	}
	count(6, anyRecipient) // Accept-Any-Sender stands there twice: the group and the grant give it
	if got := property(t, d.must(t, "Get-ReceiveConnector", nil)[0], "PermissionGroups"); got != "AnonymousUsers, Custom" {
		t.Errorf("PermissionGroups is %s", got)
	}
	d.must(t, "Add-ADPermission", grant)
	if len(d.warnings) != 2 {
		t.Errorf("warnings %q", d.warnings)
	}
	count(6, "")

	d.must(t, "Add-ADPermission", args{"Identity": "Relay", "User": "S-1-5-7", "ExtendedRights": "ms-Exch-Accept-Headers-Routing", "Deny": true})
	count(7, "deny NT AUTHORITY\\ANONYMOUS LOGON ms-Exch-Accept-Headers-Routing")
	session := compile(t, d.org).Select(bindings("10.0.0.1:25")[0], bindings("192.168.5.1:1")[0].Addr(), nil).Open(channel, nil)
	if !session.Rights().Has(permission.AcceptAnyRecipient) || session.Rights().Has(permission.AcceptHeadersRouting) {
		t.Errorf("the session holds %v", session.Rights())
	}

	remove := args{"Identity": "Relay", "User": "S-1-5-7", "ExtendedRights": anyRecipient}
	d.must(t, "Remove-ADPermission", remove)
	count(6, "")
	d.fails(t, "Remove-ADPermission", remove, "has no entry")
	d.must(t, "Remove-ADPermission", args{"Identity": "Relay", "User": "S-1-5-7", "ExtendedRights": "ms-Exch-Accept-Headers-Routing", "Deny": true})
	sender := args{"Identity": "Relay", "User": "S-1-5-7", "ExtendedRights": "Accept any Sender"}
	d.must(t, "Remove-ADPermission", sender) // the explicit one, and the group's
	count(3, "")
	d.fails(t, "Remove-ADPermission", sender, "has no entry")
	session = compile(t, d.org).Select(bindings("10.0.0.1:25")[0], bindings("192.168.5.1:1")[0].Addr(), nil).Open(channel, nil)
	if rights := session.Rights(); rights.Has(permission.AcceptAnySender) || !rights.Has(permission.AcceptAuthoritativeDomainSender) {
		t.Errorf("the session holds %v", rights)
	}
	if got := property(t, d.must(t, "Get-ReceiveConnector", nil)[0], "PermissionGroups"); got != "AnonymousUsers, Custom" {
		t.Errorf("PermissionGroups is %s", got)
	}
	d.must(t, "Add-ADPermission", sender) // gives back what the group gave
	count(4, "")
	d.must(t, "Remove-ADPermission", sender)
	d.must(t, "Set-ReceiveConnector", args{"Identity": "Relay", "PermissionGroups": "AnonymousUsers"}) // as does this
	count(4, "")
	if got := property(t, d.must(t, "Get-ReceiveConnector", nil)[0], "PermissionGroups"); got != "AnonymousUsers" {
		t.Errorf("PermissionGroups is %s", got)
	}
}

// TestPermissionErrors says what is wrong.
func TestPermissionErrors(t *testing.T) {
	d := relay(t)
	for want, a := range map[string]args{
		"must name one right":   {"AccessRights": "ExtendedRight"},
		"ms-Exch-Fly":           {"ExtendedRights": list(anyRecipient, "ms-Exch-Fly")},
		"there is no directory": {"AccessRights": "GenericAll", "ExtendedRights": anyRecipient},
		"isn't supported":       {"Properties": "x", "ExtendedRights": anyRecipient},
		"S-1-nonsense":          {"User": "S-1-nonsense", "ExtendedRights": anyRecipient},
		"no Receive connector":  {"Identity": "Rely", "ExtendedRights": anyRecipient},
	} {
		full := args{"Identity": "Relay", "User": "S-1-5-7"}
		for k, v := range a {
			full[k] = v
		}
		d.fails(t, "Add-ADPermission", full, want)
	}
	if got := d.org.Config().Receive[0].Permissions; len(got) != 0 {
		t.Errorf("something was granted: %v", got)
	}
}

// TestPermissionOfUsers remembers names that no well-known principal has.
func TestPermissionOfUsers(t *testing.T) {
	d := relay(t)
	d.must(t, "Add-ADPermission", args{"Identity": `HubA\Relay`, "User": `CONTOSO\printer`, "ExtendedRights": anyRecipient})
	if got := entries(t, d, args{"Identity": "Relay", "User": `contoso\Printer`}); len(got) != 1 || got[0] != `allow CONTOSO\printer `+anyRecipient {
		t.Errorf("%q", got)
	}
	o, err := exchange.FromConfig(d.org.Config())
	if err != nil {
		t.Fatal(err)
	}
	if got := entries(t, newDriver(o), args{"Identity": "Relay", "User": `CONTOSO\Printer`}); len(got) != 1 ||
		!strings.EqualFold(got[0], `allow CONTOSO\printer `+anyRecipient) {
		t.Errorf("from a configuration: %q", got)
	}
}

// TestSendPermissions works on Send connectors, as hiding internal Received
// fields does.
func TestSendPermissions(t *testing.T) {
	d := newDriver(bare())
	d.must(t, "New-SendConnector", args{"Name": "Out", "AddressSpaces": "*"})
	headers := args{"Identity": "Out", "User": `NT AUTHORITY\ANONYMOUS LOGON`, "ExtendedRights": "ms-Exch-Send-Headers-Routing"}
	sends := func(want bool) {
		t.Helper()
		for out := range compile(t, d.org).Send() {
			if out.Headers(routing.MustParseDomain("example.net"), nil).Keep("Received") != want {
				t.Errorf("Received fields are sent: %v", !want)
			}
		}
	}
	d.must(t, "Remove-ADPermission", headers) // as Microsoft's page on the header firewall says
	sends(false)
	d.must(t, "Add-ADPermission", headers)
	sends(true)
	headers["Deny"] = true
	d.must(t, "Add-ADPermission", headers)
	sends(false)
}

// TestPermissionPipeline takes connectors and entries from the pipeline.
func TestPermissionPipeline(t *testing.T) {
	d := relay(t)
	d.must(t, "New-SendConnector", args{"Name": "Relay", "AddressSpaces": "*"})
	d.fails(t, "Get-ADPermission", args{"Identity": "Relay"}, "pipe the one you mean")
	c := d.must(t, "Get-ReceiveConnector", nil)[0]
	d.must(t, "Add-ADPermission", args{"Identity": c, "User": "S-1-5-7", "ExtendedRights": anyRecipient})
	for _, e := range d.must(t, "Get-ADPermission", args{"Identity": c, "User": "S-1-5-7"}) {
		if property(t, e, "ExtendedRights") == "{"+anyRecipient+"}" {
			d.must(t, "Remove-ADPermission", args{"Identity": e, "User": "S-1-5-7", "ExtendedRights": anyRecipient})
		}
	}
	if got := d.org.Config().Receive[0].Permissions; len(got) != 0 {
		t.Errorf("left: %v", got)
	}
	domain := d.must(t, "New-AcceptedDomain", args{"Name": "a", "DomainName": "a.com"})[0]
	d.fails(t, "Get-ADPermission", args{"Identity": domain}, "not a AcceptedDomain")
}

// TestSetupDenies: the entries that setup writes are shown, and don't count as
// explicit grants.
func TestSetupDenies(t *testing.T) {
	d := newDriver(org2007())
	c := d.must(t, "Get-ReceiveConnector", args{"Identity": "Default HubA"})[0]
	if got := property(t, c, "PermissionGroups"); got != "ExchangeUsers, ExchangeServers, ExchangeLegacyServers" {
		t.Errorf("PermissionGroups is %s", got)
	}
	n := 0
	for _, e := range entries(t, d, args{"Identity": c}) {
		if strings.HasPrefix(e, "deny ") {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d entries deny", n)
	}
}
