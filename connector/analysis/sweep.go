package analysis

import (
	"net/netip"
	"slices"
	"strconv"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/source"
)

// sweep walks through the clients of every listener and examines the claims to each:
// the winner, the first claim of another connector, and the first claim of the
// connectors bound to all addresses.
type sweep struct {
	*checker
	won       map[rangeKey]bool
	served    map[*servedConnector][]servedClient // by the connector that wins
	conflicts map[conflictKey]*conflict
	order     []conflictKey
}

// servedClient stands for clients that a connector serves by those of its ranges that
// come before the first range of another connector.
type servedClient struct {
	client netip.Addr
	before *claim // nil: no other connector that is bound alike claims them
}

// conflictKey identifies the conflicts that are reported as one finding.
type conflictKey struct {
	code          source.Code
	winner, loser *servedConnector // winner is nil if all winners are reported together
}

// conflict is two connectors that claim the same clients: the first place where they
// do, and all the others.
type conflict struct {
	winner, loser claim
	listener      *partition.Listener
	client        netip.Addr
	spans         map[*partition.Listener][]partition.Span
	pairs         map[[2]rangeKey]bool
	winners       map[string]bool
}

func newSweep(c *checker) *sweep {
	return &sweep{checker: c, won: map[rangeKey]bool{}, served: map[*servedConnector][]servedClient{}, conflicts: map[conflictKey]*conflict{}}
}

// wildcard is the local addresses of one family and port that no binding names.
type wildcard struct {
	ipv6 bool
	port uint16
}

// run sweeps all listeners. Those for all addresses come first, because the others
// fall back to them.
func (s *sweep) run() {
	anywhere := map[wildcard]*wildcardSweep{}
	for _, all := range []bool{true, false} {
		for i := range s.listeners {
			l := &s.listeners[i]
			at := l.Local[0]
			if at.Addr().IsUnspecified() != all {
				continue
			}
			key := wildcard{at.Addr().Is6(), at.Port()}
			swept := s.sweepListener(l, anywhere[key])
			for _, local := range l.Local {
				if local.Addr().IsUnspecified() {
					anywhere[wildcard{local.Addr().Is6(), local.Port()}] = swept
				}
			}
		}
	}
}

// wildcardSweep is the result of sweeping the connectors that are bound to all
// addresses.
type wildcardSweep struct {
	claimed   []claimedSpan
	conflicts []conflictSpan
}

// claimedSpan is clients and the claim that wins them.
type claimedSpan struct {
	partition.Span
	claim claim
}

// conflictSpan is clients and the two claims that conflict about them.
type conflictSpan struct {
	conflictKey
	winner, loser claim
	partition.Span
}

// boundary is the first address of a claim or, if ends, the first address behind it.
type boundary struct {
	at    netip.Addr
	claim int // -1: nothing begins or ends
	ends  bool
}

// mapped are the first IPv4-mapped address and the first address behind them: they
// are IPv4, so no IPv6 client has one.
var mapped = [2]netip.Addr{netip.MustParseAddr("::ffff:0:0"), netip.MustParseAddr("::1:0:0:0")}

// sweepListener sweeps one listener. Clients that no connector claims by the very
// address get the result of other.
func (s *sweep) sweepListener(l *partition.Listener, other *wildcardSweep) *wildcardSweep {
	claims, boundaries := s.claimsOf(l)
	q := newClaimQueue(claims)
	swept := &wildcardSweep{}
	for i := 0; i < len(boundaries); {
		at := boundaries[i].at
		for ; i < len(boundaries) && boundaries[i].at == at; i++ {
			if b := boundaries[i]; b.claim >= 0 {
				q.set(b.claim, !b.ends)
			}
		}
		first, next := q.leaders()
		if first < 0 || at.Is4In6() {
			continue
		}
		high := partition.Last(at)
		if i < len(boundaries) {
			high = boundaries[i].at.Prev()
		}
		span := partition.Span{Low: at, High: high}
		swept.claimed = append(swept.claimed, claimedSpan{span, claims[first]})
		var second *claim
		if next >= 0 {
			second = &claims[next]
		}
		if key, ok := s.compareLeaders(&claims[first], second, span.Low); ok {
			swept.conflicts = append(swept.conflicts, conflictSpan{key, claims[first], *second, span})
			s.addConflict(key, l, &claims[first], second, span)
		}
		if other != nil {
			s.outranks(l, &claims[first], span, other.claimed)
		}
	}
	if other != nil {
		s.fallThrough(l, swept.claimed, other.conflicts)
	}
	return swept
}

// fallThrough adds the conflicts about clients of l that no connector claims by the
// very address. claimed are the other clients, ascending.
func (s *sweep) fallThrough(l *partition.Listener, claimed []claimedSpan, conflicts []conflictSpan) {
	at := 0
	for i := range conflicts {
		m := &conflicts[i]
		for at < len(claimed) && claimed[at].High.Less(m.Low) {
			at++
		}
		low := m.Low
		for j := at; j < len(claimed) && low.IsValid() && !m.High.Less(claimed[j].Low); j++ {
			if low.Less(claimed[j].Low) {
				s.addConflict(m.conflictKey, l, &m.winner, &m.loser, partition.Span{Low: low, High: claimed[j].Low.Prev()})
			}
			low = claimed[j].High.Next()
		}
		if low.IsValid() && !m.High.Less(low) {
			s.addConflict(m.conflictKey, l, &m.winner, &m.loser, partition.Span{Low: low, High: m.High})
		}
	}
}

// claimsOf returns the claims to clients of a listener, in the order of preference,
// and their boundaries.
func (s *sweep) claimsOf(l *partition.Listener) (claims []claim, boundaries []boundary) {
	ipv6 := l.Local[0].Addr().Is6()
	for _, e := range s.inbounds {
		if boundAs(e, l) != 0 {
			continue
		}
		for i, r := range e.Settings().RemoteIPRanges {
			if r.Low().Is6() == ipv6 {
				claims = append(claims, claim{e, i, r})
			}
		}
	}
	slices.SortFunc(claims, compareClaims)
	for i := range claims {
		boundaries = append(boundaries, boundary{claims[i].rng.Low(), i, false})
		if next := claims[i].rng.High().Next(); next.IsValid() {
			boundaries = append(boundaries, boundary{next, i, true})
		}
	}
	if ipv6 {
		boundaries = append(boundaries, boundary{mapped[0], -1, false}, boundary{mapped[1], -1, false})
	}
	slices.SortFunc(boundaries, func(a, b boundary) int { return a.at.Compare(b.at) })
	return claims, boundaries
}

// compareLeaders examines clients that the same claims contain: a wins, and b is the
// first claim of another connector. It returns the conflict between the two; ok is
// false if there is no conflict.
func (s *sweep) compareLeaders(a, b *claim, client netip.Addr) (key conflictKey, ok bool) {
	s.won[a.key()] = true
	s.served[a.servedConnector] = append(s.served[a.servedConnector], servedClient{client, b})
	switch {
	case b == nil:
		return conflictKey{}, false
	case !a.rng.Narrower(b.rng):
		return conflictKey{CodeRangeTie, a.servedConnector, b.servedConnector}, true
	}
	return conflictKey{connector.CodeRangesOverlap, a.servedConnector, b.servedConnector}, !b.rng.Covers(a.rng)
}

// outranks looks for claims to all addresses that are narrower than a, which wins
// nevertheless because it is bound to the specific address.
func (s *sweep) outranks(l *partition.Listener, a *claim, span partition.Span, anywhere []claimedSpan) {
	at, _ := slices.BinarySearchFunc(anywhere, span.Low, func(w claimedSpan, low netip.Addr) int { return w.High.Compare(low) })
	for i := at; i < len(anywhere) && !span.High.Less(anywhere[i].Low); i++ {
		w := &anywhere[i]
		if b := &w.claim; b.servedConnector != a.servedConnector && b.rng.Narrower(a.rng) {
			shared := partition.Span{Low: maxAddr(w.Low, span.Low), High: minAddr(w.High, span.High)}
			s.addConflict(conflictKey{CodeBindingOutranks, nil, b.servedConnector}, l, a, b, shared)
		}
	}
}

func (s *sweep) addConflict(key conflictKey, l *partition.Listener, a, b *claim, span partition.Span) {
	m := s.conflicts[key]
	if m == nil {
		m = &conflict{
			winner: *a, loser: *b, listener: l, client: span.Low,
			spans: map[*partition.Listener][]partition.Span{}, pairs: map[[2]rangeKey]bool{}, winners: map[string]bool{},
		}
		s.conflicts[key] = m
		s.order = append(s.order, key)
	}
	m.spans[l] = append(m.spans[l], span)
	m.winners[a.Name()] = true
	if key.winner != nil {
		m.pairs[[2]rangeKey{a.key(), b.key()}] = true
	}
}

// conflictClients returns the clients of a conflict, each with the local addresses at
// which it occurs, and the same in words.
func (s *sweep) conflictClients(m *conflict) ([]Clients, clientsText) {
	spans := make([][]partition.Span, len(s.listeners))
	for i := range s.listeners {
		spans[i] = m.spans[&s.listeners[i]]
	}
	sources := s.clientsIn(spans)
	return sources, s.clientsInWords(sources)
}

// others counts the pairs of ranges that the finding doesn't name.
func (m *conflict) others() string {
	if n := len(m.pairs) - 1; n > 0 {
		return " (and " + strconv.Itoa(n) + " more of their ranges)"
	}
	return ""
}
