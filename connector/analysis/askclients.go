package analysis

import (
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
)

// clientCollector collects the clients that a question is about.
type clientCollector struct {
	*asker
	listeners []partition.Listener
	others    []partition.Span                       // clients that aren't asked about
	at        map[netip.AddrPort]*partition.Listener // by binding
	seen      map[clientsKey]bool
}

type clientsKey struct {
	in       [2]*connector.Inbound
	implicit bool
}

// collectClients fills a.clients. How mail leaves doesn't depend on the client, so a server that
// receives none is asked about it, too.
func (a *asker) collectClients() {
	if !a.needs.session && len(a.listeners) == 0 && a.q.Connector == "" {
		a.clients = []askedClients{{}}
		return
	}
	c := clientCollector{
		asker: a, listeners: a.listeners, others: a.q.otherClients(),
		at: map[netip.AddrPort]*partition.Listener{}, seen: map[clientsKey]bool{},
	}
	for i := range c.listeners {
		c.effort.Spend(lookSteps * len(c.listeners[i].Cells))
		for _, at := range c.listeners[i].Local {
			c.at[at] = &c.listeners[i]
		}
	}
	if len(a.q.Local) == 0 {
		for i := range c.listeners {
			c.add(&c.listeners[i], c.listeners[i].Witness)
		}
		return
	}
	for _, local := range a.q.Local {
		if local.Addr().IsUnspecified() {
			c.addPort(local)
		} else {
			c.addAddress(local)
		}
	}
}

// addPort adds the clients at all addresses of a family and port that have a binding.
func (c *clientCollector) addPort(local netip.AddrPort) {
	for i := range c.listeners {
		l := &c.listeners[i]
		at := slices.IndexFunc(l.Local, func(b netip.AddrPort) bool { return sameFamily(b.Addr(), local.Addr()) && b.Port() == local.Port() })
		if at < 0 {
			continue
		}
		witness := l.Local[at]
		if witness.Addr().IsUnspecified() {
			witness = netip.AddrPortFrom(l.Witness.Addr(), local.Port())
			for c.at[witness] != nil {
				witness = netip.AddrPortFrom(witness.Addr().Next(), local.Port())
			}
		}
		c.add(l, witness)
	}
}

// addAddress adds the clients at one address, if it has a binding.
func (c *clientCollector) addAddress(local netip.AddrPort) {
	l := c.at[local]
	if l == nil {
		everywhere := netip.IPv6Unspecified()
		if local.Addr().Is4() {
			everywhere = netip.IPv4Unspecified()
		}
		l = c.at[netip.AddrPortFrom(everywhere, local.Port())]
	}
	if l == nil {
		return
	}
	c.add(l, local)
	if l.Other != nil {
		c.addCells(l, l.Other.Cells, local, partition.Join(append(l.Claimed(), c.others...)))
	}
}

// add adds the clients of a listener, without those of its Other: where all addresses of a
// port are asked about, that one is, too.
func (c *clientCollector) add(l *partition.Listener, local netip.AddrPort) {
	c.addCells(l, l.Cells, local, c.others)
}

// addCells adds the clients of cells that aren't among others.
func (c *clientCollector) addCells(l *partition.Listener, cells []partition.Interval, local netip.AddrPort, others []partition.Span) {
	for i := range cells {
		cell := &cells[i]
		key := clientsKey{cell.In, l.Implicit}
		if c.seen[key] || c.q.Connector != "" && cell.In[0].Name() != c.q.Connector {
			continue
		}
		if remote := clientOutside(cell, others); remote.IsValid() {
			c.seen[key] = true
			c.clients = append(c.clients, askedClients{in: cell.In, implicit: l.Implicit, local: local, remote: remote})
		}
	}
}

// clientOutside returns a client of the cell that isn't among others; the zero Addr if all are.
func clientOutside(cell *partition.Interval, others []partition.Span) netip.Addr {
	parts := partition.Without([]partition.Span{cell.Span}, others)
	for _, part := range parts {
		if part.Contains(cell.Witness) {
			return cell.Witness
		}
	}
	for _, part := range parts {
		if witness := part.Witness(); witness.IsValid() {
			return witness
		}
	}
	return netip.Addr{}
}
