package prover

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/proof"
)

// maxSpans bounds the spans of a certificate.
const maxSpans = 200_000

// listeners says who serves which clients. The spans end wherever a range of a connector
// of the listener begins or ends, so that no end lies inside one.
func (c *prover) listeners(all []partition.Listener) error {
	total := 0
	for _, l := range all {
		cuts := c.ends(l.Local[0])
		if total += len(cuts); total > maxSpans {
			return fmt.Errorf("too large for a certificate: the local addresses that connectors are bound to have more than %d spans of clients", maxSpans)
		}
		out := proof.Listener{ImplicitTLS: l.Implicit}
		for _, at := range l.Local {
			out.Local = append(out.Local, at.String())
		}
		for i, low := range cuts {
			high := partition.Last(low)
			if i+1 < len(cuts) {
				high = cuts[i+1].Prev()
			}
			out.Spans = append(out.Spans, c.span(&l, partition.Span{Low: low, High: high}))
		}
		c.cert.Listeners = append(c.cert.Listeners, out)
	}
	return nil
}

// ends returns the first address of each span of clients of a local address, ascending.
func (c *prover) ends(at netip.AddrPort) []netip.Addr {
	first := netip.IPv6Unspecified()
	if at.Addr().Is4() {
		first = netip.IPv4Unspecified()
	}
	cuts := []netip.Addr{first}
	for _, p := range c.policies {
		for in := range p.Receive() {
			if !serves(in.Settings(), at, netip.AddrPortFrom(first, at.Port())) {
				continue
			}
			for _, r := range in.Settings().RemoteIPRanges {
				if r.Low().BitLen() != first.BitLen() {
					continue
				}
				cuts = append(cuts, r.Low())
				if next := r.High().Next(); next.IsValid() {
					cuts = append(cuts, next)
				}
			}
		}
	}
	slices.SortFunc(cuts, netip.Addr.Compare)
	return slices.Compact(cuts)
}

// serves reports whether a connector may serve connections to a local address: it is
// bound to the address, or to all addresses.
func serves(r *connector.Receive, at, everywhere netip.AddrPort) bool {
	return r.Enabled.Or(true) && slices.ContainsFunc(r.Bindings, func(b netip.AddrPort) bool {
		b = netip.AddrPortFrom(b.Addr().Unmap().WithZone(""), b.Port())
		return b == at || b == everywhere
	})
}

// span asks who serves a span of clients, and adds the pair if it is a new one.
func (c *prover) span(l *partition.Listener, s partition.Span) proof.Span {
	out := proof.Span{Clients: s.Low.String() + "-" + s.High.String()}
	witness := s.Witness()
	pair := pair{implicit: l.Implicit}
	for i, p := range c.policies {
		if witness.IsValid() {
			pair.in[i] = p.Select(l.Witness, witness, nil)
		}
		out.Connectors = append(out.Connectors, pair.in[i].Name())
	}
	if !witness.IsValid() {
		return out
	}
	out.Witness = witness.String()
	if _, known := c.place[pair]; !known && pair.in != [2]*connector.Inbound{} {
		c.place[pair] = len(c.pairs)
		c.pairs = append(c.pairs, pair)
		c.cert.Connections = append(c.cert.Connections, proof.Connection{
			Connectors: out.Connectors, ImplicitTLS: l.Implicit, Local: l.Witness.String(), Remote: witness.String(),
		})
	}
	return out
}
