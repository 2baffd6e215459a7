package connector_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// basisOf returns what the steps of a check rest on, in the stages of a name.
func basisOf(w connector.Walkthrough, stage connector.StageName, check connector.Check) string {
	var all []string
	for _, s := range w.Stages {
		if s.Name != stage {
			continue
		}
		for step := range s.Trace.All() {
			if step.Check != check {
				continue
			}
			for _, b := range step.Basis() {
				all = append(all, b.String())
			}
		}
	}
	return strings.Join(all, "; ")
}

// TestBasis wants every kind of step to name the parameter that it rests on,
// with its value and where that came from.
func TestBasis(t *testing.T) {
	cfg := connector.Config{
		Accepted: []routing.AcceptedDomain{{DomainName: "contoso.com"}, {Name: "Sub", DomainName: "*.contoso.com", DomainType: routing.InternalRelay}},
		Receive: []connector.Receive{
			{
				Name: "Internet", Usage: connector.UsageInternet, Bindings: bindings("10.0.0.1:25", "0.0.0.0:587"),
				MaxMessageSize: connector.MB, RequireEHLODomain: true, MaxHopCount: 10,
				Permissions: []permission.Grant{
					{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptAnyRecipient)},
					deny(permission.SIDAnonymous, permission.AcceptAnyRecipient),
				},
			},
			{Name: "Off", Enabled: connector.Value(false), Bindings: bindings("10.0.0.1:26"), RemoteIPRanges: ranges("10.9.0.0/16")},
			{Name: "Elsewhere", Bindings: bindings("10.0.0.1:2525"), RemoteIPRanges: ranges("10.9.0.0/16")},
			{Name: "Others", Bindings: bindings("10.0.0.1:25"), RemoteIPRanges: ranges("10.1.0.1", "10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.5")},
		},
		Send: []connector.Send{
			{Name: "Out", AddressSpaces: spaces("b.example", "*"), SmartHosts: []connector.SmartHost{connector.MustParseSmartHost("10.0.0.9")},
				CloudServicesMailEnabled: true, Permissions: []permission.Grant{{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.SendHeadersForest)}}},
			{Name: "In", Usage: connector.UsageInternal, AddressSpaces: spaces("contoso.com"), SmartHosts: []connector.SmartHost{connector.MustParseSmartHost("10.0.0.8")}},
		},
		Transport: connector.Transport{MaxRecipientEnvelopeLimit: 50},
	}
	d := connector.Dialog{Local: at("10.0.0.1:25"), Remote: ip("10.9.0.1"), Helo: "a.example", From: addr("a@a.example"),
		To: []routing.Address{addr("x@other.example"), addr("x@contoso.com")}}
	w := compile(t, cfg).Walk(d)
	for _, tt := range []struct {
		stage connector.StageName
		check connector.Check
		want  string
	}{
		{connector.StageConnect, connector.CheckReceiveConnector, `Receive["Internet"].Bindings[0] = 10.0.0.1:25; ` +
			`Receive["Internet"].RemoteIPRanges[0] = 0.0.0.0-255.255.255.255 (preset of usage Internet); Receive["Off"].Enabled = false; ` +
			`Receive["Elsewhere"].Bindings = 10.0.0.1:2525; Receive["Others"].RemoteIPRanges = 10.1.0.1, 10.1.0.2, 10.1.0.3 and 2 more`},
		{connector.StageHello, connector.CheckHelloDomain, `Receive["Internet"].RequireEHLODomain = true`},
		{connector.StageMail, connector.CheckSubmit, `Receive["Internet"].PermissionGroups = AnonymousUsers (preset of usage Internet)`},
		{connector.StageMail, connector.CheckSize, `Receive["Internet"].MaxMessageSize = 1MB`},
		{connector.StageMail, connector.CheckAuthoritative, `Accepted = contoso.com, *.contoso.com`},
		{connector.StageRcpt, connector.CheckAcceptedDomain, `Accepted = contoso.com, *.contoso.com; Accepted[0] = contoso.com Authoritative`},
		{connector.StageRcpt, connector.CheckAnyRecipient, `Receive["Internet"].Permissions[1] = denied to NT AUTHORITY\ANONYMOUS LOGON by hand`},
		{connector.StageRcpt, connector.CheckEnvelopeLimit, `Transport.MaxRecipientEnvelopeLimit = 50; Transport.MaxRecipientEnvelopeLimit = 50`},
		{connector.StageData, connector.CheckHops, `Receive["Internet"].MaxHopCount = 10`},
		{connector.StageData, connector.CheckLocalHops, `Receive["Internet"].MaxLocalHopCount = 12 (default)`},
		{connector.StageRoute, connector.CheckSendConnector, `Send["In"].AddressSpaces[0] = SMTP:contoso.com;1; Send["Out"].AddressSpaces[1] = SMTP:*;1`},
	} {
		if got := basisOf(w, tt.stage, tt.check); got != tt.want {
			t.Errorf("%s %v rests on\n%s\nwant\n%s", tt.stage, tt.check, got, tt.want)
		}
	}
	_, trace := compile(t, cfg).ExplainRoute(addr("x@b.example"), 0)
	for step := range trace.All() {
		if step.Candidate() == "In" && step.Fate() != connector.FateOtherSpace {
			t.Errorf("In: %q", step.Fate())
		}
	}
	_, trace = firstOutbound(compile(t, cfg)).ExplainHeaders(addr("x@b.example").Domain())
	var got []string
	for step := range trace.All() {
		got = append(got, step.Basis()[0].String())
	}
	want := []string{`Send["Out"].Permissions (default)`, `Send["Out"].Permissions (default)`,
		`Send["Out"].Permissions[0] = allowed to NT AUTHORITY\ANONYMOUS LOGON by hand`, `Send["Out"].CloudServicesMailEnabled = true`}
	if !slices.Equal(got, want) {
		t.Errorf("headers rest on %q, want %q", got, want)
	}
}

func bindings(all ...string) []netip.AddrPort {
	var list []netip.AddrPort
	for _, s := range all {
		list = append(list, at(s))
	}
	return list
}

func firstOutbound(p *connector.Policy) *connector.Outbound {
	for out := range p.Send() {
		return out
	}
	return nil
}

// TestBasisNeverFails wants a basis of every step of random sessions, with a path
// of the Config and a value wherever one is given.
func TestBasisNeverFails(t *testing.T) {
	w := compile(t, guide(permission.Exchange2007))
	ann := user("ann@fabrikam.com")
	for _, d := range []connector.Dialog{relayAttempt(), {}, {TLS: true, User: &ann, Local: at("10.2.3.4:25"), Remote: ip("203.0.113.9"),
		Helo: "x", To: []routing.Address{addr("a@b.example")}}} {
		for _, s := range w.Walk(d).Stages {
			for step := range s.Trace.All() {
				for _, b := range step.Basis() {
					if b.Path == "" || strings.Contains(b.Value, "%!") || b.Source == connector.SourceGiven && b.Value == "" {
						t.Errorf("%s: %+v", step, b)
					}
				}
			}
		}
	}
}

// TestBeatenGrant wants a grant that another one defeats to be shown.
func TestBeatenGrant(t *testing.T) {
	in := one(t, permission.Current, connector.Receive{PermissionGroups: groups(anonymous),
		Permissions: []permission.Grant{deny(permission.SIDAnonymous, permission.Submit)}}, connector.Transport{})
	_, trace := in.Open(auth.Channel{}).ExplainMail(connector.Mail{})
	const want = `lacks ms-Exch-SMTP-Submit; denied to NT AUTHORITY\ANONYMOUS LOGON by hand; in vain allowed to NT AUTHORITY\ANONYMOUS LOGON by AnonymousUsers`
	if !strings.Contains(trace.String(), want) {
		t.Errorf("%s\nwant %s", trace, want)
	}
}

// TestFates wants a stable name and a sentence for every fate, no two alike, and
// the fate of every candidate of a walk among them.
func TestFates(t *testing.T) {
	seen := map[connector.Fate]bool{}
	for _, f := range connector.Fates() {
		if f == "" || seen[f] || f.Doc() == "" || strings.ContainsAny(string(f), " ()") {
			t.Errorf("fate %q: %q", f, f.Doc())
		}
		seen[f] = true
	}
	if doc := connector.Fate("x").Doc(); doc != "" {
		t.Errorf("an unknown fate %q", doc)
	}
	p := compile(t, guide(permission.Current))
	_, trace := p.ExplainSelect(at("10.2.3.4:25"), ip("192.168.5.77"))
	var got []string
	for s := range trace.All() {
		got = append(got, s.Candidate()+" "+string(s.Fate()))
	}
	if want := []string{"FromInternetGateway chosen", "Default HubA wildcard", "FromSecuredGateway other-range"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestWalkOnConnector wants Inbound.Walk to ask the connector that it is told,
// and nobody where there is none.
func TestWalkOnConnector(t *testing.T) {
	p := compile(t, guide(permission.Current))
	d := relayAttempt()
	d.Helo, d.To = "a.example", d.To[:1]
	for in := range p.Receive() {
		if w := in.Walk(d); w.Session.Inbound() != in || w.Accepted() != (in.Name() != "Default HubA") {
			t.Errorf("%s: %s", in.Name(), w)
		}
	}
	var none *connector.Inbound
	if w := none.Walk(d); w.Accepted() || firstRefusal(w) != connector.NoConnector {
		t.Errorf("nobody: %s", w)
	}
}
