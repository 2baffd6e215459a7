package analysis

import (
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// routeStep says how messages leave that are too large for the step before. It is comparable,
// and steps that are equal are the same one.
type routeStep struct {
	ways [2]wayKind
	upto int64      // the largest size; 0: no upper bound
	next *routeStep // for larger messages, which leave in another way
}

// at returns the step for messages of a size; nil for nil.
func (r *routeStep) at(size int64) *routeStep {
	for r != nil && r.upto > 0 && size > r.upto {
		r = r.next
	}
	return r
}

// wayKind says of a route as much as a question may ask.
type wayKind uint8

const (
	noWay wayKind = iota
	tooLargeWay
	inClearText // TLS isn't required
	encrypted
)

// routeAt has the values that the steps from a size on depend on.
type routeAt struct {
	ways [2]*partition.Way
	to   routing.Domain // where it matters: a domain of TLSSendDomainSecureList
}

// askedRoutes finds the steps of recipients. Those of many recipients have the same end, so it
// is kept once.
type askedRoutes struct {
	*asker
	ways  [2]*partition.Ways
	known map[routeAt]*routeStep
	steps map[routeStep]*routeStep
}

func newAskedRoutes(a *asker) *askedRoutes {
	r := &askedRoutes{asker: a, known: map[routeAt]*routeStep{}, steps: map[routeStep]*routeStep{}}
	var cuts []int64
	for _, cut := range a.cuts {
		if cut < a.limit {
			cuts = append(cuts, cut)
		}
	}
	for i, p := range a.policies {
		r.ways[i] = partition.NewWays(p, cuts, a.effort)
	}
	return r
}

// of returns the step of the smallest messages to a domain.
func (r *askedRoutes) of(to routing.Domain) *routeStep {
	var at routeAt
	for i := range r.sides {
		at.ways[i] = r.ways[i].To(to)
	}
	if r.secured[to] {
		at.to = to
	}
	return r.step(at)
}

// step returns the step of the smallest messages that have these ways.
func (r *askedRoutes) step(at routeAt) *routeStep {
	if known := r.known[at]; known != nil {
		return known
	}
	var step routeStep
	next := at
	for i, way := range at.ways {
		if way != nil {
			step.ways[i] = r.kindOf(way.Route, at.to)
			step.upto = smaller(step.upto, way.Upto)
		}
	}
	if !r.effort.Keep(1) {
		step.upto = 0
	}
	if step.upto > 0 {
		for i, way := range at.ways {
			if way != nil && way.Upto == step.upto {
				next.ways[i] = way.Next
			}
		}
		if step.next = r.step(next); step.next.ways == step.ways {
			step = *step.next
		}
	}
	if r.steps[step] == nil {
		r.steps[step] = &step
	}
	r.known[at] = r.steps[step]
	return r.known[at]
}

// kindOf returns the kind of a route, as far as the property depends on it.
func (r *askedRoutes) kindOf(route connector.Route, to routing.Domain) wayKind {
	kind := kindOfWay(route, to)
	if kind == encrypted && r.q.Property != PropertyEncrypted && r.q.Property != PropertyUnencrypted {
		return inClearText
	}
	return kind
}

func kindOfWay(r connector.Route, to routing.Domain) wayKind {
	switch r.Outcome {
	case routing.Routed:
	case routing.TooLarge:
		return tooLargeWay
	default:
		return noWay
	}
	if r.Via != nil { // mail between servers uses TLS if it is offered
		return inClearText
	}
	hosts := r.Outbound.Settings().SmartHosts
	if len(hosts) == 0 {
		hosts = []param.SmartHost{{}}
	}
	for _, host := range hosts {
		if !r.Outbound.TLS(to, host).Required {
			return inClearText
		}
	}
	return encrypted
}
