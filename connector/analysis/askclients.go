package analysis

import (
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/order"
)

// clientCollector collects the clients that a question is about.
type clientCollector struct {
	*asker
	listeners []partition.Listener
	at        map[netip.AddrPort]*partition.Listener // by binding
	seen      map[clientsKey]bool
}

type clientsKey struct {
	in       [2]*connector.Inbound
	implicit bool
}

func (a *asker) collectClients() {
	c := clientCollector{
		asker: a, listeners: a.listeners,
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

// addAddress adds the clients at one address, which may have no binding.
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
		all := partition.Span{Low: netip.IPv6Unspecified()}
		if local.Addr().Is4() {
			all.Low = netip.IPv4Unspecified()
		}
		all.High = partition.Last(all.Low)
		l = &partition.Listener{Implicit: order.ImplicitTLS(local), Cells: []partition.Interval{{Span: all, Witness: all.Witness()}}}
	}
	c.add(l, local)
}

// add adds the clients of a listener.
func (c *clientCollector) add(l *partition.Listener, local netip.AddrPort) {
	for i := range l.Cells {
		cell := &l.Cells[i]
		key := clientsKey{cell.In, l.Implicit}
		if c.seen[key] || c.q.Connector != "" && cell.In[0].Name() != c.q.Connector {
			continue
		}
		if remote := c.within(cell); remote.IsValid() {
			c.seen[key] = true
			c.clients = append(c.clients, askedClients{in: cell.In, implicit: l.Implicit, local: local, remote: remote})
		}
	}
}

// within returns a client of the cell that the question is about; the zero Addr if no
// client of the cell is.
func (c *clientCollector) within(cell *partition.Interval) netip.Addr {
	if len(c.q.Remote) == 0 {
		return cell.Witness
	}
	for _, r := range c.q.Remote {
		if r.Contains(cell.Witness) {
			return cell.Witness
		}
	}
	for _, r := range c.q.Remote {
		if part, ok := cell.Within(r); ok {
			if witness := part.Witness(); witness.IsValid() {
				return witness
			}
		}
	}
	return netip.Addr{}
}
