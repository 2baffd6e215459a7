package smtpserver

import (
	"context"
	"crypto/tls"
	"io"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/routing"
)

// Handler decides about commands and takes messages. Calls come one at a time, never two at
// once, though not always from the same goroutine; none comes after Serve has
// returned. The order of commands has been checked before: Mail comes only
// after an accepted Hello, Rcpt only within a transaction, Data only with at
// least one accepted recipient, Auth only outside of a transaction and at most
// once with success.
//
// A reply is taken as acceptance only if its code is the one that the command
// calls for (250, for AuthEnd 235). Any other code outside of 400 to 599, the
// zero Reply included, is answered with 451 4.3.0. A reply of 421 ends the
// connection. Text may hold several lines separated by "\n"; what is not
// printable ASCII in it is replaced by '?'.
//
// A panic in a method ends the connection with 421 4.3.0 and comes back as the
// error of Serve.
type Handler interface {
	// Hello opens the dialog, or reopens it: a transaction that was under way
	// has been reset. An empty Text of an accepting reply stands for
	// "<Fqdn> Hello [<address of the client>]". The offer isn't shown unless
	// esmtp, but holds after HELO, too; name is what the client wrote, at most
	// 255 octets with '?' for what isn't printable ASCII, or empty if it gave
	// none.
	Hello(ctx context.Context, name string, esmtp bool) (Offer, reply.Reply)
	// TLS tells that the channel is encrypted from now on; all that was said
	// before is forgotten, and Hello comes again.
	TLS(state tls.ConnectionState)
	// Auth starts an exchange for a mechanism, spelled in capitals, that the
	// last Offer may or may not have held. The zero Reply lets it begin, any
	// other is the refusal.
	Auth(ctx context.Context, mechanism string) (auth.Exchange, reply.Reply)
	// AuthEnd tells how the exchange ended: err is nil when Next said that it
	// was done, else what Next returned. The answer is 235 or a refusal. It is
	// not called when the client gave up.
	AuthEnd(ctx context.Context, err error) reply.Reply
	// Trusted reports whether the client is authenticated or trusted for its
	// address: it is then spared the tarpit.
	Trusted() bool
	// Relays reports whether the client may send to every recipient: like one
	// that is trusted it has nothing to guess, so that no refusal of its mail
	// counts as an error.
	Relays() bool
	// Complete gives the local part of MAIL FROM:<root> or RCPT TO:<Postmaster>
	// its domain. The zero Address says that it has none, and refuses it.
	Complete(local routing.Address) routing.Address
	Mail(ctx context.Context, m Mail) reply.Reply
	Rcpt(ctx context.Context, r Rcpt) reply.Reply
	// Data reads the message from body to its io.EOF, and only then may it
	// accept. Any other error of body means that there is no message and that
	// whatever was read of it has to be dropped; the returned reply is then of
	// no account. Data may return a refusal early. The body must not be used
	// after Data has returned; its reads fail then. A Reset follows.
	Data(ctx context.Context, body io.Reader) reply.Reply
	// Reset drops the transaction, if there is one.
	Reset()
	// Close is the last call.
	Close()
}

// Offer is what the reply to EHLO advertises on the session's account.
type Offer struct {
	Size    bool     // advertise SIZE, and take the parameter
	MaxSize int64    // the number behind SIZE; 0: without one
	SASL    []string // mechanisms of AUTH; none: AUTH is not advertised
	Hangup  bool     // of a refused Hello: end the connection behind the reply
}

// Mail is a parsed MAIL command.
type Mail struct {
	From  routing.Address // zero: <>
	Size  int64           // as declared; 0: not declared
	Body  Body
	UTF8  bool
	Ret   string // "FULL", "HDRS" or ""
	EnvID string // xtext, checked: it can be sent on as it is
}

// Rcpt is a parsed RCPT command.
type Rcpt struct {
	To     routing.Address
	Notify []string // "NEVER", or some of "SUCCESS", "FAILURE", "DELAY"
	ORcpt  string   // type;xtext, or utf-8;address, checked; "" if absent or unreadable
}

// Body is the BODY parameter.
type Body uint8

// The body types.
const (
	Body7Bit Body = iota
	Body8BitMIME
	BodyBinaryMIME
)

// Abort is the error of a body that is no message: the client went away,
// broke the transfer off, was too slow, or sent what must not be sent.
type Abort struct{ Reason string }

// Error implements error.
func (a *Abort) Error() string { return "message broken off: " + a.Reason }
