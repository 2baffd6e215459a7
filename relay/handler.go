package relay

import (
	"context"
	"errors"
	"io"
	"reflect"

	"github.com/interchange-smtp/interchange/relay/envelope"
)

// Handler takes messages. Package relay/dispatch has one with a queue, package
// relay/delivery one that delivers while the client waits, and [HandlerFunc] makes one of
// a function. It is used by many connections at once.
//
// A Handler around another one begins one transaction of the inner Handler for each that
// it gets. These four calls are all that it must pass on. What is added beside a Handler,
// such as a filter or a counter, is better written as [Hooks].
//
// A Server asks a Handler that has a method Ready() error before it serves, and before it takes
// another policy: the error refuses that. A dispatch.Dispatcher is ready after Start.
type Handler interface {
	// Begin is called for each MAIL that the policy allows. An error refuses it: see
	// [Error]. Here a Handler without room for another message refuses with 452 4.3.1,
	// before the client sends one. ctx is the transaction's: it ends after Close, or
	// when the connection's time is up or the Server is closed. env is valid until
	// Close. Its To has the recipients accepted so far; a change of it has no effect.
	Begin(ctx context.Context, env *Envelope) (Transaction, error)
}

// Transaction is a message on its way into a Handler. One goroutine at a time uses it.
type Transaction interface {
	// Rcpt is called for each recipient that the policy allows. An error refuses the
	// recipient: see [Error]. The recipients of the message are those for which Rcpt
	// returned nil. A recipient's next hop follows from its address: a Handler that
	// needs it calls [Envelope.Route].
	Rcpt(ctx context.Context, rcpt envelope.Recipient) error

	// Deliver is called at most once, with at least one recipient. It reads the
	// message from body, header included, to its end. It returns nil only if the
	// Handler has taken responsibility for the message, as the Receipt says. The
	// error decides the reply: see [Error].
	//
	// An error of body means that the message has no end: Deliver must drop what it
	// has read. If Deliver returns nil without having got io.EOF from body, the client
	// gets 451. A Handler that doesn't need the message copies body to io.Discard. It
	// must not use body after Deliver has returned.
	Deliver(ctx context.Context, body io.Reader) (Receipt, error)

	// Close ends the transaction. It is called once, after Deliver or, if the
	// transaction ends without a message (RSET, connection lost), in its place. It
	// must not block for long.
	Close()
}

// Receipt is the result of a message that a Transaction has taken. The zero Receipt is a
// message taken for all recipients.
type Receipt struct {
	// Text is the text of the reply 250, with printable ASCII. "": the Message-ID and
	// the ID of the message, "Queued mail for delivery".
	Text string

	// Result is for the log: where the message is now, and under which name.
	Result string

	// Refused has the recipients that don't get the message, after all. The client
	// gets 250 because of the others, and the sender a delivery report about these:
	// see [Server.Reports]. If it has all recipients, the message is refused with the
	// first error.
	Refused []Refused
}

// Refused is a recipient that a Transaction refused at the end of the message.
type Refused struct {
	Recipient envelope.Recipient
	Err       error // an [Error] has the reply that the report shows
}

// Deliver makes a whole transaction with a Handler: it hands over a message to all
// recipients in env.To. If one is refused, Deliver returns that error, and the Handler
// gets no message.
func Deliver(ctx context.Context, h Handler, env *Envelope, body io.Reader) (Receipt, error) {
	tx, err := h.Begin(ctx, env)
	if err != nil {
		return Receipt{}, err
	}
	defer tx.Close()
	for _, rcpt := range env.To {
		if err := tx.Rcpt(ctx, rcpt); err != nil {
			return Receipt{}, err
		}
	}
	return tx.Deliver(ctx, body)
}

// HandlerFunc is a function that is a Handler. It is called for each message, with the
// recipients in env.To, as [Transaction.Deliver] is.
type HandlerFunc func(ctx context.Context, env *Envelope, body io.Reader) error

// Begin implements [Handler].
func (f HandlerFunc) Begin(_ context.Context, env *Envelope) (Transaction, error) {
	if f == nil {
		return nil, errNoHandler
	}
	return &funcTransaction{f, env}, nil
}

// funcTransaction is a transaction of a HandlerFunc.
type funcTransaction struct {
	deliver HandlerFunc
	env     *Envelope
}

func (*funcTransaction) Rcpt(context.Context, envelope.Recipient) error { return nil }

func (tx *funcTransaction) Deliver(ctx context.Context, body io.Reader) (Receipt, error) {
	return Receipt{}, tx.deliver(ctx, tx.env, body)
}

func (*funcTransaction) Close() {}

// errNoHandler is the error of a Server without a Handler, and of a HandlerFunc without a function.
var errNoHandler = errors.New("no handler for messages is given")

// ready returns an error unless h can take messages.
func ready(h Handler) error {
	switch v := reflect.ValueOf(h); {
	case h == nil, (v.Kind() == reflect.Pointer || v.Kind() == reflect.Func) && v.IsNil():
		return errNoHandler
	}
	if r, ok := h.(interface{ Ready() error }); ok {
		return r.Ready()
	}
	return nil
}
