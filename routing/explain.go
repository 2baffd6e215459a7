package routing

import (
	"fmt"
	"slices"
)

// Candidate is one address space that matched, with its fate.
type Candidate struct {
	Index     int    // of its connector in the slice given to NewTable
	Connector string // name of that connector
	Space     AddressSpace
	Cost      int    // of path and space together; meaningless if Unconnected
	Via       string // name of the server to reach it through; "": this server
	Fate      Fate
}

// Fate says why a candidate won or lost. The zero Fate is not used.
type Fate uint8

// The fates, in the order in which they are checked.
const (
	Disabled            Fate = iota + 1 // the connector is switched off
	OutOfScope                          // it may not be used from this site, or -- not from this server
	Unconnected                         // no site link leads to any of its servers
	NotForAuthoritative                 // the space is * and the domain authoritative
	TooSmall                            // the message is larger than the connector or a site link on the way allows
	Chosen                              // the connector for the recipient
	LessSpecific                        // another address space says more about the recipient
	HigherCost                          // another connector costs less
	Farther                             // another connector's server is nearer
	LaterName                           // equal in all else, its name comes later
)

// String returns the fate in words that follow the connector's name.
func (f Fate) String() string {
	switch f {
	case Disabled:
		return "is disabled"
	case OutOfScope:
		return "is out of scope"
	case Unconnected:
		return "has no source server that site links lead to"
	case NotForAuthoritative:
		return "matches by *, which does not count for an authoritative domain"
	case TooSmall:
		return "is too small for the message"
	case Chosen:
		return "is chosen"
	case LessSpecific:
		return "has a less specific address space"
	case HigherCost:
		return "has a higher cost"
	case Farther:
		return "is farther away"
	case LaterName:
		return "comes later by name"
	}
	return fmt.Sprintf("Fate(%d)", uint8(f))
}

// String returns one line, such as
//
//	"Internet" SMTP:*;1 at cost 11 via "HUB2" is chosen
func (c Candidate) String() string {
	b := fmt.Appendf(nil, "%s %s", quoteInput(c.Connector), c.Space)
	if c.Fate != Unconnected {
		b = fmt.Appendf(b, " at cost %d", c.Cost)
		if c.Via != "" {
			b = fmt.Appendf(b, " via %s", quoteInput(c.Via))
		}
	}
	return string(fmt.Appendf(b, " %s", c.Fate))
}

// describe returns the Candidate for c.
func (t *Table) describe(c *candidate, reason Fate) Candidate {
	r := &t.connectors[c.route]
	return Candidate{
		Index:     int(c.route),
		Connector: r.name,
		Space:     c.space(),
		Cost:      r.cost + int(c.cost),
		Via:       r.via,
		Fate:      reason,
	}
}

// Explain answers q as Lookup does, by the same code, and returns every
// candidate whose address space matched: the chosen one first, then the others
// from the most specific space on, and in the order of preference among equals.
// The order is the same every time.
func (t *Table) Explain(q Query) (Match, []Candidate) {
	var candidates []Candidate
	w := walk{table: t, query: q, record: &candidates}
	m := w.answer()
	i := slices.IndexFunc(candidates, func(c Candidate) bool { return c.Fate == Chosen })
	if i > 0 {
		chosen := candidates[i]
		copy(candidates[1:], candidates[:i])
		candidates[0] = chosen
	}
	return m, candidates
}
