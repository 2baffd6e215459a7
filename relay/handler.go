package relay

import (
	"context"
	"io"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// Handler takes messages. It is used by many connections at once.
type Handler interface {
	// Deliver reads body, header and all, to its end and returns nil only
	// when it has taken over the message for every recipient. An error of
	// body means that there is no message: whatever was read of it must be
	// dropped. nil from a Deliver that has not seen body's io.EOF counts as
	// an error. body is not to be used after Deliver has returned.
	//
	// The error decides the reply: see [Error]. ctx ends when the connection's
	// time is up or the Server is closed; there is no one to tell then.
	Deliver(ctx context.Context, env *Envelope, body io.Reader) error
}

// HandlerFunc is a function that is a Handler.
type HandlerFunc func(ctx context.Context, env *Envelope, body io.Reader) error

// Deliver calls f.
func (f HandlerFunc) Deliver(ctx context.Context, env *Envelope, body io.Reader) error {
	return f(ctx, env, body)
}

// Gate is a Handler that wants a say at MAIL.
type Gate interface {
	// Admit is asked before a MAIL that the policy allows is accepted. An
	// error refuses the transaction: see [Error]. It is the place to say 452
	// 4.3.1 when there is no room for another message, before the client
	// sends one. Nothing is to be kept for env: it may come to no recipient,
	// and nobody tells of its end. ctx is that of the transaction.
	Admit(ctx context.Context, env *Envelope) error
}

// Router is a Handler that wants a say at RCPT.
type Router interface {
	// Route is asked before a recipient is accepted. The recipients accepted
	// so far are in env.To; rcpt is not among them yet. ctx is that of the
	// transaction: it ends after Release.
	Route(ctx context.Context, policy *connector.Policy, env *Envelope, rcpt *envelope.Recipient) error

	// Release ends a transaction that Route was asked about: after Deliver,
	// or in its place when the client gave up (RSET, MAIL refused later,
	// connection lost). It is called once and must not block for long.
	Release(env *Envelope)
}
