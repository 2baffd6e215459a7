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
	order     []*conflict
	separate  map[source.Code]int // conflicts by code
}

// maxConflicts is how many conflicts of one code have a finding each. All others are one finding.
const maxConflicts = 100

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
	key           conflictKey
	winner, loser claim
	listener      *partition.Listener
	client        netip.Addr
	spans         map[int]*[]partition.Span // by listener
	listed        int                       // local addresses in spans
	last          *partition.Listener       // the listener that was added last
	open          *[]partition.Span         // its spans; nil if they are left out
	named         *servedConnector          // the winner that was added to winners last
	more          int                       // local addresses that spans leaves out
	beyond        []partition.Span          // the clients there
	joined        int                       // how many of beyond are joined
	pairs         map[[2]rangeKey]bool
	winners       map[string]bool // at the local addresses in spans
	alike         int             // further conflicts that are reported with this one
}

func newSweep(c *checker) *sweep {
	return &sweep{checker: c, won: map[rangeKey]bool{}, served: map[*servedConnector][]servedClient{}, conflicts: map[conflictKey]*conflict{}, separate: map[source.Code]int{}}
}

// run sweeps all listeners. Those for all addresses come first, because the others
// fall back to them.
func (s *sweep) run() {
	anywhere := map[*partition.Listener][]claimedSpan{}
	for _, all := range []bool{true, false} {
		for i := range s.listeners {
			l := &s.listeners[i]
			if l.Local[0].Addr().IsUnspecified() != all {
				continue
			}
			if claimed := s.sweepListener(l, anywhere[l.Other]); all {
				anywhere[l] = claimed
			}
		}
	}
}

// claimedSpan is clients and the claim that wins them.
type claimedSpan struct {
	partition.Span
	claim claim
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

// sweepListener sweeps one listener, and returns which claims win. Conflicts about clients that
// no connector claims by the very address are those of the listener for all addresses, whose
// claims win in anywhere.
func (s *sweep) sweepListener(l *partition.Listener, anywhere []claimedSpan) (claimed []claimedSpan) {
	claims, boundaries := s.claimsOf(l)
	q := newClaimQueue(claims)
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
		claimed = append(claimed, claimedSpan{span, claims[first]})
		var second *claim
		if next >= 0 {
			second = &claims[next]
		}
		if key, ok := s.compareLeaders(&claims[first], second, span.Low); ok {
			s.conflict(key).add(l, s.place(l), &claims[first], second, span)
		}
		if anywhere != nil && !s.outranks(l, &claims[first], span, anywhere) {
			break
		}
	}
	return claimed
}

// claimsOf returns the claims to clients of a listener, in the order of preference,
// and their boundaries.
func (s *sweep) claimsOf(l *partition.Listener) (claims []claim, boundaries []boundary) {
	ipv6 := l.Local[0].Addr().Is6()
	for _, e := range s.bound[l.Local[0]] {
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
// nevertheless because it is bound to the specific address. It reports whether the effort allows
// to go on.
func (s *sweep) outranks(l *partition.Listener, a *claim, span partition.Span, anywhere []claimedSpan) bool {
	at, _ := slices.BinarySearchFunc(anywhere, span.Low, func(w claimedSpan, low netip.Addr) int { return w.High.Compare(low) })
	place := s.place(l)
	i := at
	for ; i < len(anywhere) && !span.High.Less(anywhere[i].Low); i++ {
		w := &anywhere[i]
		b := &w.claim
		if b.servedConnector == a.servedConnector || !b.rng.Narrower(a.rng) {
			continue
		}
		if b.outranked == nil {
			b.outranked = s.conflict(conflictKey{CodeBindingOutranks, nil, b.servedConnector})
		}
		b.outranked.add(l, place, a, b, partition.Span{Low: maxAddr(w.Low, span.Low), High: minAddr(w.High, span.High)})
	}
	return s.effort.Spend((i - at) * outrankSteps)
}

// outrankSteps is the effort of comparing a claim to one address with one to all.
const outrankSteps = 10

// place returns the place of a listener.
func (s *sweep) place(l *partition.Listener) int { return s.doors().place[l] }

// conflict returns the conflict with a key.
func (s *sweep) conflict(key conflictKey) *conflict {
	m := s.conflicts[key]
	if m != nil {
		return m
	}
	rest := conflictKey{code: key.code}
	if m = s.conflicts[rest]; m != nil {
		m.alike++
		s.conflicts[key] = m
		return m
	}
	m = &conflict{key: key, spans: map[int]*[]partition.Span{}, pairs: map[[2]rangeKey]bool{}, winners: map[string]bool{}}
	s.conflicts[key] = m
	s.order = append(s.order, m)
	if s.separate[key.code]++; s.separate[key.code] > maxConflicts {
		s.conflicts[rest] = m
	}
	return m
}

// add adds clients of a listener, which is at that place, which a wins and b claims.
func (m *conflict) add(l *partition.Listener, place int, a, b *claim, span partition.Span) {
	if m.listener == nil {
		m.winner, m.loser, m.listener, m.client = *a, *b, l, span.Low
	}
	if m.last != l {
		m.last, m.open = l, nil
		if m.listed >= maxAddresses {
			m.more += len(l.Local)
		} else {
			m.listed += len(l.Local)
			m.open = &[]partition.Span{}
			m.spans[place] = m.open
		}
	}
	if m.open != nil {
		*m.open = append(*m.open, span)
		if m.named != a.servedConnector {
			m.named = a.servedConnector
			m.winners[a.Name()] = true
		}
	} else if !within(span, m.beyond[:m.joined]) {
		if m.beyond = append(m.beyond, span); len(m.beyond) > 2*m.joined+maxAddresses {
			m.beyond = partition.Join(m.beyond)
			m.joined = len(m.beyond)
		}
	}
	if m.key.winner != nil && m.alike == 0 {
		m.pairs[[2]rangeKey{a.key(), b.key()}] = true
	}
}

// conflictClients returns the clients of a conflict, each with the local addresses at
// which it occurs, and the same in words.
func (s *sweep) conflictClients(m *conflict) (spread, clientsText) {
	spans := make(map[int][]partition.Span, len(m.spans))
	for place, list := range m.spans {
		spans[place] = *list
	}
	all := s.spreadOf(spans)
	all.more += m.more
	all.beyond = append(all.beyond, m.beyond...)
	return all, s.inWords(&all)
}

// others counts the pairs of ranges that the finding doesn't name.
func (m *conflict) others() string {
	if n := len(m.pairs) - 1; n > 0 {
		return " (and " + strconv.Itoa(n) + " more of their ranges)"
	}
	return ""
}
