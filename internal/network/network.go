// Package network has [Source], the address by which limits count clients.
package network

import "net/netip"

// sourceBits is the length of the IPv6 prefix that stands for a client. One host
// commonly has a whole network of that size and connects from any address in it.
const sourceBits = 64

// Source returns the address that stands for a client in every limit per source: an
// IPv4 address itself, or the first address of an IPv6 address's network. The source of
// the zero Addr is the zero Addr.
func Source(a netip.Addr) netip.Addr {
	if a = a.Unmap(); a.Is4() {
		return a
	}
	network, err := a.Prefix(sourceBits)
	if err != nil { // the zero Addr
		return a
	}
	return network.Addr()
}
