// Package auth holds the authentication mechanisms of connectors and the door
// through which passwords are checked.
package auth

// Mechanism is a set of connector mechanisms, the flags of AuthMechanism.
type Mechanism uint16

// The mechanisms, in the order in which Exchange prints them.
const (
	TLS Mechanism = 1 << iota
	Integrated
	BasicAuth
	BasicAuthRequireTLS
	ExchangeServer
	ExternalAuthoritative

	None Mechanism = 0
)

// Has reports whether all of n are in m.
func (m Mechanism) Has(n Mechanism) bool { return m&n == n }
