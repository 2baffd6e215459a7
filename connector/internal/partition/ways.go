package partition

import (
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/routing"
)

// Way is the route of messages of some sizes. The ways of mail to a domain are a list; lists
// share their ends.
type Way struct {
	Upto  int64 // the largest size; 0: no upper bound
	Route connector.Route
	Next  *Way // of larger messages; nil if there is no upper bound
}

// Ways finds the routes of a policy by the size of messages.
type Ways struct {
	policy     *connector.Policy
	connectors int // Send connectors
	cuts       []int64
	known      map[wayKey]*Way
	effort     *Effort
}

// wayKey has the values that a Way and those after it depend on.
type wayKey struct {
	route    connector.Route
	accepted routing.DomainType
}

// NewWays returns the ways of p, which may be nil. cuts is the result of Cuts.
func NewWays(p *connector.Policy, cuts []int64, effort *Effort) *Ways {
	w := &Ways{policy: p, cuts: cuts, known: map[wayKey]*Way{}, effort: effort}
	for range p.Send() {
		w.connectors++
	}
	return w
}

// To returns the way of the smallest messages to the domain. If that takes more than the
// effort, the ways of larger messages are missing.
func (w *Ways) To(d routing.Domain) *Way {
	to := Mailbox("user", d)
	accepted, _ := w.policy.Accepted(d)
	var first *Way
	route := w.at(to, 0)
	for at, link := 0, &first; ; {
		key := wayKey{route, accepted}
		if known := w.known[key]; known != nil {
			*link = known
			return first
		}
		way := &Way{Route: route}
		*link, w.known[key] = way, way
		if !w.effort.Keep(1) {
			return first
		}
		if at, route = w.end(to, at, route); at > len(w.cuts) {
			return first
		}
		way.Upto, link = w.cuts[at-1], &way.Next
	}
}

// at returns the route of the largest message before the i-th cut.
func (w *Ways) at(to routing.Address, i int) connector.Route {
	w.effort.Spend(1 + w.connectors) // those that are too small are passed over one by one
	switch {
	case i < len(w.cuts):
		return w.policy.Route(to, w.cuts[i], nil)
	case i == 0:
		return w.policy.Route(to, 0, nil)
	}
	return w.policy.Route(to, w.cuts[i-1]+1, nil)
}

// end returns the first cut before which messages have another route than at the cut at, and
// that route. It is behind all cuts if no larger message has another route.
func (w *Ways) end(to routing.Address, at int, route connector.Route) (int, connector.Route) {
	low, high := at, len(w.cuts)+1
	if route.Outcome != routing.Routed {
		return high, connector.Route{} // nor do larger messages have a route
	}
	var other connector.Route
	probe := high - 1
	if limit := int64(route.Outbound.Settings().MaxMessageSize); limit > 0 { // probably there
		probe, _ = slices.BinarySearch(w.cuts, limit)
	}
	for tries := 0; low+1 < high; tries++ {
		if tries > 1 || probe <= low || probe >= high {
			probe = (low + high) / 2
		}
		if r := w.at(to, probe); r == route {
			low = probe
			probe++
		} else {
			high, other = probe, r
			probe--
		}
	}
	return high, other
}
