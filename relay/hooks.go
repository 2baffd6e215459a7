package relay

import (
	"cmp"
	"context"
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/message"
)

// Hooks are functions that a Server calls beside its Handler: filters, counters, looks at
// blocklists. Each may be nil. The Server asks them after the policy and before the
// Handler, in the order of Server.Hooks. An error refuses, with the reply of an [Error] or
// 451 4.3.0, and neither later Hooks nor the Handler are asked.
//
// They are called by many connections at once, those of one connection one after the
// other. The client waits meanwhile; ctx ends when its time is up.
//
// The context that Connect returns is the parent of all others of the connection, and the
// context that Mail returns is the parent of the transaction's: Hooks keep in them what
// they have found out. A nil context stands for the one that was passed in.
type Hooks struct {
	// Connect is called before the greeting, for connections that the policy and the
	// limits allow. An error is sent in place of the greeting, and closes the
	// connection.
	Connect func(ctx context.Context, c *Conn) (context.Context, error)

	// Hello is called for EHLO and HELO; c.Helo is the new name.
	Hello func(ctx context.Context, c *Conn) error

	// Login is called when the Verifier has accepted a user, and the policy too.
	Login func(ctx context.Context, c *Conn, user auth.Identity) error

	// Mail is called for MAIL. It may set env.TraceParent.
	Mail func(ctx context.Context, env *Envelope) (context.Context, error)

	// Rcpt is called for RCPT. env.To has the recipients that were accepted before.
	Rcpt func(ctx context.Context, env *Envelope, rcpt envelope.Recipient) error

	// Message is called with the whole message, header firewall, missing fields and the
	// Received field done, before the Handler gets it. Until it returns it may read the
	// message as often as it likes, and change its header and its body. MaxHeaderSize and
	// MaxMessageSize hold for the result. If one of the Hooks needs the message, the Server
	// reads it to its end before it calls the Handler.
	//
	// It may also change env.From, and add recipients to env.To and remove them; of env
	// nothing else. The policy isn't asked: the program sends, not the client. The Handler
	// then gets a new transaction, which routes each recipient as any other. If it refuses
	// an added one, the client gets 451. A message without recipients is accepted and goes
	// nowhere. Delivery reports go to the new sender.
	Message func(ctx context.Context, env *Envelope, m *message.Message) error

	// NeedsMessage reports whether Message is called for a transaction. It is asked when
	// the message begins; if none of the Hooks needs it, the message isn't held. Nil:
	// Message is always called.
	NeedsMessage func(env *Envelope) bool

	// Done is called once for each transaction for which Mail was, also if a later one
	// of the Hooks or the Handler refused MAIL. It must not block for long.
	Done func(ctx context.Context, env *Envelope, r Result)
}

// Conn is a connection as Hooks see it. They must not change it, nor use it when they
// have returned.
type Conn struct {
	auth.Channel
	ID      string             // names the connection in logs
	Proxy   event.Proxy        // the load balancer that passed the connection on; zero: none
	Tester  netip.AddrPort     // the tester that stands for the client, by XCLIENT; zero: none
	Inbound *connector.Inbound // the Receive connector
	Helo    string             // the client's name of its latest EHLO or HELO; "" before
	ESMTP   bool               // it was EHLO
	User    string             // the name of the authenticated user; "": not authenticated
	Rights  permission.Set     // what the client may do; TLS and AUTH change it
}

// Result is how a transaction ended.
type Result struct {
	// Reply is the reply to MAIL if MAIL was refused, otherwise the reply to the
	// message. It is zero if the transaction ended without a message (RSET,
	// connection lost).
	Reply   reply.Reply
	Size    int64   // of the message as far as it was read, in bytes
	Receipt Receipt // of an accepted message
	Err     error   // why the message was refused or broken off; nil: by the policy, or accepted
}

// hooks are all Hooks of a Server.
type hooks []Hooks

func (all hooks) connect(ctx context.Context, c *Conn) (context.Context, error) {
	for i := range all {
		if f := all[i].Connect; f != nil {
			next, err := f(ctx, c)
			if err != nil {
				return ctx, err
			}
			ctx = cmp.Or(next, ctx)
		}
	}
	return ctx, nil
}

func (all hooks) hello(ctx context.Context, c *Conn) error {
	return all.each(func(h *Hooks) error {
		if h.Hello == nil {
			return nil
		}
		return h.Hello(ctx, c)
	})
}

func (all hooks) login(ctx context.Context, c *Conn, user auth.Identity) error {
	return all.each(func(h *Hooks) error {
		if h.Login == nil {
			return nil
		}
		return h.Login(ctx, c, user)
	})
}

func (all hooks) rcpt(ctx context.Context, env *Envelope, rcpt envelope.Recipient) error {
	return all.each(func(h *Hooks) error {
		if h.Rcpt == nil {
			return nil
		}
		return h.Rcpt(ctx, env, rcpt)
	})
}

func (all hooks) message(ctx context.Context, env *Envelope, m *message.Message) error {
	return all.each(func(h *Hooks) error {
		if !h.needsMessage(env) {
			return nil
		}
		return h.Message(ctx, env, m)
	})
}

// wantMessage reports whether one of the Hooks looks at the message of a transaction.
func (all hooks) wantMessage(env *Envelope) bool {
	return slices.ContainsFunc(all, func(h Hooks) bool { return h.needsMessage(env) })
}

// needsMessage reports whether Message is called for a transaction.
func (h *Hooks) needsMessage(env *Envelope) bool {
	return h.Message != nil && (h.NeedsMessage == nil || h.NeedsMessage(env))
}

// each calls f for each of the Hooks until it returns an error.
func (all hooks) each(f func(*Hooks) error) error {
	for i := range all {
		if err := f(&all[i]); err != nil {
			return err
		}
	}
	return nil
}
