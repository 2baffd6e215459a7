package permission_test

import (
	"testing"

	"github.com/interchange-smtp/interchange/permission"
)

// receiveTable is the documented table of receive rights per principal. The
// columns: Anonymous, Authenticated Users, Exchange Servers with the hub and
// edge servers, externally secured servers, ExchangeLegacyInterop, partners.
// x: in every edition; n: not in 2007; 7: in 2007 only.
var receiveTable = []struct{ right, cells string }{
	{"ms-Exch-SMTP-Submit", "x x x x x x"},
	{"ms-Exch-SMTP-Accept-Any-Recipient", "- x x x x -"},
	{"ms-Exch-SMTP-Accept-Any-Sender", "x - x x x -"},
	{"ms-Exch-SMTP-Accept-Authoritative-Domain-Sender", "n - x x x -"},
	{"ms-Exch-SMTP-Accept-Authentication-Flag", "- - x x x -"},
	{"ms-Exch-Accept-Headers-Routing", "x n x x x x"},
	{"ms-Exch-Accept-Headers-Organization", "- - x 7 - -"},
	{"ms-Exch-Accept-Headers-Forest", "- - x 7 - -"},
	{"ms-Exch-Bypass-Anti-Spam", "- x x x x -"},
	{"ms-Exch-Bypass-Message-Size-Limit", "- - x x x -"},
	{"ms-Exch-SMTP-Accept-Exch50", "- - x x x -"},
	{"ms-Exch-SMTP-Accept-XShadow", "- - n - - -"},
	{"ms-Exch-SMTP-Accept-Xattr", "- - n - - -"},
	{"ms-Exch-SMTP-Accept-XProxyFrom", "- - n - - -"},
	{"ms-Exch-SMTP-Accept-XSysProbe", "- - n - - -"},
	{"ms-Exch-SMTP-Accept-XSessionParams", "- - n - - -"},
	{"ms-Exch-SMTP-Send-XMessageContext-ADRecipientCache", "- - n - - -"},
	{"ms-Exch-SMTP-Send-XMessageContext-ExtendedProperties", "- - n - - -"},
	{"ms-Exch-SMTP-Send-XMessageContext-FastIndex", "- - n - - -"},
	{"ms-Exch-Send-Headers-Routing", "- - - - - -"},
	{"ms-Exch-Send-Headers-Organization", "- - - - - -"},
	{"ms-Exch-Send-Headers-Forest", "- - - - - -"},
	{"ms-Exch-SMTP-Send-Exch50", "- - - - - -"},
	{"ms-Exch-SMTP-Send-XShadow", "- - - - - -"},
}

// receiveColumns gives each principal its column of receiveTable and its group.
var receiveColumns = []struct {
	sid    permission.SID
	column int
	group  permission.Group
	onEdge bool
}{
	{permission.SIDAnonymous, 0, permission.AnonymousUsers, true},
	{permission.SIDAuthenticatedUsers, 1, permission.ExchangeUsers, false},
	{permission.SIDExchangeServers, 2, permission.ExchangeServers, false},
	{permission.SIDHubServers, 2, permission.ExchangeServers, true},
	{permission.SIDEdgeServers, 2, permission.ExchangeServers, true},
	{permission.SIDExternallySecured, 3, permission.ExchangeServers, true},
	{permission.SIDLegacyInterop, 4, permission.ExchangeLegacyServers, false},
	{permission.SIDPartners, 5, permission.Partners, true},
}

const everyGroup = permission.AnonymousUsers | permission.ExchangeUsers | permission.ExchangeServers |
	permission.ExchangeLegacyServers | permission.Partners | permission.Custom

func TestGroupGrants(t *testing.T) {
	for _, profile := range []permission.Profile{permission.Current, permission.Exchange2007} {
		for _, edge := range []bool{false, true} {
			got := map[permission.SID]permission.Grant{}
			for _, g := range everyGroup.Grants(profile, edge) {
				if _, twice := got[g.To]; twice || g.Deny != 0 {
					t.Errorf("%v edge=%v: unexpected grant %v", profile, edge, g)
				}
				got[g.To] = g
			}
			for _, c := range receiveColumns {
				checkColumn(t, profile, got[c.sid], c.column, !edge || c.onEdge)
				if g, ok := got[c.sid]; ok && g.Group != c.group {
					t.Errorf("%s comes from %v, want %v", c.sid.Name(), g.Group, c.group)
				}
				delete(got, c.sid)
			}
			for sid := range got {
				t.Errorf("%v edge=%v: %s is granted something", profile, edge, sid.Name())
			}
		}
	}
}

func checkColumn(t *testing.T, profile permission.Profile, g permission.Grant, column int, known bool) {
	t.Helper()
	for _, row := range receiveTable {
		r, err := permission.ParseRight(row.right)
		if err != nil {
			t.Fatal(err)
		}
		cell := row.cells[2*column]
		want := cell == 'x' || cell == 'n' && profile == permission.Current || cell == '7' && profile == permission.Exchange2007
		if g.Allow.Has(r) != (want && known) {
			t.Errorf("%v, column %d, %v: held %v", profile, column, r, g.Allow.Has(r))
		}
	}
}

// Each group alone gives its own principals something and others nothing.
func TestGroupGrantsAlone(t *testing.T) {
	for _, c := range receiveColumns {
		found := false
		for _, g := range c.group.Grants(permission.Current, false) {
			found = found || g.To == c.sid
			if g.Group != c.group {
				t.Errorf("%v gives %v", c.group, g)
			}
		}
		if !found {
			t.Errorf("%v gives %s nothing", c.group, c.sid.Name())
		}
	}
	for _, g := range []permission.Group{0, permission.Custom} {
		if grants := g.Grants(permission.Current, false); len(grants) != 0 {
			t.Errorf("%v gives %v", g, grants)
		}
	}
}

// The deny of the Default connector beats what a legacy server would get by
// being an Exchange server too.
func TestDefaultConnectorGrants(t *testing.T) {
	both := permission.Principal{SIDs: []permission.SID{permission.SIDLegacyInterop, permission.SIDExchangeServers}}
	groups := permission.ExchangeServers | permission.ExchangeLegacyServers
	acl, err := permission.NewACL(permission.Current, groups)
	if err != nil {
		t.Fatal(err)
	}
	ofDefault, err := permission.NewACL(permission.Current, groups, permission.DefaultConnectorGrants()...)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []permission.Right{permission.AcceptHeadersForest, permission.AcceptHeadersOrganization} {
		if !acl.Rights(both).Has(r) || ofDefault.Rights(both).Has(r) {
			t.Errorf("%v: other connector %v, Default connector %v", r, acl.Rights(both).Has(r), ofDefault.Rights(both).Has(r))
		}
	}
	if !ofDefault.Rights(both).Has(permission.Submit) {
		t.Error("the deny took more than header rights")
	}
}

func TestSendGrants(t *testing.T) {
	routing := permission.SetOf(permission.SendHeadersRouting)
	trusted := routing.Union(permission.SetOf(permission.SendExch50))
	inside := trusted.Union(permission.SetOf(permission.SendHeadersOrganization, permission.SendHeadersForest))
	all := inside.Union(permission.SetOf(permission.SendXShadow))
	type rights map[permission.SID]permission.Set
	current := rights{
		permission.SIDAnonymous: routing, permission.SIDPartners: routing,
		permission.SIDExchangeServers: all, permission.SIDHubServers: all, permission.SIDEdgeServers: all,
		permission.SIDExternallySecured: trusted, permission.SIDLegacyServers: trusted,
	}
	tests := []struct {
		profile permission.Profile
		usage   permission.SendUsage
		want    rights
	}{
		{permission.Current, permission.SendCustom, current},
		{permission.Current, permission.SendInternal, current},
		{permission.Current, permission.SendInternet, current},
		{permission.Current, permission.SendPartner, current},
		{permission.Exchange2007, permission.SendCustom, rights{}},
		{permission.Exchange2007, permission.SendInternet, rights{permission.SIDAnonymous: routing}},
		{permission.Exchange2007, permission.SendPartner, rights{permission.SIDPartners: routing}},
		{permission.Exchange2007, permission.SendInternal, rights{
			permission.SIDExchangeServers: inside, permission.SIDHubServers: inside, permission.SIDEdgeServers: inside,
			permission.SIDExternallySecured: inside, permission.SIDLegacyInterop: inside, permission.SIDLegacyServers: inside,
		}},
		{permission.Exchange2007, permission.SendUsage(99), rights{}},
	}
	for _, tt := range tests {
		got := rights{}
		for _, g := range permission.SendGrants(tt.profile, tt.usage) {
			got[g.To] = got[g.To].Union(g.Allow)
		}
		if len(got) != len(tt.want) {
			t.Errorf("%v usage %d: %d principals, want %d", tt.profile, tt.usage, len(got), len(tt.want))
		}
		for sid, want := range tt.want {
			if got[sid] != want {
				t.Errorf("%v usage %d: %s has %v, want %v", tt.profile, tt.usage, sid.Name(), got[sid], want)
			}
		}
	}
}

func TestGrantString(t *testing.T) {
	tests := []struct {
		grant permission.Grant
		want  string
	}{
		{permission.Grant{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.Submit), Group: permission.AnonymousUsers},
			`allow ms-Exch-SMTP-Submit to NT AUTHORITY\ANONYMOUS LOGON (AnonymousUsers)`},
		{permission.Grant{To: "S-1-5-21-1", Deny: permission.SetOf(permission.Submit)},
			`deny ms-Exch-SMTP-Submit to S-1-5-21-1 (explicit)`},
		{permission.Grant{To: permission.SIDExchangeServers, Allow: permission.SetOf(permission.BypassAntiSpam), Deny: permission.SetOf(permission.Submit)},
			`allow ms-Exch-Bypass-Anti-Spam; deny ms-Exch-SMTP-Submit to Exchange Servers (explicit)`},
		{permission.Grant{To: permission.SIDPartners}, `allow None to MS Exchange\Partner Servers (explicit)`},
	}
	for _, tt := range tests {
		if got := tt.grant.String(); got != tt.want {
			t.Errorf("%#v = %q, want %q", tt.grant, got, tt.want)
		}
	}
}
