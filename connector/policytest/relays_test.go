package policytest_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/policytest"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// recorder is a test that only takes down how it fails.
type recorder struct {
	testing.TB
	failures []string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func TestNoRelaysExcept(t *testing.T) {
	p := compile(t, office)
	scanner := []param.Range{param.MustParseRange("10.2.9.7")}
	tests := []struct {
		but  policytest.AllowedRelays
		want []string // the failures begin so
	}{
		{policytest.AllowedRelays{From: scanner, LoggedIn: true}, nil},
		{policytest.AllowedRelays{LoggedIn: true}, []string{
			`10.2.9.7 may relay as NT AUTHORITY\ANONYMOUS LOGON through "Scanner", at [10.2.3.4:25], to friend@`}},
		{policytest.AllowedRelays{From: scanner}, []string{
			`0.0.0.0-10.2.9.6, 10.2.9.8-255.255.255.255 may relay as any user through "Default", at [10.2.3.4:25], to friend@`,
			`::/0 may relay as any user through "Default", at [[2001:db8::4]:25], to friend@`}},
		{policytest.AllowedRelays{From: []param.Range{param.MustParseRange("0.0.0.0/0"), param.MustParseRange("::/0")}}, nil},
	}
	for _, tt := range tests {
		var r recorder
		policytest.NoRelaysExcept(&r, p, tt.but)
		ok := len(r.failures) == len(tt.want)
		for i := range tt.want {
			ok = ok && strings.HasPrefix(r.failures[i], tt.want[i]) && strings.Contains(r.failures[i], "RCPT TO:<")
		}
		if !ok {
			t.Errorf("%+v: got %q, want %q", tt.but, r.failures, tt.want)
		}
	}
}

// Two ways to relay that an example easily misses.
func TestRelaysHidden(t *testing.T) {
	star := compile(t, strings.Replace(office, `"DomainName": "fabrikam.com"`, `"DomainName": "*", "DomainType": "ExternalRelay"`, 1))
	if got := policytest.Relays(star, policytest.AllowedRelays{From: []param.Range{param.MustParseRange("10.2.9.7")}, LoggedIn: true}); len(got) == 0 {
		t.Error("the accepted domain * lets every client relay, and none is reported")
	}
	group := compile(t, strings.Replace(office, `"AnonymousUsers, ExchangeUsers"}`, `"AnonymousUsers",
		"Permissions": [{"User": "FABRIKAM\\apps", "ExtendedRights": ["ms-Exch-SMTP-Submit", "ms-Exch-SMTP-Accept-Any-Recipient"]}]}`, 1))
	got := policytest.Relays(group, policytest.AllowedRelays{From: []param.Range{param.MustParseRange("10.2.9.7")}})
	if len(got) != 2 || !strings.Contains(got[0].As, `fabrikam\apps`) {
		t.Errorf("the members of a group may relay: %v", got)
	}
}

func TestNotWider(t *testing.T) {
	before := compile(t, office)
	after := compile(t, strings.Replace(office, `"10.2.9.7"`, `"10.2.9.0/28"`, 1))
	stricter := compile(t, strings.Replace(office, `, "PermissionGroups": "AnonymousUsers",`, `, "PermissionGroups": "None",`, 1))
	var wider, narrower recorder
	policytest.NotWider(&wider, after, before)
	policytest.NotWider(&narrower, stricter, before)
	if len(wider.failures) == 0 || !strings.Contains(wider.failures[0], "RCPT TO:<") {
		t.Errorf("more may relay: %q", wider.failures)
	}
	if len(narrower.failures) > 0 {
		t.Errorf("less is allowed: %q", narrower.failures)
	}
}

// small is a random policy on few addresses.
func small(rng *rand.Rand) connector.Config {
	pick := func(of ...string) string { return of[rng.IntN(len(of))] }
	secure := "contoso.com"
	cfg := connector.Config{Transport: connector.Transport{TLSReceiveDomainSecureList: []string{secure}}}
	for _, d := range []string{"fabrikam.com", "*.sub.example", "*"} {
		if rng.IntN(3) > 0 && (d != "*" || rng.IntN(4) == 0) {
			cfg.Accepted = append(cfg.Accepted, routing.AcceptedDomain{DomainName: d})
		}
	}
	if len(cfg.Accepted) > 0 && cfg.Accepted[len(cfg.Accepted)-1].DomainName == "*" {
		cfg.Accepted[len(cfg.Accepted)-1].DomainType = routing.ExternalRelay
	}
	for i := range 1 + rng.IntN(4) {
		r := connector.Receive{
			Name:             fmt.Sprint("c", i),
			Bindings:         []netip.AddrPort{netip.MustParseAddrPort(pick("10.2.3.4:25", "0.0.0.0:25", "10.2.3.4:587"))},
			PermissionGroups: param.Value(permission.Group(0)),
			AuthMechanism: param.Value([]auth.Mechanism{
				auth.TLS, auth.TLS | auth.BasicAuth, auth.TLS | auth.BasicAuth | auth.BasicAuthRequireTLS, auth.None}[rng.IntN(4)]),
		}
		for _, g := range []permission.Group{permission.AnonymousUsers, permission.ExchangeUsers, permission.Partners} {
			if rng.IntN(2) == 0 {
				r.PermissionGroups = param.Value(r.PermissionGroups.Or(0) | g)
			}
		}
		if r.AuthMechanism.Or(0).Has(auth.TLS) {
			r.RequireTLS, r.DomainSecureEnabled = rng.IntN(4) == 0, rng.IntN(3) == 0
		}
		if rng.IntN(6) == 0 {
			r.AuthMechanism, r.PermissionGroups, r.DomainSecureEnabled = param.Value(auth.ExternalAuthoritative), param.Value(permission.ExchangeServers), false
			r.RequireTLS = false
		}
		r.RejectReservedTopLevelRecipientDomains, r.RejectSingleLabelRecipientDomains = rng.IntN(4) == 0, rng.IntN(4) == 0
		low := rng.IntN(16)
		high := low + rng.IntN(16-low)
		r.RemoteIPRanges = []param.Range{param.MustParseRange(fmt.Sprintf("10.0.0.%d-10.0.0.%d", low, high))}
		for range rng.IntN(3) {
			g := permission.Grant{To: []permission.SID{permission.SIDAnonymous, permission.SIDAuthenticatedUsers, permission.SIDPartners, permission.NameSID("apps"), permission.NameSID("ops")}[rng.IntN(5)]}
			rights := permission.SetOf([]permission.Right{permission.Submit, permission.AcceptAnyRecipient, permission.AcceptAnyRecipient}[rng.IntN(3)])
			if g.Allow = rights; rng.IntN(4) == 0 {
				g.Allow, g.Deny = 0, rights
			}
			r.Permissions = append(r.Permissions, g)
		}
		cfg.Receive = append(cfg.Receive, r)
	}
	return cfg
}

// TestRelaysAgainstBruteForce asks every session on a few addresses.
func TestRelaysAgainstBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	named := []netip.AddrPort{netip.MustParseAddrPort("10.2.3.4:25"), netip.MustParseAddrPort("10.2.3.4:587")}
	locals := append(named, netip.MustParseAddrPort("10.2.3.9:25"))
	relayed, compiled := 0, 0
	for round := 0; compiled < 100; round++ {
		p, err := connector.Compile(small(rng))
		if err != nil {
			continue // ranges that collide, rules that contradict
		}
		compiled++
		but := policytest.AllowedRelays{LoggedIn: rng.IntN(2) == 0}
		if rng.IntN(2) == 0 {
			low := rng.IntN(16)
			but.From = append(but.From, param.MustParseRange(fmt.Sprintf("10.0.0.%d-10.0.0.%d", low, low+rng.IntN(16-low))))
		}
		found := policytest.Relays(p, but)
		for _, r := range found {
			if w := p.Walk(r.Witness); !letIn(w) {
				t.Fatalf("round %d: the witness of %v does not relay:\n%v", round, r, w)
			}
		}
		for _, local := range locals {
			for n := range 17 {
				remote := netip.AddrFrom4([4]byte{10, 0, 0, byte(n)})
				want := !slices.ContainsFunc(but.From, func(r param.Range) bool { return r.Contains(remote) }) &&
					relaysBrute(p, local, remote, !but.LoggedIn)
				got := slices.ContainsFunc(found, func(r policytest.Relay) bool {
					return slices.ContainsFunc(r.Local, func(l netip.AddrPort) bool { return l == local || matchesAny(p, l, local) }) &&
						slices.ContainsFunc(r.From, func(rng param.Range) bool { return rng.Contains(remote) })
				})
				if want {
					relayed++
				}
				if got != want {
					t.Fatalf("round %d: %v to %v: relays %v, want %v\nexcept %+v\nfound %v\n%+v", round, remote, local, got, want, but, found, p.Config().Receive)
				}
			}
		}
	}
	if relayed < 300 {
		t.Errorf("only %d of the sessions relay: the policies are too strict for a test", relayed)
	}
}

// matchesAny reports whether l stands for all addresses that no binding names,
// and local is one.
func matchesAny(p *connector.Policy, l, local netip.AddrPort) bool {
	return l.Addr().IsUnspecified() && l.Port() == local.Port() && !slices.Contains(p.Bindings(), local)
}

// relaysBrute asks for every identity and recipient there may be.
func relaysBrute(p *connector.Policy, local netip.AddrPort, remote netip.Addr, logins bool) bool {
	users := []*auth.Identity{nil}
	if logins {
		for set := range 8 { // all that grants tell apart
			var groups []permission.SID
			for i, sid := range []permission.SID{permission.NameSID("apps"), permission.NameSID("ops"), permission.SIDPartners} {
				if set>>i&1 == 1 {
					groups = append(groups, sid)
				}
			}
			users = append(users, &auth.Identity{Principal: permission.Authenticated("somebody", groups...)})
		}
	}
	ours := func(a string) bool {
		for _, d := range p.Config().Accepted {
			suffix, wild := strings.CutPrefix(d.DomainName, "*.")
			if strings.ContainsAny(a, "%!") {
				return false
			}
			if wild && strings.HasSuffix(a, "."+suffix) || strings.HasSuffix(a, "@"+d.DomainName) {
				return true
			}
		}
		return false
	}
	var to []routing.Address
	for _, a := range []string{"a@fabrikam.com", "a%b@fabrikam.com", "a@x.sub.example", "a!b@x.sub.example", "a@sub.example", "a@else.org", "a@single", "a@x.test", "a@[192.0.2.1]", "a@contoso.com"} {
		if !ours(a) {
			to = append(to, routing.MustParseAddress(a))
		}
	}
	for _, user := range users {
		for _, tls := range []bool{false, true} {
			for _, names := range [][]string{nil, {"contoso.com"}} {
				if letIn(p.Walk(connector.Dialog{Local: local, Remote: remote, TLS: tls, PeerNames: names, User: user, Mechanism: auth.Login, Helo: "x", To: to})) {
					return true
				}
			}
		}
	}
	return false
}

// letIn reports whether a recipient passed, whatever its way on.
func letIn(w connector.Walkthrough) bool {
	return slices.ContainsFunc(w.Stages, func(s connector.Stage) bool {
		return s.Name == connector.StageRcpt && s.Decision.Allowed()
	})
}

// TestRelaysImplicitTLS: on port 465 the witness begins with TLS, and relays.
func TestRelaysImplicitTLS(t *testing.T) {
	p := compile(t, strings.ReplaceAll(printers, "10.2.3.4:25", "10.2.3.4:465"))
	found := policytest.Relays(p, policytest.AllowedRelays{})
	if len(found) != 1 {
		t.Fatalf("got %v", found)
	}
	if d := found[0].Witness; !d.TLS || !d.BeginsWithTLS() || !p.Walk(d).Accepted() {
		t.Errorf("got %+v", d)
	}
}

// TestRelaysNamesAll: of groups with the same rights all are named, and it is clear
// whether it takes one of them or all.
func TestRelaysNamesAll(t *testing.T) {
	const policy = `{"Accepted": [{"DomainName": "contoso.com"}], "Transport": {"TLSReceiveDomainSecureList": ["bank.org", "partner.org"]},
		"Receive": [{"Name": "R", "Bindings": ["0.0.0.0:587"], "RemoteIPRanges": ["0.0.0.0/0"], "AuthMechanism": "Tls, BasicAuth", "DomainSecureEnabled": true,
			"PermissionGroups": "%groups", "Permissions": [%grants]}]}`
	grant := func(user, right, deny string) string {
		return fmt.Sprintf(`{"User": %q, "ExtendedRights": ["ms-Exch-SMTP-%s"], "Deny": %s}`, user, right, deny)
	}
	relay := func(user string) string { return grant(user, "Accept-Any-Recipient", "false") }
	submit := func(user string) string { return grant(user, "Submit", "false") }
	for _, tt := range []struct {
		groups string
		grants []string
		want   []string
	}{
		{"None", []string{submit(`NT AUTHORITY\Authenticated Users`), relay("printers"), relay("scanners")}, []string{"a user in any of printers, scanners"}},
		{"None", []string{submit("staff"), relay("printers")}, []string{"a user in all of printers, staff"}},
		{"None", []string{submit("staff"), submit("guests"), relay("printers")}, []string{"a user in any of guests, staff and printers"}},
		{"None", []string{submit("staff"), relay("printers"), submit("servers"), relay("servers")}, []string{"a user in servers", "a user in all of printers, staff"}},
		{"ExchangeUsers", []string{grant("interns", "Accept-Any-Recipient", "true"), grant("guests", "Submit", "true")}, []string{"any user, unless in any of guests, interns"}},
		{"Partners", []string{relay(`MS Exchange\Partner Servers`)}, []string{"a partner with a certificate for any of bank.org, partner.org", `a user in MS Exchange\Partner Servers`}},
	} {
		var got []string
		for _, r := range policytest.Relays(compile(t, strings.NewReplacer("%groups", tt.groups, "%grants", strings.Join(tt.grants, ",")).Replace(policy)), policytest.AllowedRelays{}) {
			got = append(got, r.As)
			if p := r.Witness.User; p != nil && strings.Contains(r.As, "staff") && !strings.Contains(r.As, "any of") && !p.Is(permission.NameSID("staff")) {
				t.Errorf("%s: the witness is %v", r.As, p)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s, %s: got %q, want %q", tt.groups, tt.grants, got, tt.want)
		}
	}
}
