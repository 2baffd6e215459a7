package analysis_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/policygen"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// slowAsk answers questions by going through a grid of sessions that is at least as fine
// as what policygen's policies and randomQuestion can tell apart.
type slowAsk struct {
	q        analysis.Question
	policies []*connector.Policy // one, or the two that are compared
	name     string              // of the connector in whose sessions the question is
}

// gridDomains are the domains of senders and recipients: those of the pools, one below
// each, the reserved ones and one below each of these.
var gridDomains = func() []routing.Domain {
	names := append(slices.Clone(policygen.Domains), "test", "example", "invalid", "example.com", "example.org", "org", "com", "net")
	for _, name := range slices.Clone(names) {
		if name[0] != '[' {
			names = append(names, "zz."+name)
		}
	}
	var all []routing.Domain
	for _, name := range names {
		all = append(all, routing.MustParseDomain(name))
	}
	return all
}()

// gridClient is a client, with its connector under each policy.
type gridClient struct {
	local  netip.AddrPort
	remote netip.Addr
	in     [2]*connector.Inbound
}

// clients returns the clients that the question is about, one for each connector.
func (s *slowAsk) clients() []gridClient {
	if s.sendOnly() {
		return []gridClient{{}}
	}
	var all []gridClient
	locals := append(slices.Clone(policygen.Locals), netip.MustParseAddrPort("[2001:db8::1]:25"), netip.MustParseAddrPort("192.0.2.1:465"), netip.MustParseAddrPort("192.0.2.1:26"), netip.MustParseAddrPort("192.0.2.7:587"))
	seen := map[string]bool{}
	for _, local := range locals {
		for _, remote := range policygen.Clients(local) {
			c := gridClient{local: local, remote: remote}
			for i, p := range s.policies {
				c.in[i] = p.Select(local, remote, nil)
			}
			key := fmt.Sprintf("%p %p %v", c.in[0], c.in[1], order.ImplicitTLS(local))
			if !seen[key] && s.hasClient(local, remote) && (s.name == "" || c.in[0].Name() == s.name) {
				seen[key] = true
				all = append(all, c)
			}
		}
	}
	return all
}

// sendOnly reports whether the question is about how servers send that receive nothing.
func (s *slowAsk) sendOnly() bool {
	return s.isRoute() && s.q.Connector == "" && !slices.ContainsFunc(s.policies, func(p *connector.Policy) bool { return len(p.Bindings()) > 0 })
}

// hasClient reports whether the question is about a client.
func (s *slowAsk) hasClient(local netip.AddrPort, remote netip.Addr) bool {
	if s.sendOnly() {
		return true
	}
	bound := slices.ContainsFunc(s.policies, func(p *connector.Policy) bool {
		return slices.ContainsFunc(p.Bindings(), func(b netip.AddrPort) bool { return matches(b, local) })
	})
	in := len(s.q.Local) == 0 || slices.ContainsFunc(s.q.Local, func(at netip.AddrPort) bool { return at == local || at.Addr().IsUnspecified() && matches(at, local) })
	has := func(ranges []param.Range) bool {
		return slices.ContainsFunc(ranges, func(r param.Range) bool { return r.Contains(remote) })
	}
	return bound && in && (len(s.q.Remote) == 0 || has(s.q.Remote)) && !has(s.q.Except)
}

// matches reports whether a binding covers a local address.
func matches(b, local netip.AddrPort) bool {
	return b == local || b.Addr().IsUnspecified() && b.Port() == local.Port() && b.Addr().Is4() == local.Addr().Is4()
}

// gridIdentity is who a client is.
type gridIdentity struct {
	names  []string
	groups []permission.SID
	user   bool
}

func gridIdentities() []gridIdentity {
	all := []gridIdentity{{}}
	for _, names := range subsets(append(slices.Clone(policygen.Names), "elsewhere.org")) {
		if len(names) > 0 {
			all = append(all, gridIdentity{names: names})
		}
	}
	for _, groups := range subsets(policygen.Groups) {
		all = append(all, gridIdentity{user: true, groups: groups})
	}
	return append(all, gridIdentity{user: true, groups: []permission.SID{permission.NameSID("strangers")}})
}

// hasIdentity reports whether the question is about an identity.
func (s *slowAsk) hasIdentity(who gridIdentity) bool {
	listed := slices.ContainsFunc(s.policies, func(p *connector.Policy) bool {
		return slices.ContainsFunc(p.Config().Transport.TLSReceiveDomainSecureList, func(d string) bool { return slices.Contains(who.names, d) })
	})
	name, named := strings.CutPrefix(s.q.As, "certificate:")
	switch {
	case s.q.As == "anonymous":
		return len(who.names) == 0 && !who.user
	case named:
		return slices.Contains(who.names, name)
	case s.q.As == "certificate":
		return listed
	case s.q.As == "":
		return who.user || len(who.names) == 0 || listed || s.q.Sender == analysis.OwnSender
	}
	group, err := permission.ParsePrincipal(s.q.As)
	return err == nil && who.user && (group.SIDs[0] == permission.SIDAuthenticatedUsers || slices.Contains(who.groups, group.SIDs[0]))
}

// logsOn reports whether the question is about users who log on here: unless it names them,
// they log on only where a connector offers AUTH.
func (s *slowAsk) logsOn(c gridClient, tls bool) bool {
	return s.q.As != "" || s.isRoute() || slices.ContainsFunc(s.policies, func(p *connector.Policy) bool {
		return offered(p, "AUTH", gridIdentity{}.dialog(c, tls, nil))
	})
}

// channels returns the channels of a client that the question is about.
func (s *slowAsk) channels(c gridClient) []bool {
	offered := false
	for _, in := range c.in {
		offered = offered || in != nil && in.Settings().AuthMechanism.Or(0).Has(auth.TLS)
	}
	switch {
	case s.q.Channel == analysis.OnlyTLS:
		return []bool{true}
	case s.q.Channel == analysis.OnlyClear:
		return []bool{false}
	case order.ImplicitTLS(c.local):
		return []bool{true}
	case offered:
		return []bool{false, true}
	}
	return []bool{false}
}

// dialog describes the session up to EHLO.
func (who gridIdentity) dialog(c gridClient, tls bool, own []routing.Address) connector.Dialog {
	d := connector.Dialog{Local: c.local, Remote: c.remote, TLS: tls, PeerNames: who.names, Helo: "client.example", Further: auth.WithoutPassword()}
	if who.user {
		id := auth.Identity{Principal: permission.Principal{Name: "ann", SIDs: append([]permission.SID{permission.SIDAuthenticatedUsers}, who.groups...)}}
		id.Addresses = own
		d.User = &id
	}
	return d
}

// grid calls f with every session that the question is about and that is wanted, given
// whether it has the property under each policy. Sessions that differ in sender, recipient and size only are
// asked by the parts of their decisions; some of them are walked, too.
func (s *slowAsk) grid(r *rand.Rand, wanted func(has [2]bool) bool, f func(connector.Dialog)) {
	senders, recipients := s.addresses()
	for _, c := range s.clients() {
		for _, who := range gridIdentities() {
			for _, tls := range s.channels(c) {
				if !s.hasIdentity(who) || len(who.names) > 0 && !tls || who.user && !s.logsOn(c, tls) {
					continue
				}
				anybody := s.parts(who.dialog(c, tls, nil), senders, recipients)
				anybody.each(r, wanted, f)
				if len(anybody.senders) > 0 && s.isRoute() {
					return
				}
				if who.user {
					owner := s.parts(who.dialog(c, tls, senders), senders, recipients)
					owner.each(r, wanted, f)
				}
			}
		}
	}
}

// parts are the parts of the decisions on the sessions of one identity: by senders, and by
// recipients and sizes, each under both policies.
type parts struct {
	*slowAsk
	d       connector.Dialog
	senders []sentFrom
	sent    []sentTo
}

type sentFrom struct {
	from routing.Address
	has  [2]bool
}

type sentTo struct {
	to   routing.Address
	size int64
	has  [2]bool
}

func (s *slowAsk) parts(d connector.Dialog, senders, recipients []routing.Address) *parts {
	p := &parts{slowAsk: s, d: d}
	p.d.To = recipients[:1]
	for _, from := range senders {
		own := slices.Contains(d.PeerNames, from.Domain().String()) || d.User != nil && d.User.Owns(from)
		if s.q.Sender == analysis.AnySender || own == (s.q.Sender == analysis.OwnSender) {
			p.senders = append(p.senders, sentFrom{from: from})
		}
	}
	for _, to := range recipients {
		for _, size := range policygen.Sizes {
			if s.asksAt(to, size) {
				p.sent = append(p.sent, sentTo{to: to, size: size})
			}
		}
	}
	for i, policy := range s.policies {
		w := policy.Walk(p.d)
		p.fill(i, policy, w.Session, slices.ContainsFunc(w.Stages, func(s connector.Stage) bool { return s.Name == connector.StageMail }))
	}
	return p
}

// isRoute reports whether the property is one of a route, so that the client doesn't matter.
func (s *slowAsk) isRoute() bool {
	return slices.Contains([]analysis.Property{analysis.PropertyRouted, analysis.PropertyEncrypted, analysis.PropertyUnencrypted}, s.q.Property)
}

// asksAt reports whether the question is about messages of a size. Without a size, always is
// about those that no limit refuses: a session in which a small message is accepted, and a
// route that takes it.
func (s *slowAsk) asksAt(to routing.Address, size int64) bool {
	switch {
	case s.q.Size > 0:
		return size <= int64(s.q.Size)
	case s.q.Claim != analysis.ClaimAlways:
		return true
	case s.q.Property == analysis.PropertyEncrypted || s.q.Property == analysis.PropertyUnencrypted:
		return s.policies[0].Route(to, size, nil).Outcome != routing.TooLarge
	}
	return size == 0
}

// fill asks one policy. mail is set if the session comes to MAIL.
func (p *parts) fill(i int, policy *connector.Policy, s connector.Session, mail bool) {
	session := slices.Contains([]analysis.Property{analysis.PropertyServed, analysis.PropertyOffered, analysis.PropertyLogsOn}, p.q.Property)
	alone := session || p.isRoute()
	first := session && has(policy, p.q, p.d)
	for j := range p.senders {
		p.senders[j].has[i] = alone || mail && s.Mail(connector.Mail{From: p.senders[j].from}).Allowed()
	}
	for j := range p.sent {
		m := &p.sent[j]
		declared := m.size
		switch {
		case session:
			m.has[i] = first
			continue
		case alone:
			m.has[i] = hasRoute(policy, p.q, m.to, m.size)
			continue
		}
		if mail && s.Inbound().Settings().SizeEnabled == param.SizeDisabled {
			declared = 0
		}
		ok := mail && s.Mail(connector.Mail{Size: declared}).Allowed()
		if p.q.Property != analysis.PropertySends {
			ok = ok && s.Rcpt(connector.Rcpt{To: m.to}).Allowed()
		}
		switch p.q.Property {
		case analysis.PropertyRelays:
			ok = ok && relaysTo(policy, m.to)
		case analysis.PropertyLetIn:
			ok = ok && s.Message(connector.Message{Size: m.size}).Allowed()
		case analysis.PropertyAccepted:
			ok = ok && s.Message(connector.Message{Size: m.size}).Allowed() && policy.Route(m.to, declared, nil).Outcome == routing.Routed &&
				policy.Route(m.to, m.size, nil).Outcome != routing.TooLarge
		}
		m.has[i] = ok
	}
}

// each is grid for the sessions of the parts.
func (p *parts) each(r *rand.Rand, wanted func(has [2]bool) bool, f func(connector.Dialog)) {
	if len(p.senders) == 0 {
		return
	}
	walked := r.IntN(len(p.senders) * len(p.sent))
	for _, from := range p.senders {
		for j := range p.sent {
			to := &p.sent[j]
			all := [2]bool{from.has[0] && to.has[0], from.has[1] && to.has[1]}
			if walked--; walked == -1 {
				p.walk(from.from, to, all)
			}
			if wanted(all) {
				f(p.dialog(from.from, to))
			}
		}
	}
}

func (p *parts) dialog(from routing.Address, to *sentTo) connector.Dialog {
	d := p.d
	d.From, d.Size, d.To = from, to.size, []routing.Address{to.to}
	return d
}

// walk holds the parts against the whole session.
func (p *parts) walk(from routing.Address, to *sentTo, all [2]bool) {
	for i, policy := range p.policies {
		if d := p.dialog(from, to); has(policy, p.q, d) != all[i] {
			panic(fmt.Sprintf("%s: the parts say %v of %+v", p.q, all, d))
		}
	}
}

// relaysTo reports whether mail to an address is relayed: *, *.org and what is below com aren't accepted domains here.
func relaysTo(p *connector.Policy, to routing.Address) bool {
	cfg := p.Config()
	cfg.Accepted = slices.DeleteFunc(cfg.Accepted, func(a routing.AcceptedDomain) bool { return a.DomainName == "*" || a.DomainName == "*.org" })
	for i := range cfg.Accepted {
		cfg.Accepted[i].MatchSubDomains = cfg.Accepted[i].MatchSubDomains && cfg.Accepted[i].DomainName != "com"
	}
	accepted, err := routing.NewAccepted(cfg.Accepted...)
	if err != nil {
		panic(err)
	}
	_, ours := accepted.Lookup(to.Domain())
	return !ours || to.HasRouting()
}

// has asks the policy whether a session has the property, by walking it.
func has(p *connector.Policy, q analysis.Question, d connector.Dialog) bool {
	w := p.Walk(d)
	passed := map[connector.StageName]bool{}
	for _, s := range w.Stages {
		passed[s.Name] = s.Decision.Allowed() // the last one with the name counts
	}
	s, to := w.Session, d.To[0]
	switch q.Property {
	case analysis.PropertyServed:
		return passed[connector.StageConnect] && (q.Argument == "" || s.Inbound().Name() == q.Argument)
	case analysis.PropertyOffered:
		return offered(p, q.Argument, d)
	case analysis.PropertyLogsOn:
		return passed[connector.StageAuth]
	case analysis.PropertySends:
		return passed[connector.StageMail]
	case analysis.PropertyLetIn:
		return passed[connector.StageRcpt] && s.Message(connector.Message{Size: d.Size}).Allowed()
	case analysis.PropertyRelays:
		return passed[connector.StageRcpt] && relaysTo(p, to)
	case analysis.PropertyAccepted:
		return w.Accepted()
	}
	return hasRoute(p, q, to, d.Size)
}

// hasRoute is has for the properties of routes.
func hasRoute(p *connector.Policy, q analysis.Question, to routing.Address, size int64) bool {
	r := p.Route(to, size, nil)
	if r.Outcome != routing.Routed {
		return false
	}
	c := r.Outbound.Settings()
	required := r.Via == nil && (c.RequireTLS || c.TlsAuthLevel != param.TlsAuthNone || len(c.SmartHosts) == 0 && c.DomainSecureEnabled && slices.Contains(p.Config().Transport.TLSSendDomainSecureList, to.Domain().String()))
	return q.Property == analysis.PropertyRouted || required == (q.Property == analysis.PropertyEncrypted)
}

// offered says what EHLO offers before the client logs on.
func offered(p *connector.Policy, keyword string, d connector.Dialog) bool {
	d.User = nil
	w := p.Walk(d)
	for _, s := range w.Stages[:min(len(w.Stages), map[bool]int{false: 2, true: 4}[d.TLS && !d.BeginsWithTLS()])] {
		if !s.Decision.Allowed() {
			return false
		}
	}
	s := w.Session
	switch keyword {
	case "STARTTLS":
		return s.OffersTLS()
	case "AUTH":
		return len(s.SASL()) > 0
	case "AUTH LOGIN":
		return slices.Contains(s.SASL(), "LOGIN")
	}
	return s.Inbound().Settings().SizeEnabled != param.SizeDisabled
}
