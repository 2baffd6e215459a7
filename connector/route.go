package connector

import (
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/routing"
)

// Route is the way of one recipient. The zero Route is Unreachable.
type Route struct {
	Outbound *Outbound // nil unless Outcome is Routed
	Outcome  routing.Outcome
	Space    routing.AddressSpace // the one that matched
	Via      *routing.Server      // the connector lives there; nil: here. Not to be changed.
}

// Route picks the Send connector for a recipient. size is that of the message
// in bytes, 0 if it isn't known yet. Route does not allocate.
//
// A recipient in an authoritative domain belongs to us. The bare address
// space * does not count for it, because the mail would come back.
func (p *Policy) Route(to routing.Address, size int64) Route {
	if p == nil || !to.IsValid() {
		return Route{}
	}
	return p.way(p.table.Lookup(p.query(to, size)))
}

// query is what the routing table is asked for a recipient.
func (p *Policy) query(to routing.Address, size int64) routing.Query {
	typ, ok := p.accepted.Lookup(to.Domain())
	return routing.Query{
		Domain:   to.Domain(),
		Size:     max(size, 0),
		Exact:    ok && typ == routing.Authoritative,
		Accepted: ok && typ != routing.ExternalRelay,
	}
}

// way turns the answer of the routing table into a Route.
func (p *Policy) way(m routing.Match) Route {
	if m.Outcome != routing.Routed {
		return Route{Outcome: m.Outcome}
	}
	r := Route{Outbound: p.send[m.Index], Outcome: m.Outcome, Space: m.Space}
	if m.Via != "" {
		r.Via = p.servers[m.Via]
	}
	return r
}

// Reason returns what the route means for its recipient. Inbound.Decide makes
// the reply of it.
func (r Route) Reason() reply.Reason {
	switch r.Outcome {
	case routing.Routed:
		return reply.RecipientOK
	case routing.TooLarge:
		return reply.RouteTooSmall
	case routing.NonSMTP:
		return reply.RouteNonSMTP
	}
	return reply.Unroutable
}

// Decision returns the decision for Reason, with the reply of the current
// profile.
func (r Route) Decision() Decision { return mark{}.decide(r.Reason(), 0) }

// ExplainRoute is Route, and tells how every Send connector fared: those with an
// address space for the recipient, best first, then the others in the order of
// the Config.
func (p *Policy) ExplainRoute(to routing.Address, size int64) (Route, Trace) {
	t := &Trace{of: subject{policy: p}}
	if p == nil || !t.check(checkRecipient, to.IsValid(), about{}) {
		return Route{}, *t
	}
	q := p.query(to, size)
	t.check(checkAuthoritative, q.Exact, about{subject: q.Domain.String()})
	m, candidates := p.table.Explain(q)
	matched := make([]bool, len(p.send))
	for i := range candidates {
		matched[candidates[i].Index] = true
		t.candidate(&candidates[i], q.Size)
	}
	for i, out := range p.send {
		if !matched[i] {
			t.candidate(&routing.Candidate{Index: i, Connector: out.Name()}, q.Size)
		}
	}
	return p.way(m), *t
}
