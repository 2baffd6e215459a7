package delivery

import (
	"crypto/tls"
	"slices"
	"strings"
)

// tlsLevel is how much of TLS is asked of a host. Where one fails the next is
// tried, the last one only where nothing asks for TLS.
type tlsLevel uint8

const (
	fullHello  tlsLevel = iota
	plainHello          // short, for hosts and firewalls that know nothing newer: no post-quantum key share, no name
	inTheClear
)

// String says it for the log.
func (l tlsLevel) String() string { return [...]string{"TLS", "plain TLS", "without TLS"}[l] }

// classic are the key exchanges that fit into a short ClientHello.
var classic = []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521}

// The cipher suites of TLS 1.0 to 1.2 that we offer: where TLS is required all that
// Go has but for RC4 and Triple DES, for Windows Server 2012 R2 has CBC and hosts
// behind some appliances have RSA key exchange only; else any is better than none.
// Forward secrecy and AEAD come first, whatever the order here.
var (
	anyCipher   = cipherSuites("RC4")
	soundCipher = cipherSuites("RC4", "3DES")
)

// cipherSuites returns all but those whose name holds a word.
func cipherSuites(without ...string) (list []uint16) {
	for _, c := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		if !slices.ContainsFunc(without, func(word string) bool { return strings.Contains(c.Name, word) }) {
			list = append(list, c.ID)
		}
	}
	return list
}
