package smtpclient

import (
	"cmp"
	"crypto/tls"
	"time"

	"github.com/interchange-smtp/interchange/auth"
)

// Config holds the options of a connection.
type Config struct {
	Name        string            // this server's, for EHLO
	HELO        bool              // use HELO and no extensions
	LMTP        bool              // use LHLO, and DATA even if CHUNKING is offered (RFC 2033)
	DATA        bool              // use DATA even if CHUNKING is offered
	TLS         *tls.Config       // for STARTTLS; nil: never
	ImplicitTLS bool              // begin with TLS, as on port 465 (RFC 8314); needs TLS
	RequireTLS  bool              // fail if TLS can't be used
	Auth        *auth.Credentials // a user name and password to log on with; nil: none
	Token       *auth.BearerToken // a token to log on with in their place; nil: none
	Timeouts    Timeouts

	// Log is the protocol log: '>' sent, '<' received, '*' a note, '-' the end, and 0 for a line
	// that is withheld because it is part of a logon. Texts are printable ASCII, with \xNN for
	// every other byte, and without secrets and message content. nil: no log.
	Log func(event byte, data, context string)
}

// authenticates reports whether the connection is to be authenticated.
func (c *Config) authenticates() bool { return c.Auth != nil || c.Token != nil }

// secret returns the user name and the password or token that no text may repeat.
func (c *Config) secret() auth.Credentials {
	if c.Token != nil {
		return auth.Credentials{Username: c.Token.User, Password: c.Token.Token}
	}
	return *c.Auth
}

// Timeouts limit every wait. A zero field means the limit of RFC 5321 section 4.5.3.2. TLS
// is the limit of STARTTLS and of the handshake, each; zero: 45 seconds.
type Timeouts struct {
	Greeting, TLS, Command, DataInit, Block, Final time.Duration
}

// Default returns t with zero fields filled in.
func (t Timeouts) Default() Timeouts {
	return Timeouts{
		cmp.Or(t.Greeting, 5*time.Minute), cmp.Or(t.TLS, 45*time.Second), cmp.Or(t.Command, 5*time.Minute),
		cmp.Or(t.DataInit, 2*time.Minute), cmp.Or(t.Block, 3*time.Minute), cmp.Or(t.Final, 10*time.Minute),
	}
}

// Cap returns t with no timeout longer than d.
func (t Timeouts) Cap(d time.Duration) Timeouts {
	return Timeouts{min(t.Greeting, d), min(t.TLS, d), min(t.Command, d), min(t.DataInit, d), min(t.Block, d), min(t.Final, d)}
}
