package analysis

import (
	"math"
	"slices"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// sent is a message of a size to a recipient.
type sent struct {
	to   routing.Address
	size int64
}

// sizeLimits say how large the messages of a session may be, under both policies.
type sizeLimits struct {
	limit      [2]int64 // 0: no limit
	undeclared [2]bool  // MAIL says nothing of the size
}

// fittingKey has the values that the sizes of messages to a recipient depend on.
type fittingKey struct {
	recipient int
	sizeLimits
}

// largest returns the largest size that is asked about. Where the question doesn't say, it
// is about all sizes; the smallest stands for them if what is true of a message is true of
// all smaller ones, or a message that is too large isn't asked about.
func (q *Question) largest() int64 {
	switch {
	case q.Size > 0:
		return int64(q.Size)
	case q.Claim.Compares() || !q.needs().session:
		return math.MaxInt64
	}
	return 0
}

// asksAt reports whether the question is about messages for which a step is: without a size,
// always isn't about messages that are too large.
func (q *Question) asksAt(step *routeStep) bool {
	return q.Size > 0 || q.Claim != ClaimAlways || step == nil || step.ways[0] != tooLargeWay
}

// fitting finds examples of messages to a recipient by their sizes, as if RCPT accepted it.
func (s *askedSession) fitting(recipient int) found[sent] {
	key := fittingKey{recipient: recipient}
	for side := range s.sides {
		if s.needs.sender && s.passes[side] {
			key.limit[side] = s.opened[side].MaxSize()
			key.undeclared[side] = s.opened[side].Inbound().Settings().SizeEnabled == param.SizeDisabled
		}
	}
	f, ok := s.sized[key]
	if ok {
		return f
	}
	r := &s.recipients[recipient]
	for _, one := range r.routed {
		for _, size := range s.sizes(one.routes, key.sizeLimits) {
			has := [2]bool{true, true}
			for side := range s.sides {
				s.effort.Spend(decisionSteps)
				has[side] = s.fits(side, r, one.routes, key.sizeLimits, size)
			}
			if s.q.asksAt(one.routes.at(size)) {
				f.add(has, sent{one.to, size})
			}
		}
		if s.effort.Exceeded() {
			break
		}
	}
	if s.effort.Keep(1) {
		s.sized[key] = f
	}
	return f
}

// sizes returns one size of each kind, ascending.
func (s *askedSession) sizes(step *routeStep, limits sizeLimits) []int64 {
	all := []int64{0}
	for ; step != nil && step.upto > 0 && step.upto < s.limit; step = step.next {
		all = append(all, step.upto+1)
	}
	for _, limit := range limits.limit {
		if limit > 0 && limit < s.limit {
			all = append(all, limit+1)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// fits reports whether the property holds for messages of a size to a recipient, as far as
// these decide it.
func (s *askedSession) fits(side int, r *recipient, routes *routeStep, limits sizeLimits, size int64) bool {
	small := limits.limit[side] == 0 || size <= limits.limit[side]
	declared := size
	if limits.undeclared[side] {
		declared = 0
	}
	switch s.q.Property {
	case PropertySends:
		return small || declared == 0
	case PropertyLetIn:
		return small
	case PropertyRelays:
		return (small || declared == 0) && r.relays[side]
	case PropertyAccepted:
		return small && routes.at(declared).ways[side] >= inClearText && routes.at(size).ways[side] != tooLargeWay
	case PropertyRouted:
		return routes.at(size).ways[side] >= inClearText
	case PropertyEncrypted:
		return routes.at(size).ways[side] == encrypted
	case PropertyUnencrypted:
		return routes.at(size).ways[side] == inClearText
	}
	return true
}
