package semantics

import "cmp"

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

// Route chooses the Send connector for a recipient. size is that of the message in
// bytes; 0: it isn't known yet.
// docs/routing.md "Routing".
func (p *Policy) Route(to string, size int64) Route {
	outcome := Unreachable
	var best *candidate
	for _, c := range p.candidates(DomainOf(to)) {
		switch {
		case size > c.maxSize: // rule 1
			outcome = TooLarge
		case best == nil || c.before(best):
			best = &c
		}
	}
	if best == nil {
		return Route{To: to, Outcome: outcome}
	}
	return Route{to, Routed, best.Name, best.space.text, best.way.via}
}

// candidates returns the address spaces that rule 2 leaves: those that match, of enabled
// connectors of which a source server can be reached, unless they are scoped and it is in
// another site.
func (p *Policy) candidates(domain string) (all []candidate) {
	accepted := p.AcceptedType(domain)
	for _, s := range p.sendConnectors {
		if !OrTrue(s.Enabled) || !s.way.reached || s.IsScopedConnector && s.way.nearness > sameSite {
			continue
		}
		for _, space := range s.spaces {
			if n := space.specificity(domain, accepted, p.Here().Edge); n > 0 {
				all = append(all, candidate{s, space, n})
			}
		}
	}
	return all
}

// before reports whether c is chosen rather than d: rules 3 to 6.
func (c candidate) before(d *candidate) bool {
	return cmp.Or(
		cmp.Compare(d.specificity, c.specificity),
		cmp.Compare(c.way.cost+c.space.cost, d.way.cost+d.space.cost),
		cmp.Compare(c.way.nearness, d.way.nearness),
		compareNames(c.Name, d.Name),
	) < 0
}
