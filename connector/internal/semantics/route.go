package semantics

import (
	"cmp"
	"slices"
)

// Route is the way on of a recipient.
type Route struct {
	To        string // the recipient's address
	Outcome   string // Routed, Unreachable or TooLarge
	Connector string // the Send connector; "" unless routed
	Space     string // its address space that matched, as the policy's text has it
	Via       string // the other server of the organisation that sends the mail; "": this server does
}

// The outcomes of routing. docs/routing.md "No route".
const (
	Routed      = "routed"
	Unreachable = "unreachable"
	TooLarge    = "too large"
)

// candidate is an address space that matches a recipient.
type candidate struct {
	*SendConnector
	space       space
	specificity int
}

// Candidates are the address spaces that match a recipient, the one that is chosen for a
// small message first.
type Candidates struct {
	to  string
	all []candidate
}

// Len returns how many there are.
func (c Candidates) Len() int { return len(c.all) }

// Route chooses the Send connector for a recipient. size is that of the message in
// bytes; 0: it isn't known yet.
// docs/routing.md "Routing".
func (p *Policy) Route(to string, size int64) Route { return p.Candidates(to).Route(size) }

// Route chooses the Send connector for a message: the first that takes its size (rule 1).
func (c Candidates) Route(size int64) Route {
	takes := func(a candidate) bool { return size <= a.maxSize }
	switch i := slices.IndexFunc(c.all, takes); {
	case i >= 0:
		best := c.all[i]
		return Route{c.to, Routed, best.Name, best.space.text, best.way.via}
	case len(c.all) > 0:
		return Route{To: c.to, Outcome: TooLarge}
	}
	return Route{To: c.to, Outcome: Unreachable}
}

// Candidates returns the address spaces that rule 2 leaves: those that match, of enabled
// connectors of which a source server can be reached, unless they are scoped and it is in
// another site.
func (p *Policy) Candidates(to string) Candidates {
	domain := DomainOf(to)
	accepted, edge := p.AcceptedType(domain), p.local.Edge
	c := Candidates{to: to}
	for _, name := range append(above(domain), domain, "*."+domain, "*", "--") {
		for _, entry := range p.spaces[name] {
			if n := entry.space.specificity(domain, accepted, edge); n > 0 {
				c.all = append(c.all, candidate{entry.SendConnector, entry.space, n})
			}
		}
	}
	slices.SortStableFunc(c.all, compareCandidates)
	return c
}

// compareCandidates are rules 3 to 6.
func compareCandidates(a, b candidate) int {
	return cmp.Or(
		cmp.Compare(b.specificity, a.specificity),
		cmp.Compare(a.way.cost+a.space.cost, b.way.cost+b.space.cost),
		cmp.Compare(a.way.nearness, b.way.nearness),
		cmp.Compare(a.rank, b.rank),
	)
}

// indexSendConnectors ranks the Send connectors, and makes p.sendConnectorsByName and p.spaces.
func (p *Policy) indexSendConnectors() {
	byName := func(a, b *SendConnector) int { return compareNames(a.Name, b.Name) }
	p.sendConnectorsByName = map[string]*SendConnector{}
	for i, s := range slices.SortedFunc(slices.Values(p.sendConnectors), byName) {
		s.rank = i
		p.sendConnectorsByName[s.Name] = s
	}
	p.spaces = map[string][]candidate{}
	for _, s := range p.sendConnectors {
		if !OrTrue(s.Enabled) || !s.way.reached || s.IsScopedConnector && s.way.nearness > sameSite {
			continue
		}
		for _, space := range s.spaces {
			p.spaces[space.name] = append(p.spaces[space.name], candidate{SendConnector: s, space: space})
		}
	}
}
