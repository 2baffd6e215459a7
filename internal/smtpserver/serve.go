package smtpserver

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"runtime/debug"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
)

// conn is one connection.
type conn struct {
	cfg  Config
	sess Handler
	ctx  context.Context // of the session's methods; ends with Serve
	stop context.Context // ends when the server wants to stop
	wire wire
	dots dots // of the message that is being read

	dialog // forgotten at STARTTLS

	encrypted bool
	closing   bool // no further command is read
	cutOff    bool // the client may still be sending
	upgrade   bool // STARTTLS has been accepted
	sawAuth   bool
	errors    int
	logons    int
	idle      int   // commands that led nowhere since the last message
	putOff    int   // recipients refused for now since the last message
	err       error // what Serve returns

	pending pending  // the command that the session is working on
	again   *command // ended a BDAT message, and is next
}

// dialog is what the client has said so far. Nothing of it outlives STARTTLS
// (RFC 3207, section 4.2).
type dialog struct {
	hello  bool // an accepted EHLO or HELO
	esmtp  bool // it was EHLO
	offer  Offer
	authed bool

	inMail   bool // an accepted MAIL
	mail     Mail
	accepted int // recipients
}

// Serve runs the conversation on raw until it ends, and closes raw. The end of
// ctx asks for it: a client outside of a transaction is told 421 4.3.2 at once,
// a transaction may be finished before. The contexts of the session's methods
// don't end with ctx, only with Serve; who wants to be rid of a connection at
// once closes raw.
//
// The error is nil unless something went wrong on our side or in the TLS
// handshake. That a client broke off or was thrown out is none.
func Serve(ctx context.Context, raw net.Conn, cfg Config, s Handler) error {
	sessionCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	g := &conn{cfg: cfg.withDefaults(), sess: s, ctx: sessionCtx, stop: ctx}
	g.wire.init(raw, g.cfg.Buffers, g.cfg.InactivityTimeout, g.cfg.ConnectionTimeout)
	defer context.AfterFunc(ctx, g.wire.shut)()
	g.serve()
	_ = g.wire.flush()
	g.linger()
	_ = g.wire.conn.Close()
	g.wire.release()
	g.protect(s.Close)
	return g.err
}

// linger reads on for a moment after a client was cut off. To close a TCP
// connection with octets unread resets it, and a client that is sending would
// lose the reply: it would try again what was refused for good.
func (g *conn) linger() {
	half, ok := g.wire.raw.(interface{ CloseWrite() error })
	if !g.cutOff || !ok || g.wire.outErr != nil || g.stop.Err() != nil {
		return
	}
	if c, ok := g.wire.conn.(*tls.Conn); ok {
		_ = c.CloseWrite()
	}
	_ = half.CloseWrite()
	_ = g.wire.raw.SetReadDeadline(time.Now().Add(lingerTime))
	_, _ = io.Copy(io.Discard, g.wire.raw)
}

// serve goes through the phases of a connection: before TLS and under it.
func (g *conn) serve() {
	if g.cfg.Implicit && !g.handshake() {
		return
	}
	g.write(reply.Reply{Code: 220, Text: g.cfg.Banner})
	for {
		g.talk()
		if !g.upgrade || g.closing {
			return
		}
		g.upgrade, g.dialog = false, dialog{}
		if !g.handshake() {
			return
		}
	}
}

// protect calls a method of the session and recovers its panic.
func (g *conn) protect(f func()) (ok bool) {
	defer func() {
		if v := recover(); v != nil {
			g.fault(fmt.Errorf("smtpserver: panic in handler: %v\n%s", v, debug.Stack()))
		}
	}()
	f()
	return true
}

// fault ends the connection for a mistake on our side.
func (g *conn) fault(err error) {
	if g.err == nil {
		g.err = err
	}
	g.end(reply.InternalError)
}

// trusted asks the session.
func (g *conn) trusted() (is bool) {
	g.protect(func() { is = g.sess.Trusted() })
	return is
}

// guessesNothing asks the session.
func (g *conn) guessesNothing() (is bool) {
	g.protect(func() { is = g.sess.Trusted() || g.sess.Relays() })
	return is
}

// remark writes a line of our own to the protocol log.
func (g *conn) remark(text string) {
	if g.cfg.Log != nil {
		g.cfg.Log('*', escape(text))
	}
}

// remoteIP returns the client's address for the reply to EHLO.
func (g *conn) remoteIP() string {
	a := g.wire.raw.RemoteAddr()
	if a == nil {
		return "unknown"
	}
	if t, ok := a.(*net.TCPAddr); ok {
		return t.IP.String()
	}
	if host, _, err := net.SplitHostPort(a.String()); err == nil {
		return host
	}
	return a.String()
}
