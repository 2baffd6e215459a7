package smtpserver

import (
	"crypto/tls"
	"io"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/routing"
)

// Handler decides about the commands of one connection and takes its messages. All
// calls come from the goroutine of Serve. The order of commands has been checked
// before: Mail comes only after an accepted Hello, Rcpt only within a transaction,
// Data only with at least one accepted recipient, Auth only outside of a transaction
// and at most once with success.
//
// A reply accepts if its code is the one that the command calls for (250, for
// AuthEnd 235), and refuses if its code is 400 to 599. Any other reply, the zero
// Reply included, becomes 451 4.3.0. A reply of 421 ends the connection. Text may
// hold several lines separated by "\n"; '?' replaces everything in it that isn't
// printable ASCII.
//
// A panic in a method ends the connection with 421 4.3.0, and is the error of
// Serve.
type Handler interface {
	// Hello begins the dialog, or begins it again: a transaction that was open
	// has been reset. name is the client's argument, at most 255 bytes with '?' for
	// everything that isn't printable ASCII; it is empty if there was none. An
	// empty Text of an accepting reply stands for
	// "<Fqdn> Hello [<address of the client>]". The offer holds after HELO too, but
	// only the reply to EHLO (esmtp) shows it.
	Hello(name string, esmtp bool) (Offer, reply.Reply)
	// TLS reports that the channel is encrypted from now on. Everything that was
	// said before is void, and Hello comes again.
	TLS(state tls.ConnectionState)
	// StartTLS decides on STARTTLS, whether or not the last Offer had it. The zero Reply
	// accepts; any other is the refusal.
	StartTLS() reply.Reply
	// OutOfOrder returns the refusal of a command that may not come now. why is
	// package order's reason.
	OutOfOrder(v order.Verb, why reply.Reason) reply.Reply
	// Auth starts an exchange for a mechanism, in capitals, whether or not the
	// last Offer had it. The zero Reply accepts; any other is the refusal.
	Auth(mechanism string) (auth.Exchange, reply.Reply)
	// AuthEnd reports how the exchange ended: err is nil if Next was done, else
	// the error of Next. It is not called if the client cancelled the exchange.
	AuthEnd(err error) reply.Reply
	// Trusted reports whether the client is authenticated or trusted for its
	// address. The tarpit spares it.
	Trusted() bool
	// Relays reports whether the client may send to every recipient. Like a
	// trusted client it has nothing to guess, so no refusal of its mail counts as
	// an error.
	Relays() bool
	// Complete returns a local part, as in MAIL FROM:<root>, with its domain. The
	// zero Address refuses it.
	Complete(local routing.Address) routing.Address
	// Mail begins a transaction, and Rcpt adds a recipient to it. Of m, the
	// values of MAIL are set.
	Mail(m envelope.Envelope) reply.Reply
	Rcpt(r envelope.Recipient) reply.Reply
	// Data reads the message from body. It may accept only after body has
	// returned io.EOF. Any other error of body means that there is no message: the
	// Handler has to drop what it has read, and its reply doesn't matter. Data may
	// return a refusal early. Reads of body fail after Data has returned. A Reset
	// follows.
	Data(body io.Reader) reply.Reply
	// Reset drops the transaction, if one is open.
	Reset()
	// Close is the last call.
	Close()
}

// Offer is the Handler's part of what the reply to EHLO advertises.
type Offer struct {
	Size     bool     // advertise SIZE, and take the parameter
	MaxSize  int64    // in bytes, the number behind SIZE; 0: without one
	StartTLS bool     // advertise STARTTLS
	SASL     []string // mechanisms of AUTH; empty: AUTH is not advertised
	Hangup   bool     // Hello refused, and the connection ends after the reply
}

// Abort is the error of a body that is not a message: the client went away, broke
// off, was too slow, or sent a byte that a message must not have.
type Abort struct{ Reason string }

// Error implements error.
func (a *Abort) Error() string { return "message broken off: " + a.Reason }
