// Package network has the addresses of a connection: [AddrPort] as a policy knows them,
// [Source] as limits count clients, and [SourceText] as they print them.
package network

import (
	"net"
	"net/netip"
)

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

// SourceText returns a source as text: the address, or the network with its length; "" for the zero Addr.
func SourceText(source netip.Addr) string {
	switch {
	case !source.IsValid():
		return ""
	case source.Is6():
		return netip.PrefixFrom(source, sourceBits).String()
	}
	return source.String()
}

// AddrPort returns a's IP address and port, without zone and with IPv4 addresses
// unmapped; zero if a has none.
func AddrPort(a net.Addr) netip.AddrPort {
	if a == nil {
		return netip.AddrPort{}
	}
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		at, err := netip.ParseAddrPort(a.String())
		if err != nil {
			return netip.AddrPort{}
		}
		return netip.AddrPortFrom(at.Addr().Unmap().WithZone(""), at.Port())
	}
	at := tcp.AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap().WithZone(""), at.Port())
}
