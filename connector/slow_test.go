package connector_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// slowSession is the rules about senders and recipients written down as they
// are documented, without any of the machinery: grants are read one by one,
// and domains compared as text.
type slowSession struct {
	profile connector.Profile
	receive connector.Receive
	sids    []permission.SID
	owns    []string // addresses
	tenant  string   // the domain of which the user may send as any address
	secured []string // domains that a certificate proved
	outside bool     // neither logged on nor trusted
}

// given reads what permission groups give, entry by entry.
func (s slowSession) given() []permission.Grant {
	var entries []permission.Grant
	for _, g := range s.receive.PermissionGroups.Or(0).Grants(s.profile, false) {
		for r := range g.Allow.All() {
			taken := slices.ContainsFunc(s.receive.Permissions, func(by permission.Grant) bool { return by.To == g.To && by.Removed.Has(r) })
			if !taken {
				entries = append(entries, permission.Grant{To: g.To, Allow: permission.SetOf(r)})
			}
		}
	}
	return entries
}

// holds reads the access list from top to bottom.
func (s slowSession) holds(r permission.Right) bool {
	allowed := false
	for _, g := range append(s.given(), s.receive.Permissions...) {
		if !slices.Contains(s.sids, g.To) {
			continue
		}
		if g.Deny.Has(r) {
			return false
		}
		allowed = allowed || g.Allow.Has(r)
	}
	return allowed
}

// parts cuts an address at its last @.
func parts(a string) (local, domain string) {
	i := strings.LastIndexByte(a, '@')
	return a[:i], a[i+1:]
}

// maySend is rule 4 of the model for senders; "" is the null sender.
func (s slowSession) maySend(from string) bool {
	if !s.holds(permission.Submit) {
		return false
	}
	if from == "" || slices.Contains(s.owns, from) {
		return true
	}
	_, domain := parts(from)
	anonymous := slices.Contains(s.sids, permission.SIDAnonymous)
	if listed := from == "ann@contoso.com" || domain == "relay.example" || domain == "x.tenant.test"; anonymous && len(s.receive.AllowedSenders) > 0 && !listed {
		return false
	}
	if s.receive.DomainSecureEnabled && s.outside && domain == "partner.test" && !slices.Contains(s.secured, domain) {
		return false
	}
	if slices.Contains(s.secured, domain) || domain == s.tenant {
		return true
	}
	switch {
	case domain == "contoso.com":
		return s.holds(permission.AcceptAuthoritativeDomainSender)
	case domain == "relay.example":
		return s.holds(permission.AcceptAnySender) || s.holds(permission.AcceptAuthoritativeDomainSender)
	}
	return s.holds(permission.AcceptAnySender)
}

// maySendTo is the rule about relaying.
func (s slowSession) maySendTo(to string) bool {
	local, domain := parts(to)
	ours := domain == "contoso.com" || domain == "relay.example" || strings.HasSuffix(domain, ".relay.example")
	names := !strings.ContainsAny(local, "%!@")
	return s.holds(permission.Submit) && (ours && names || s.holds(permission.AcceptAnyRecipient))
}

// TestAgainstSlowSession compares the decisions on senders and recipients with the
// rules read one by one, on random access lists, for every kind of session.
func TestAgainstSlowSession(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	senders := []string{"", "ann@contoso.com", "bob@contoso.com", "a@partner.test", "a@example.net", "a@relay.example",
		"a@tenant.test", "a@x.tenant.test"}
	recipients := []string{"a@contoso.com", "a@relay.example", "a@x.relay.example", "a@notrelay.example", "a@sub.contoso.com",
		"a%b@contoso.com", "b!a@relay.example", `"a@b.test"@contoso.com`, "a@example.net", "a@[192.0.2.1]"}
	var yes, no int
	agree := func(what string, s slowSession, d connector.Decision, want bool) {
		t.Helper()
		if d.Allowed() != want {
			t.Fatalf("%s: %v, want %v for %v with %v and %v", what, d, want, s.sids, s.receive.PermissionGroups, s.receive.Permissions)
		}
		if want {
			yes++
		} else {
			no++
		}
	}
	for range 1500 {
		slow := slowSession{profile: connector.Profile(rnd.IntN(2)), receive: randomReceive(rnd)}
		r := &slow.receive
		r.RequireTLS = false // what isn't about senders and recipients stands aside
		r.RejectReservedSecondLevelRecipientDomains, r.RejectReservedTopLevelRecipientDomains = false, false
		in := one(t, slow.profile, *r, connector.Transport{TLSReceiveDomainSecureList: []string{"partner.test"}})
		session, ok := slow.open(in, rnd.IntN(3))
		if !ok {
			continue
		}
		for _, from := range senders {
			m := connector.Mail{}
			if from != "" {
				m.From = routing.MustParseAddress(from)
			}
			agree("MAIL FROM "+from, slow, session.Mail(m), slow.maySend(from))
		}
		for _, to := range recipients {
			agree("RCPT TO "+to, slow, session.Rcpt(connector.Rcpt{To: routing.MustParseAddress(to)}), slow.maySendTo(to))
		}
	}
	if yes < 1000 || no < 1000 {
		t.Errorf("%d times allowed and %d times refused, which tests one side only", yes, no)
	}
}

// open makes a session that is anonymous or externally secured, one that has
// logged on, or one with a partner's certificate. ok is false where the
// connector takes no login.
func (s *slowSession) open(in *connector.Inbound, kind int) (session connector.Session, ok bool) {
	mechanism := s.receive.AuthMechanism.Or(0)
	ch := auth.Channel{TLS: kind > 0}
	switch {
	case mechanism.Has(auth.ExternalAuthoritative):
		s.sids = []permission.SID{permission.SIDExternallySecured}
	case kind == 2 && s.receive.DomainSecureEnabled:
		ch.PeerNames = []string{"partner.test"}
		s.sids, s.secured, s.outside = []permission.SID{permission.SIDPartners}, ch.PeerNames, true
	case kind == 1:
		who := user("ann@contoso.com", permission.SIDPartners)
		s.tenant = "tenant.test"
		who.Domains = []auth.SenderDomain{{Domain: routing.MustParseDomain(s.tenant)}}
		s.sids, s.owns = append(who.SIDs, permission.SIDAuthenticatedUsers), []string{"ann@contoso.com"}
		session, d := in.Open(ch, nil).Login(who)
		return session, d.Allowed()
	default:
		s.sids, s.outside = []permission.SID{permission.SIDAnonymous}, true
	}
	return in.Open(ch, nil), true
}
