package analysis

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
)

// checker is the state of a Check.
type checker struct {
	*comparer // of the policy and nil; its pairs are those of inbounds
	policy    *connector.Policy
	cfg       connector.Config
	opts      Options
	inbounds  []*servedConnector
	bound     map[netip.AddrPort][]*servedConnector // by binding
	outbounds []*connector.Outbound
	ways      []*partition.Way     // by cell
	senders   map[int]*mailSession // results of senderTo
	departing map[*connector.Outbound]departure
	found     []Finding
}

// servedConnector is an enabled Receive connector of this server.
type servedConnector struct {
	*connector.Inbound
	index       int         // in Config.Receive
	givenServer string      // its Server there
	path        source.Path // in the Config
	pair        int         // its clients, in comparer.pairs; -1: no client reaches it
	// implicit is set where every connection begins with TLS.
	implicit bool

	outranked *conflict // about clients that it loses to connectors that are bound to one address

	computed bool // whether sessions has been computed
	sessions []mailSession
}

func newChecker(p *connector.Policy, opts Options) *checker {
	effort := partition.NewEffort()
	c := &checker{
		comparer: &comparer{
			policies:  [2]*connector.Policy{p, nil},
			domains:   partition.NewDomains(p, nil),
			listeners: partition.SharedIntervals(p, nil, effort),
			effort:    effort,
		},
		policy: p, cfg: p.Config(), opts: opts,
		outbounds: slices.Collect(p.Send()), senders: map[int]*mailSession{},
	}
	c.collectConnectors()
	ways := partition.NewWays(p, partition.Cuts(p, nil), c.effort)
	c.ways = make([]*partition.Way, len(c.domains.Cells))
	for i := range c.domains.Cells {
		c.ways[i] = ways.To(c.domains.Cells[i].Witness)
	}
	return c
}

// collectConnectors fills c.inbounds and finds the clients that reach each connector.
func (c *checker) collectConnectors() {
	byConnector := map[*connector.Inbound]*servedConnector{}
	receive := slices.Collect(c.policy.Receive())
	for i := range c.cfg.Receive {
		if len(receive) == 0 {
			break
		}
		in := receive[0]
		if given := c.cfg.Receive[i].WithDefaults(&c.cfg); given.Name != in.Name() || given.Server != in.Settings().Server {
			continue // of another server
		}
		receive = receive[1:]
		if in.Settings().Enabled.Or(true) {
			e := &servedConnector{Inbound: in, index: i, givenServer: c.cfg.Receive[i].Server, path: source.Element("Receive", i, in.Name()), pair: -1}
			c.inbounds = append(c.inbounds, e)
			byConnector[in] = e
		}
	}
	// Sorted by name, so that no finding depends on the order of the Config.
	slices.SortFunc(c.inbounds, func(a, b *servedConnector) int { return strings.Compare(a.Name(), b.Name()) })
	c.bound = map[netip.AddrPort][]*servedConnector{}
	for _, e := range c.inbounds {
		for _, b := range e.Settings().Bindings {
			at := plainBinding(b)
			if list := c.bound[at]; len(list) == 0 || list[len(list)-1] != e { // a binding may stand twice
				c.bound[at] = append(list, e)
			}
		}
	}
	for l := range c.listeners {
		for i := range c.listeners[l].Cells {
			cell := &c.listeners[l].Cells[i]
			e := byConnector[cell.In[0]]
			if e == nil {
				continue
			}
			if e.pair < 0 {
				e.pair = len(c.pairs)
				c.pairs = append(c.pairs, pair{inbounds: cell.In, names: [2]map[string]bool{{}, {}}})
				e.implicit = true
			}
			e.implicit = e.implicit && c.listeners[l].Implicit
			c.pairs[e.pair].addCell(l, i, cell)
		}
	}
}

// reachable yields the connectors that at least one client reaches.
func (c *checker) reachable(yield func(*servedConnector) bool) {
	for _, e := range c.inbounds {
		if e.pair >= 0 && !yield(e) {
			return
		}
	}
}

func (c *checker) report(f Finding) { c.found = append(c.found, f) }

// clientsIn returns the clients in ranges of e at its bindings.
func (e *servedConnector) clientsIn(ranges []param.Range) []Clients {
	local := e.Settings().Bindings
	n := min(len(local), maxAddresses)
	return []Clients{{Local: local[:n], Ranges: ranges, More: len(local) - n}}
}

// boundTo reports whether e is bound to the local addresses of l.
func boundTo(e *servedConnector, l *partition.Listener) bool { return boundAs(e, l) >= 0 }

// boundAs returns 0 if e is bound to exactly the local addresses of l, 1 if it is
// bound to all addresses, and -1 if it is not bound to them.
func boundAs(e *servedConnector, l *partition.Listener) int {
	rank := -1
	at := l.Local[0]
	for _, b := range e.Settings().Bindings {
		b = plainBinding(b)
		switch {
		case b == at:
			return 0
		case b.Port() == at.Port() && b.Addr().IsUnspecified() && b.Addr().BitLen() == at.Addr().BitLen():
			rank = 1
		}
	}
	return rank
}

// plainBinding returns a binding in the form in which addresses are compared.
func plainBinding(b netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(b.Addr().Unmap().WithZone(""), b.Port())
}

// wildcardOf returns the index of the binding of e to all addresses at l's port.
func wildcardOf(e *servedConnector, l *partition.Listener) int {
	return max(0, slices.IndexFunc(e.Settings().Bindings, func(b netip.AddrPort) bool {
		return b.Port() == l.Local[0].Port() && b.Addr().IsUnspecified() && b.Addr().BitLen() == l.Local[0].Addr().BitLen()
	}))
}

// boundToPort reports whether e is bound to the port at any address.
func (e *servedConnector) boundToPort(port uint16) bool {
	return slices.ContainsFunc(e.Settings().Bindings, func(b netip.AddrPort) bool { return b.Port() == port })
}

// serverName returns the name of this server.
func (c *checker) serverName() string { return connector.Receive{}.WithDefaults(&c.cfg).Server }
