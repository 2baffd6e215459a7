package relay

import "net/netip"

// networkBits is the part of an IPv6 address that names a network. One host
// commonly has a whole network of that size, and calls from any address of it.
const networkBits = 64

// sourceOf returns by what limits tell clients apart: an IPv4 address, or the
// first address of an IPv6 address's network.
func sourceOf(a netip.Addr) netip.Addr {
	if a = a.Unmap(); a.Is4() {
		return a
	}
	network, err := a.Prefix(networkBits)
	if err != nil { // the zero Addr
		return a
	}
	return network.Addr()
}
