package analysis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// comparer is the state of a Compare.
type comparer struct {
	policies  [2]*connector.Policy
	domains   *partition.Domains
	listeners []partition.Listener
	configs   [2]connector.Config
	effort    *partition.Effort
	tree      *domainTree
	pairs     []pair
	deltas    merger

	recipientWays map[waysKey]recipientWay // results of wayFor
	knownDoors    *doors                   // result of doors
}

// pair is a set of clients with the connector that serves them before and the one
// that serves them afterwards. Connectors that behave alike share a pair.
type pair struct {
	inbounds [2]*connector.Inbound // before and afterwards; nil: not served
	alike    bool                  // the two are configured alike
	// implicit is set where the connections begin with TLS.
	implicit bool
	clients  []clients
	names    [2]map[string]bool // of the connectors
}

// clients are remote addresses at a listener.
type clients struct {
	listener int
	partition.Span
	cell int // the index of the cell
}

// pairUp collects the pairs. Connectors that behave alike count as one, so that large
// policies have few pairs.
func (c *comparer) pairUp() {
	kinds := map[string]int{"": 0}
	kindOf := map[*connector.Inbound]int{nil: 0}
	type both struct {
		kinds    [2]int
		implicit bool
	}
	place := map[both]int{}
	for l := range c.listeners {
		for i := range c.listeners[l].Cells {
			cell := &c.listeners[l].Cells[i]
			key := both{implicit: c.listeners[l].Implicit}
			for j, in := range cell.In {
				kind, ok := kindOf[in]
				if !ok {
					kind = intern(kinds, behaviour(in))
					kindOf[in] = kind
				}
				key.kinds[j] = kind
			}
			if key.kinds == [2]int{} {
				continue
			}
			at, ok := place[key]
			if !ok {
				at = len(c.pairs)
				place[key] = at
				c.pairs = append(c.pairs, pair{
					inbounds: cell.In, alike: key.kinds[0] == key.kinds[1], implicit: key.implicit, names: [2]map[string]bool{{}, {}},
				})
			}
			c.pairs[at].addCell(l, i, cell)
		}
	}
}

func intern(kinds map[string]int, key string) int {
	n, ok := kinds[key]
	if !ok {
		n = len(kinds)
		kinds[key] = n
	}
	return n
}

// addCell adds a cell to the clients of p, and joins it with the previous cell if the
// two touch.
func (p *pair) addCell(listener, place int, cell *partition.Interval) {
	for i, in := range cell.In {
		if in != nil {
			p.names[i][in.Name()] = true
		}
	}
	if n := len(p.clients) - 1; n >= 0 && p.clients[n].listener == listener && p.clients[n].High.Next() == cell.Low {
		p.clients[n].High = cell.High
		return
	}
	p.clients = append(p.clients, clients{listener, cell.Span, place})
}

// behaviour returns all parameters of a connector that decisions depend on, as text.
func behaviour(in *connector.Inbound) string {
	r := *in.Settings()
	r.Name, r.Comment, r.Server, r.Usage = "", "", "", 0
	r.Bindings, r.RemoteIPRanges, r.Permissions = nil, nil, nil
	r.PermissionGroups = param.Setting[permission.Group]{} // they are in the access list
	var grants []string
	for _, g := range in.ACL().Grants() {
		grants = append(grants, fmt.Sprintf("%s %#x %#x", g.To, uint64(g.Allow), uint64(g.Deny)))
	}
	slices.Sort(grants)
	return fmt.Sprintf("%+v %s", r, strings.Join(slices.Compact(grants), ","))
}

// sharedAlike reports whether the settings that all connectors share are the same in
// both policies.
func (c *comparer) sharedAlike() bool {
	for _, class := range c.domains.Classes {
		if class.Accepted[0] != class.Accepted[1] || class.Secure[0] != class.Secure[1] {
			return false
		}
	}
	a, b := &c.configs[0].Transport, &c.configs[1].Transport
	return a.MaxReceiveSize == b.MaxReceiveSize && a.MaxRecipientEnvelopeLimit == b.MaxRecipientEnvelopeLimit
}

// recipientWay is a recipient, and the number of policies that have a route for it.
type recipientWay struct {
	to     routing.Address
	routed int
}

// waysKey holds the values that a recipientWay depends on.
type waysKey struct {
	class int
	size  int64
}

// wayFor returns a recipient in one of the domains of a class, which differ only in
// their routes: one that as many policies as possible have a route for.
func (c *comparer) wayFor(class int, size int64) recipientWay {
	key := waysKey{class, size}
	if way, ok := c.recipientWays[key]; ok {
		return way
	}
	best := recipientWay{to: partition.Mailbox("user", c.domains.Representative(class)), routed: -1}
	try := func(domain routing.Domain) {
		way := recipientWay{to: partition.Mailbox("user", domain)}
		for _, p := range c.policies {
			if p.Route(way.to, size, nil).Outcome == routing.Routed {
				way.routed++
			}
		}
		if way.routed > best.routed {
			best = way
		}
	}
	try(c.domains.Representative(class))
	for _, cell := range c.domains.Members[class] {
		if best.routed == len(c.policies) {
			break
		}
		try(c.domains.Cells[cell].Witness)
	}
	if c.recipientWays == nil {
		c.recipientWays = map[waysKey]recipientWay{}
	}
	c.recipientWays[key] = best
	return best
}
