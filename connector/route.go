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
// in bytes, 0 if it isn't known yet.
//
// A recipient in an authoritative domain belongs to us. The bare address
// space * does not count for it, because the mail would come back.
//
// Unless t is nil, Route appends to it how every Send connector fared: those with
// an address space for the recipient, best first, then the others in the order of
// the Config. With nil it does not allocate.
func (p *Policy) Route(to routing.Address, size int64, t *Trace) Route {
	switch {
	case p == nil:
		return Route{}
	case t != nil:
		return p.explainRoute(to, size, t)
	case !to.IsValid():
		return Route{}
	}
	return p.way(p.table.Lookup(p.query(to, size)))
}

// explainRoute is Route with a trace.
func (p *Policy) explainRoute(to routing.Address, size int64, t *Trace) Route {
	of := subject{policy: p}
	t.add(Step{Check: checkRecipient, Pass: to.IsValid(), of: of})
	if !to.IsValid() {
		return Route{}
	}
	q := p.query(to, size)
	t.add(Step{Check: checkAuthoritative, Pass: q.Exact, about: about{subject: q.Domain.String()}, of: of})
	m, candidates := p.table.Explain(q)
	matched := make([]bool, len(p.send))
	for i := range candidates {
		matched[candidates[i].Index] = true
		t.add(candidateStep(p, &candidates[i], q.Size))
	}
	for i, out := range p.send {
		if !matched[i] {
			t.add(candidateStep(p, &routing.Candidate{Index: i, Connector: out.Name()}, q.Size))
		}
	}
	return p.way(m)
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
