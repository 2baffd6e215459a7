package auth

import "net/netip"

// Channel describes the connection on which a client authenticates: its
// addresses and its TLS state. The zero Channel has no TLS and no addresses.
type Channel struct {
	Local, Remote netip.AddrPort
	TLS           bool
	PeerNames     []string // verified names of the client's certificate; not to be changed
	NoCertificate bool     // the server has no certificate, so it can't offer STARTTLS
}
