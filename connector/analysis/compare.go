package analysis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
)

// Compare tells what changes when a policy is replaced by another. Either may
// be nil, which serves nobody.
//
// The effort grows with the number of ranges that each local address sees, summed up
// over the addresses that connectors are bound to, and with the number of domains that
// are named times that of different sizes that Send connectors take. Where one of them
// is above 10 million nothing is compared, and TooLarge says so.
//
// Pairs of connectors that serve the same clients before and afterwards are
// compared once, whoever the clients are, and so are pairs of routes.
func Compare(before, after *connector.Policy) Comparison {
	if why := partition.TooLarge(before, after); why != "" {
		return Comparison{TooLarge: "too large to compare exactly: " + why}
	}
	c := &comparer{
		policies:  [2]*connector.Policy{before, after},
		domains:   partition.NewDomains(before, after),
		listeners: partition.Sources(before, after),
		configs:   [2]connector.Config{before.Config(), after.Config()},
	}
	c.tree = newDomainTree(c.domains)
	c.deltas.preferred = c.domains.Cells[c.domains.Elsewhere()].Class
	c.pairUp()
	shared := c.sharedAlike()
	for i := range c.pairs {
		if !shared || !c.pairs[i].alike {
			c.comparePair(i)
		}
	}
	changes := c.sessionChanges()
	changes = append(changes, c.routeChanges()...)
	changes = append(changes, c.queueChanges()...)
	for i := range changes {
		changes[i].policies = c.policies
	}
	return Comparison{Changes: changes}
}

// comparer is a Compare under way.
type comparer struct {
	policies  [2]*connector.Policy
	domains   *partition.Domains
	listeners []partition.Listener
	configs   [2]connector.Config
	tree   *domainTree
	pairs     []pair
	deltas    merger

	recipients map[waysKey]recipientWay // those that were looked for
}

// pair is clients that one connector serves before, and one afterwards; or
// connectors that behave alike.
type pair struct {
	in    [2]*connector.Inbound // one of each; nil: not served
	alike bool                  // the two are configured alike
	// implicit is set where the connections begin with TLS.
	implicit bool
	clients  []clients
	names    [2]map[string]bool // of the connectors
}

// clients are addresses at a listener.
type clients struct {
	listener int
	partition.Span
	witness int // the cell's place
}

// pairUp collects the pairs. Connectors that behave alike count as one, so that
// the first pair stands for many in large policies.
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
					in: cell.In, alike: key.kinds[0] == key.kinds[1], implicit: key.implicit, names: [2]map[string]bool{{}, {}},
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

// add enters a cell, as one with its neighbour if possible.
func (p *pair) addCell(listener, place int, cell *partition.Source) {
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

// behaviour is everything about a connector that decisions depend on, as text.
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

// sharedAlike reports whether the policies agree on what all connectors share.
func (c *comparer) sharedAlike() bool {
	for _, class := range c.domains.Classes {
		if class.Accepted[0] != class.Accepted[1] || class.Secure[0] != class.Secure[1] {
			return false
		}
	}
	a, b := &c.configs[0].Transport, &c.configs[1].Transport
	return a.MaxReceiveSize == b.MaxReceiveSize && a.MaxRecipientEnvelopeLimit == b.MaxRecipientEnvelopeLimit
}
