package analysis

import (
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
)

// maxAddresses is how many local addresses the Clients of a Finding or a Change list.
const maxAddresses = 100

// spread is clients by local address.
type spread struct {
	groups []Clients
	more   int              // local addresses with other clients that groups leaves out
	beyond []partition.Span // clients there, if they are in no group
}

// set sets the clients of a Finding.
func (s *spread) set(f *Finding) { f.Clients, f.MoreClients, f.beyond = s.groups, s.more, s.beyond }

// wildcard is the local addresses of one family and port that no binding names.
type wildcard struct {
	ipv6 bool
	port uint16
}

func wildcardAt(at netip.AddrPort) wildcard { return wildcard{at.Addr().Is6(), at.Port()} }

// doors are facts about the listeners of a comparer.
type doors struct {
	listening map[bool]int       // local addresses by family: IPv4 or not
	named     map[wildcard]bool  // whether a binding names an address that the wildcard would otherwise stand for
	claimed   [][]partition.Span // by listener; nil without Other
	others    []int              // by listener: the place of Other; -1 without it
	place     map[*partition.Listener]int
}

// doors returns the facts about the listeners.
func (c *comparer) doors() *doors {
	if c.knownDoors != nil {
		return c.knownDoors
	}
	d := &doors{
		listening: map[bool]int{}, named: map[wildcard]bool{},
		claimed: make([][]partition.Span, len(c.listeners)), others: slices.Repeat([]int{-1}, len(c.listeners)), place: map[*partition.Listener]int{},
	}
	for i := range c.listeners {
		l := &c.listeners[i]
		d.place[l] = i
		d.listening[l.Local[0].Addr().Is4()] += len(l.Local)
		for _, at := range l.Local {
			if !at.Addr().IsUnspecified() {
				d.named[wildcardAt(at)] = true
			}
		}
		if l.Other != nil {
			d.claimed[i] = l.Claimed()
		}
	}
	for i := range c.listeners {
		if l := &c.listeners[i]; l.Other != nil {
			d.others[i] = d.place[l.Other]
		}
	}
	c.knownDoors = d
	return d
}

// spreadOf returns the clients in spans, which are given by listener. Those at a listener for all
// addresses are also clients at the others, as far as these don't answer them.
func (c *comparer) spreadOf(spans map[int][]partition.Span) spread {
	b := spreader{comparer: c, doors: c.doors(), same: map[string]int{}, place: map[int]int{}}
	for l := range spans {
		spans[l] = partition.Join(spans[l])
	}
	c.effort.Spend(len(c.listeners) * spreadSteps)
	for i := range c.listeners {
		own := spans[i]
		var other []partition.Span
		if at := b.others[i]; at >= 0 {
			other = spans[at]
		}
		switch {
		case len(own) > 0 || len(other) > 0 && overlap(other, b.claimed[i]):
			b.add(i, own, other)
		case len(other) > 0:
			b.follow(i)
		}
	}
	return b.spread
}

// spreadSteps is the effort of looking at a listener.
const spreadSteps = 5

// spreader makes a spread.
type spreader struct {
	*comparer
	*doors
	spread
	listed, ranges int
	same           map[string]int // places in groups by clients
	place          map[int]int    // places in groups by listener; -1: left out
}

// maxRanges is how many ranges the Clients of a Finding or a Change list; the first of them has
// all of its ranges.
const maxRanges = 10_000

// add adds the clients of a listener: own, and those of other that it doesn't answer.
func (b *spreader) add(at int, own, other []partition.Span) {
	l := &b.listeners[at]
	b.place[at] = -1
	full := b.listed >= maxAddresses || b.ranges >= maxRanges
	if full && len(own) == 0 {
		if slices.ContainsFunc(other, func(s partition.Span) bool { return !within(s, b.claimed[at]) }) {
			b.more += len(l.Local)
		}
		return
	}
	joined := partition.Join(slices.Concat(own, partition.Without(other, b.claimed[at])))
	if len(joined) == 0 {
		return
	}
	key := spansKey(joined)
	group, ok := b.same[key]
	if full && !ok {
		b.more += len(l.Local)
		b.beyond = append(b.beyond, own...)
		return
	}
	if !ok {
		group = len(b.groups)
		b.same[key] = group
		s := Clients{Ranges: make([]param.Range, 0, len(joined))}
		for _, span := range joined {
			s.Ranges = append(s.Ranges, span.Range())
		}
		b.groups = append(b.groups, s)
		b.ranges += len(joined)
		b.effort.Keep(1 + len(joined)/2)
	}
	b.place[at] = group
	b.list(group, l)
}

// follow adds the clients of the other listener of a listener.
func (b *spreader) follow(at int) {
	l := &b.listeners[at]
	if group := b.place[b.others[at]]; group >= 0 {
		b.list(group, l)
		return
	}
	b.more += len(l.Local)
}

// list adds the local addresses of l to a group.
func (b *spreader) list(group int, l *partition.Listener) {
	g := &b.groups[group]
	n := min(len(l.Local), maxAddresses-min(b.listed, maxAddresses))
	if len(g.Local) == 0 {
		n = max(n, 1)
	}
	g.Local = append(g.Local, l.Local[:n]...)
	g.More += len(l.Local) - n
	b.listed += n
}

// overlap reports whether two lists of spans as of Join have an address in common.
func overlap(a, b []partition.Span) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return slices.ContainsFunc(a, func(s partition.Span) bool {
		i := firstNotBelow(b, s)
		return i < len(b) && b[i].Low.BitLen() == s.Low.BitLen() && !s.High.Less(b[i].Low)
	})
}

// within reports whether a span lies in one of a list as of Join.
func within(s partition.Span, list []partition.Span) bool {
	i := firstNotBelow(list, s)
	return i < len(list) && list[i].Contains(s.Low) && list[i].Contains(s.High)
}

// firstNotBelow returns the place of the first span that doesn't end before s begins.
func firstNotBelow(list []partition.Span, s partition.Span) int {
	i, _ := slices.BinarySearchFunc(list, s.Low, func(l partition.Span, low netip.Addr) int { return l.High.Compare(low) })
	return i
}

// spansKey is equal for equal spans.
func spansKey(spans []partition.Span) string {
	var key []byte
	for _, s := range spans {
		low, high := s.Low.As16(), s.High.As16()
		key = append(append(key, low[:]...), high[:]...)
	}
	return string(key)
}
