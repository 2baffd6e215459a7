package delivery

import (
	"crypto/tls"
	"slices"
	"strings"
)

// tlsLevel is how much of TLS a host is asked for. If one level fails the next is tried,
// the last one only where TLS isn't required.
type tlsLevel uint8

const (
	fullHello  tlsLevel = iota
	plainHello          // short, for old hosts and firewalls: no post-quantum key share, no name
	inTheClear
)

// String returns the level as it is logged.
func (l tlsLevel) String() string { return [...]string{"TLS", "plain TLS", "without TLS"}[l] }

// classic are the key exchanges that fit into a short ClientHello.
var classic = []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521}

// anyCipher are the cipher suites of TLS 1.0 to 1.2 that are offered: all of Go's except
// RC4, because Windows Server 2012 R2 has only CBC and hosts behind some appliances have
// only RSA key exchange. Where TLS is required there is no Triple DES either; otherwise it
// is better than no TLS. Forward secrecy and AEAD come first, whatever the order here.
var anyCipher = func() (list []uint16) {
	for _, c := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		if !strings.Contains(c.Name, "RC4") {
			list = append(list, c.ID)
		}
	}
	return list
}()
