// Package relay enforces a connector.Policy on the wire.
package relay

import (
	"context"
	"io"
	"net/netip"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Envelope is one transaction.
type Envelope struct {
	ID   string
	From routing.Address // zero: <>
	To   []Recipient

	Size  int64 // as declared by the client; 0: not declared
	Body  BodyType
	UTF8  bool
	Ret   string // "FULL", "HDRS" or ""
	EnvID string
	Auth  string // MAIL's AUTH=, only if the session may claim it

	Connector string // the Receive connector
	Remote    netip.AddrPort
	Helo      string
	User      permission.Principal
	TLS       bool

	// State belongs to the Router, from the first Route to Release.
	State any
}

// Recipient is one accepted recipient.
type Recipient struct {
	To     routing.Address
	Notify []string
	ORcpt  string
	Route  connector.Route // filled by a Router
}

// BodyType is MAIL's BODY parameter.
type BodyType uint8

// The body types.
const (
	SevenBit BodyType = iota
	EightBitMIME
	BinaryMIME
)

// Handler takes messages. Deliver reads body to its end and returns nil only
// when it has taken over the message for every recipient.
type Handler interface {
	Deliver(ctx context.Context, env *Envelope, body io.Reader) error
}

// Router is a Handler that wants a say at RCPT.
type Router interface {
	// Route is asked before a recipient is accepted; it may fill rcpt.Route.
	// The recipients accepted so far are in env.To; rcpt is not yet. ctx is
	// that of the client's connection.
	Route(ctx context.Context, policy *connector.Policy, env *Envelope, rcpt *Recipient) error

	// Release ends a transaction that Route was asked about: after Deliver,
	// or in its place when the client gave up (RSET, MAIL refused later,
	// connection lost). It is called once and must not block for long.
	Release(env *Envelope)
}

// Error is an error with the reply that goes to the client.
type Error struct {
	Reply connector.Reply
	Err   error // for the log, never for the client
}

// Error implements error.
func (e *Error) Error() string { return e.Reply.Text }

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }
