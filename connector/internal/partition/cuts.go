package partition

import (
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/routing"
)

// Cuts returns the size limits of the Send connectors of a or b, ascending.
// Routing changes only above one of them.
func Cuts(a, b *connector.Policy) []int64 {
	var cuts []int64
	add := func(limit int64) {
		if limit > 0 {
			cuts = append(cuts, limit)
		}
	}
	for _, p := range [2]*connector.Policy{a, b} {
		for out := range p.Send() {
			add(int64(out.Settings().MaxMessageSize))
		}
		cfg := p.Config()
		add(int64(cfg.Transport.MaxSendSize))
		for _, link := range cfg.Links {
			add(link.MaxSize)
		}
	}
	slices.Sort(cuts)
	return slices.Compact(cuts)
}

// Way is the route of the messages in an interval of sizes.
type Way struct {
	Above int64 // for messages larger than that; -1: no lower bound
	Upto  int64 // and up to that size; 0: no upper bound
	Route connector.Route
}

// Ways returns p's routes of mail to a domain by size, ascending. cuts is the
// result of Cuts.
func Ways(p *connector.Policy, to routing.Domain, cuts []int64) []Way {
	r := router{policy: p, to: Mailbox("user", to), cuts: cuts}
	last := r.at(len(cuts))
	ways := r.between(nil, 0, len(cuts), r.at(0), last)
	ways = append(ways, Way{Route: last})
	merged := ways[:0]
	above := int64(-1)
	for i, w := range ways {
		if i+1 < len(ways) && ways[i+1].Route == w.Route {
			continue
		}
		w.Above, above = above, w.Upto
		merged = append(merged, w)
	}
	return merged
}

type router struct {
	policy *connector.Policy
	to     routing.Address
	cuts   []int64
}

// at returns the route of the largest message before the i-th cut.
func (r *router) at(i int) connector.Route {
	if i == len(r.cuts) {
		if i == 0 {
			return r.policy.Route(r.to, 0, nil)
		}
		return r.policy.Route(r.to, r.cuts[i-1]+1, nil)
	}
	return r.policy.Route(r.to, r.cuts[i], nil)
}

// between appends the ways up to the cuts from low to before high. Connectors
// only drop out as messages grow, so if both ends have equal routes, all sizes
// between them do.
func (r *router) between(ways []Way, low, high int, atLow, atHigh connector.Route) []Way {
	switch {
	case low == high:
		return ways
	case atLow == atHigh:
		return append(ways, Way{Upto: r.cuts[high-1], Route: atLow})
	case high-low == 1:
		return append(ways, Way{Upto: r.cuts[low], Route: atLow})
	}
	mid := (low + high) / 2
	atMid := r.at(mid)
	return r.between(r.between(ways, low, mid, atLow, atMid), mid, high, atMid, atHigh)
}

// Mailbox returns the address local@d, for a local part that needs no quotes.
func Mailbox(local string, d routing.Domain) routing.Address {
	a, err := routing.ParseAddress(local + "@" + d.String())
	if err != nil {
		return routing.Address{} // too long, which happens with long local parts only
	}
	return a
}
