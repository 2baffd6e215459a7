package relay

import (
	"context"
	"io"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// Handler takes messages. It is used by many connections at once.
type Handler interface {
	// Deliver reads the message from body, header included, to its end. It returns
	// nil only if it has taken responsibility for the message for every recipient.
	// An error of body means that there is no message: Deliver must drop what it
	// has read. If Deliver returns nil without having got io.EOF from body, that
	// counts as an error. It must not use body after it has returned.
	//
	// The error decides the reply: see [Error]. ctx ends when the connection's
	// time is up or the Server is closed; no reply reaches the client then.
	Deliver(ctx context.Context, env *Envelope, body io.Reader) error
}

// HandlerFunc is a function that is a Handler.
type HandlerFunc func(ctx context.Context, env *Envelope, body io.Reader) error

// Deliver calls f.
func (f HandlerFunc) Deliver(ctx context.Context, env *Envelope, body io.Reader) error {
	return f(ctx, env, body)
}

// Gate is a Handler that may refuse MAIL.
type Gate interface {
	// Admit is called before a MAIL that the policy allows is accepted. An error
	// refuses the transaction: see [Error]. Here a Handler without room for another
	// message says 452 4.3.1, before the client sends one. Admit must not keep
	// anything for env: no call reports the end of a transaction without
	// recipients. ctx is the transaction's.
	Admit(ctx context.Context, env *Envelope) error
}

// Router is a Handler that may refuse recipients.
type Router interface {
	// Route is called before a recipient that the policy allows is accepted, with
	// the policy's route for it, which may lead nowhere. An error refuses the
	// recipient: see [Error]. env.To holds the recipients accepted so far, without
	// rcpt. ctx is the transaction's: it ends after Release.
	Route(ctx context.Context, route connector.Route, env *Envelope, rcpt *envelope.Recipient) error

	// Release is called once for a transaction for which Route was called: after
	// Deliver, or in its place if the transaction ends without a message (RSET,
	// connection lost). It must not block for long.
	Release(env *Envelope)
}
