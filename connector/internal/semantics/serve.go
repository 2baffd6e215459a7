package semantics

import (
	"net/netip"
	"slices"
)

// claim is a Receive connector that matches a connection.
type claim struct {
	connector *Receiver
	specific  bool   // bound to the local address, not to all addresses
	smallest  extent // of the ranges that contain the client
}

// Serving returns the Receive connector that serves a connection; nil if it is refused.
// docs/receive.md "Which connector takes a connection".
func (p *Policy) Serving(local netip.AddrPort, remote netip.Addr) *Receiver {
	local, remote = plainPort(local), plain(remote)
	var best claim
	for _, c := range p.Receivers {
		if m, matches := c.claim(local, remote); matches && (best.connector == nil || compareClaims(m, best) < 0) {
			best = m
		}
	}
	return best.connector
}

// claim is rule 2: a binding is the local address and port, and a range contains the
// client.
func (r *Receiver) claim(local netip.AddrPort, remote netip.Addr) (m claim, matches bool) {
	m = claim{connector: r, specific: slices.Contains(r.Bindings, local)}
	everywhere := netip.AddrPortFrom(netip.IPv6Unspecified(), local.Port())
	if local.Addr().Is4() {
		everywhere = netip.AddrPortFrom(netip.IPv4Unspecified(), local.Port())
	}
	if !m.specific && !slices.Contains(r.Bindings, everywhere) {
		return m, false
	}
	for _, in := range r.Ranges {
		if !in.contains(remote) {
			continue
		}
		if n := in.extent(); !matches || n.compare(m.smallest) < 0 {
			m.smallest, matches = n, true
		}
	}
	return m, matches
}

// compareClaims are rules 3 to 5: the binding to the specific address, then the
// smallest range, then TransportRole FrontendTransport, then the name.
func compareClaims(a, b claim) int {
	if a.specific != b.specific {
		return first(a.specific)
	}
	if n := a.smallest.compare(b.smallest); n != 0 {
		return n
	}
	front := func(c claim) bool { return c.connector.TransportRole == "FrontendTransport" }
	if front(a) != front(b) {
		return first(front(a))
	}
	return compareNames(a.connector.Name, b.connector.Name)
}

// first orders what has a property before what hasn't.
func first(has bool) int {
	if has {
		return -1
	}
	return +1
}
