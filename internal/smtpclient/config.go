package smtpclient

import (
	"crypto/tls"
	"time"

	"github.com/interchange-smtp/interchange/auth"
)

// Config is how to open a connection.
type Config struct {
	Name        string            // ours, for EHLO
	HELO        bool              // say HELO, and do without extensions
	DATA        bool              // do without CHUNKING
	TLS         *tls.Config       // for STARTTLS; nil: never
	ImplicitTLS bool              // TLS first, as on port 465 (RFC 8314); wants TLS
	RequireTLS  bool              // no STARTTLS, no mail
	Auth        *auth.Credentials // nil: don't
	Timeouts    Timeouts
}

// Timeouts limit every wait. A zero one is that of RFC 5321 section 4.5.3.2; TLS,
// which that doesn't know, is for STARTTLS and the handshake, each.
type Timeouts struct {
	Greeting, TLS, Command, DataInit, Block, Final time.Duration
}

// Default returns t with zero fields filled in.
func (t Timeouts) Default() Timeouts {
	def := Timeouts{5 * time.Minute, 45 * time.Second, 5 * time.Minute, 2 * time.Minute, 3 * time.Minute, 10 * time.Minute}
	or := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	or(&t.Greeting, def.Greeting)
	or(&t.TLS, def.TLS)
	or(&t.Command, def.Command)
	or(&t.DataInit, def.DataInit)
	or(&t.Block, def.Block)
	or(&t.Final, def.Final)
	return t
}

// Cap returns t with nothing longer than d.
func (t Timeouts) Cap(d time.Duration) Timeouts {
	return Timeouts{min(t.Greeting, d), min(t.TLS, d), min(t.Command, d), min(t.DataInit, d), min(t.Block, d), min(t.Final, d)}
}
