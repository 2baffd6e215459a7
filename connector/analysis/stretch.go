package analysis

import (
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/routing"
)

// stretch is an interval of message sizes in which mail to a domain takes one way before and
// one afterwards. The stretches of a domain are a list; lists share their ends.
type stretch struct {
	upto      int64 // as in partition.Way
	deltas    []*routeDelta
	blocked   bool   // mail leaves neither before nor afterwards
	connector string // the one that sends afterwards or, if there is no route then, before
	next      *stretch
	// changed is the first of this and the next ones that has deltas; nil if they have no deltas.
	// It is about messages larger than above, unless it is the stretch itself.
	changed *stretch
	above   int64
}

// stretchesOf returns the stretches of mail to a domain.
func (r *routeComparer) stretchesOf(to routing.Domain) *stretch {
	at := [2]*partition.Way{r.ways[0].To(to), r.ways[1].To(to)}
	if r.effort.Exceeded() {
		return nil
	}
	known := r.stretches
	if r.special[to] {
		known = map[[2]*partition.Way]*stretch{} // its next hops are its own
	}
	var first *stretch
	var made []*stretch
	for link := &first; at[0] != nil && at[1] != nil && r.effort.Spend(1); {
		if *link = known[at]; *link != nil {
			break
		}
		s := r.newStretch(at, to)
		*link, known[at] = s, s
		link = &s.next
		made = append(made, s)
		r.effort.Keep(1)
		for i, w := range at {
			if w.Upto == s.upto {
				at[i] = w.Next
			}
		}
	}
	for _, s := range slices.Backward(made) {
		switch {
		case len(s.deltas) > 0:
			s.changed = s
		case s.next == nil:
		case s.next.changed == s.next:
			s.changed, s.above = s.next, s.upto
		default:
			s.changed, s.above = s.next.changed, s.next.above
		}
	}
	return first
}

// newStretch compares two ways of mail to a domain.
func (r *routeComparer) newStretch(at [2]*partition.Way, to routing.Domain) *stretch {
	s := &stretch{upto: smaller(at[0].Upto, at[1].Upto)}
	var hops [2]*nextHop
	for i, w := range at {
		hops[i] = r.hops.of(w.Route, to)
		if w.Route.Outcome == routing.Routed {
			s.connector = w.Route.Outbound.Name()
		}
	}
	s.blocked = hops[0].hop == "" && hops[1].hop == ""
	if hops[0] == hops[1] {
		return s
	}
	deltas, ok := r.deltas[hops]
	if !ok {
		for _, d := range hops[0].differ(hops[1]) {
			if r.same[d] == nil {
				r.same[d] = &d
			}
			deltas = append(deltas, r.same[d])
		}
		r.deltas[hops] = deltas
		r.effort.Keep(len(deltas))
	}
	s.deltas = deltas
	return s
}

// hopCache returns the same pointer for equal next hops.
type hopCache struct {
	hops map[hopKey]*nextHop
	same map[nextHop]*nextHop
}

type hopKey struct {
	out     *connector.Outbound
	via     *routing.Server
	special routing.Domain // the domain if it is domain-secured or TlsDomain
}

func (h *hopCache) of(r connector.Route, to routing.Domain) *nextHop {
	key := hopKey{out: r.Outbound, via: r.Via}
	if out := r.Outbound; out.Secured(to) || out != nil && strings.EqualFold(out.Settings().TlsDomain, to.String()) {
		key.special = to
	}
	hop := h.hops[key]
	if hop == nil {
		made := newNextHop(r, to)
		if hop = h.same[made]; hop == nil {
			hop = &made
			h.same[made] = hop
		}
		h.hops[key] = hop
	}
	return hop
}
