package access_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/access"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

const relay = permission.AcceptAnyRecipient

// grant allows, denies or removes the right to relay.
func grant(to permission.SID, how string) permission.Grant {
	set := permission.SetOf(relay)
	return map[string]permission.Grant{
		"allow": {To: to, Allow: set}, "deny": {To: to, Deny: set}, "remove": {To: to, Removed: set},
	}[how]
}

// receive is a Receive connector on port 25, or 587 for clients.
func receive(name string, change func(*connector.Receive)) connector.Receive {
	r := connector.Receive{
		Name: name, Bindings: []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:25")},
		RemoteIPRanges: []param.Range{param.MustParseRange("10.0.0.0/8")}, AuthMechanism: param.Value(auth.TLS | auth.BasicAuth),
	}
	change(&r)
	return r
}

func table(t testing.TB, list ...connector.Receive) *access.Table {
	t.Helper()
	p, err := connector.Compile(connector.Config{Receive: list})
	if err != nil {
		t.Fatal(err)
	}
	return access.New(p)
}

// TestWhy: every kind of reason, with the place of what files set.
func TestWhy(t *testing.T) {
	users, apps := permission.SIDAuthenticatedUsers, permission.NameSID("apps")
	for name, tt := range map[string]struct {
		change func(*connector.Receive)
		of     permission.SID
		want   string
	}{
		"group": {func(r *connector.Receive) { r.PermissionGroups = param.Value(permission.ExchangeUsers) }, users,
			`allowed: granted to NT AUTHORITY\Authenticated Users by ExchangeUsers (relay.ps1:3)`},
		"preset": {func(r *connector.Receive) { r.Usage = param.UsageClient; r.Bindings = nil }, users,
			`allowed: granted to NT AUTHORITY\Authenticated Users by ExchangeUsers (preset of usage Client)`},
		"explicit": {func(r *connector.Receive) { r.Permissions = []permission.Grant{grant(apps, "allow")} }, apps,
			`unusable: no session: a logon needs ms-Exch-SMTP-Submit; granted to apps by Add-ADPermission (relay.ps1:7)`},
		"denied": {func(r *connector.Receive) {
			r.PermissionGroups, r.Permissions = param.Value(permission.ExchangeUsers), []permission.Grant{grant(apps, "deny")}
		}, apps, `denied: denied to apps by Add-ADPermission (relay.ps1:7); overridden: granted to NT AUTHORITY\Authenticated Users by ExchangeUsers (relay.ps1:3)`},
		"removed": {func(r *connector.Receive) {
			r.PermissionGroups, r.Permissions = param.Value(permission.ExchangeUsers), []permission.Grant{grant(users, "remove")}
		}, users, `absent: removed from NT AUTHORITY\Authenticated Users by Remove-ADPermission (relay.ps1:7)`},
		"never": {func(r *connector.Receive) { r.PermissionGroups = param.Value(permission.AnonymousUsers) }, permission.SIDAnonymous,
			`absent: never granted`},
		"disabled": {func(r *connector.Receive) {
			r.PermissionGroups, r.Enabled = param.Value(permission.ExchangeUsers), param.Value(false)
		}, users, `unusable: no session: the connector is disabled; granted to NT AUTHORITY\Authenticated Users by ExchangeUsers (relay.ps1:3)`},
		"no logon": {func(r *connector.Receive) {
			r.PermissionGroups, r.AuthMechanism = param.Value(permission.ExchangeUsers), param.Value(auth.TLS)
		}, users, `unusable: no session: AuthMechanism has no way to log on; granted to NT AUTHORITY\Authenticated Users by ExchangeUsers (relay.ps1:3)`},
	} {
		places := source.Map{
			`Receive["R"].PermissionGroups`: {File: "relay.ps1", Line: 3},
			`Receive["R"].Permissions[0]`:   {File: "relay.ps1", Line: 7, Column: 2},
		}
		rows, _ := table(t, receive("R", tt.change)).Rows(access.Query{Principals: []permission.SID{tt.of}, Rights: permission.SetOf(relay), Places: places})
		if len(rows) != 1 {
			t.Errorf("%s: %d rows", name, len(rows))
			continue
		}
		if got := fmt.Sprintf("%v: %s", rows[0].Cells[0].Verdict, rows[0].Why(rows[0].Cells[0])); got != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, tt.want)
		}
	}
}

// TestPresetsDiffer: connectors with equal grants from different places share no row.
func TestPresetsDiffer(t *testing.T) {
	given := receive("Given", func(r *connector.Receive) { r.PermissionGroups = param.Value(permission.ExchangeUsers) })
	preset := receive("Preset", func(r *connector.Receive) { r.Usage, r.Bindings = param.UsageClient, nil })
	rows, _ := table(t, given, preset).Rows(access.Query{})
	if len(rows) != 2 || len(rows[0].Others) > 0 {
		t.Errorf("%+v", rows)
	}
}

// TestCSV: names that a spreadsheet would take for formulas, or that hold quotes, stay text.
func TestCSV(t *testing.T) {
	rows, _ := table(t, receive(`=HYPERLINK("http://evil.example")`, func(r *connector.Receive) {
		r.Permissions = []permission.Grant{grant(permission.NameSID("@sum(a,b)"), "deny")}
	})).Rows(access.Query{Each: true, Rights: permission.SetOf(relay)})
	var b strings.Builder
	if err := access.WriteCSV(&b, rows); err != nil {
		t.Fatal(err)
	}
	const want = "principal,connector,right,allowed,why\n" +
		`"'@sum(a,b)","'=HYPERLINK(""http://evil.example"")",ms-Exch-SMTP-Accept-Any-Recipient,no,"denied to @sum(a,b) by Add-ADPermission"` + "\n"
	if b.String() != want {
		t.Errorf("%s\nwant\n%s", b.String(), want)
	}
}

// many are n connectors, of which each has another user, or all have the same.
func many(n int, same bool) (list []connector.Receive) {
	for i := range n {
		list = append(list, receive(fmt.Sprintf("App %d", i), func(r *connector.Receive) {
			r.RemoteIPRanges = []param.Range{param.MustParseRange(fmt.Sprintf("10.%d.%d.0/24", i/256, i%256))}
			r.PermissionGroups = param.Value(permission.ExchangeUsers | permission.ExchangeServers | permission.AnonymousUsers)
			user := "app"
			if !same {
				user = fmt.Sprintf("app%d", i)
			}
			r.Permissions = []permission.Grant{grant(permission.NameSID(user), "allow")}
		}))
	}
	return list
}

// TestMany: a thousand connectors with the same access are one list of rows.
func TestMany(t *testing.T) {
	rows, total := table(t, many(1000, true)...).Rows(access.Query{})
	if total != 7 || len(rows[0].Others) != 999 {
		t.Errorf("%d rows, the first of %d other connectors", total, len(rows[0].Others))
	}
	var b strings.Builder
	if err := access.WriteText(&b, rows[:1]); err != nil || !strings.HasPrefix(b.String(), "App 0, and 999 connectors with the same access\n") {
		t.Error(b.String(), err)
	}
}

// BenchmarkPage makes the table of a thousand connectors and one page of it.
func BenchmarkPage(b *testing.B) {
	for _, same := range []bool{true, false} {
		p, err := connector.Compile(connector.Config{Receive: many(1000, same)})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("same=%v", same), func(b *testing.B) {
			for b.Loop() {
				access.New(p).Rows(access.Query{Offset: 3000, Limit: 50})
			}
		})
		b.Run(fmt.Sprintf("witness,same=%v", same), func(b *testing.B) {
			for b.Loop() {
				table := access.New(p)
				rows, _ := table.Rows(access.Query{Limit: 1})
				table.Witness(rows[0])
			}
		})
	}
}
