package connector

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/routing"
)

// Route is the result of routing one recipient. The zero Route is Unreachable.
type Route struct {
	Outbound *Outbound // nil unless Outcome is Routed
	Outcome  routing.Outcome
	Space    routing.AddressSpace // of Outbound, the address space that matched
	Via      *routing.Server      // a source server of Outbound; nil: this server. Not to be changed.
}

// Route picks the Send connector for a recipient. size is the size of the message in
// bytes, 0 if it isn't known yet.
//
// The address space * doesn't match recipients in authoritative domains, because the
// next hop would send their mail back.
//
// Unless t is nil, Route appends to it why each Send connector was chosen or passed
// over: those with an address space for the recipient, best first, then the others in
// the order of the Config; and what the chosen one demands of TLS with the next hop, how it
// logs on there, and the limits that it keeps. With nil it does not allocate.
func (p *Policy) Route(to routing.Address, size int64, t *Trace) Route {
	switch {
	case p == nil:
		return Route{}
	case t != nil:
		return p.explainRoute(to, size, t)
	case !to.IsValid():
		return Route{}
	}
	return p.routeOf(p.table.Lookup(p.query(to, size)))
}

// RouteBy returns the route of a recipient through the Send connector with a name, in any
// letter case, whatever its address spaces. It is for programs that choose the connector
// themselves, for example by the sender. The Outcome is Unreachable if this server has no
// such connector or it is disabled, and TooLarge if a message of size bytes exceeds its
// limit.
func (p *Policy) RouteBy(name string, to routing.Address, size int64) Route {
	if p == nil || !to.IsValid() {
		return Route{}
	}
	for _, out := range p.send {
		if !out.local || !strings.EqualFold(out.Name(), name) {
			continue
		}
		switch r := out.route(p.config.Transport.MaxSendSize); {
		case r.Disabled:
			return Route{}
		case r.MaxSize > 0 && size > r.MaxSize:
			return Route{Outcome: routing.TooLarge}
		}
		return Route{Outbound: out, Outcome: routing.Routed}
	}
	return Route{}
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
	r := p.routeOf(m)
	if r.Outbound != nil && r.Via == nil { // otherwise that server sends the mail by its own policy
		r.Outbound.explainHop(q.Domain, t)
	}
	return r
}

// query returns the query of the routing table for a recipient.
func (p *Policy) query(to routing.Address, size int64) routing.Query {
	typ, ok := p.accepted.Lookup(to.Domain())
	return routing.Query{
		Domain:   to.Domain(),
		Size:     max(size, 0),
		Exact:    ok && typ == routing.Authoritative,
		Accepted: ok && typ != routing.ExternalRelay,
	}
}

// routeOf returns the answer of the routing table as a Route.
func (p *Policy) routeOf(m routing.Match) Route {
	if m.Outcome != routing.Routed {
		return Route{Outcome: m.Outcome}
	}
	r := Route{Outbound: p.send[m.Index], Outcome: m.Outcome, Space: m.Space}
	if m.Via != "" {
		r.Via = p.servers[m.Via]
	}
	return r
}

// Reason returns the reason to accept or refuse the recipient. Inbound.Decide makes a
// reply of it.
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
func (r Route) Decision() Decision { return replyStyle{}.decide(r.Reason(), 0) }
