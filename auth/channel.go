package auth

import "net/netip"

// Channel is what is known of a connection apart from who speaks on it. The
// zero Channel is in the clear and between unknown parties.
type Channel struct {
	Local, Remote netip.AddrPort
	TLS           bool
	PeerNames     []string // verified names of the client's certificate; not to be changed
}
