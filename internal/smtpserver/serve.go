package smtpserver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime/debug"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
)

// Serve runs the conversation on raw until it ends, and closes raw. The end of
// ctx asks for that: a client outside of a transaction gets 421 4.3.2 at once, one
// within a transaction may finish it. To end a connection at once, close raw.
//
// After XCLIENT the error is a *Succession, and raw is open.
//
// Otherwise the error is nil unless something went wrong in the Handler, in the
// configuration or in the TLS handshake. A client that breaks off or is cut off is
// not an error.
func Serve(ctx context.Context, raw net.Conn, cfg *Config, h Handler) error {
	c := &conn{cfg: *cfg, handler: h, shutdown: ctx}
	c.cfg.setDefaults()
	c.wire.init(raw, &c.cfg)
	defer context.AfterFunc(ctx, c.wire.beginShutdown)()
	c.converse()
	_ = c.wire.flush()
	if !errors.As(c.err, new(*Succession)) {
		c.linger()
		_ = c.wire.conn.Close()
	}
	c.wire.release()
	c.closeHandler()
	c.logEnded()
	return c.err
}

// converse reads commands and replies to them until the connection ends.
func (c *conn) converse() {
	defer c.recoverPanic()
	if c.cfg.Implicit && !c.handshake() {
		return
	}
	c.writeReply(reply.Reply{Code: 220, Text: c.cfg.Banner})
	for !c.closing {
		cmd, err := c.readCommand(!c.inTransaction())
		if err != nil {
			c.send(c.readFailed(err))
			continue
		}
		c.send(c.perform(cmd))
	}
}

// ErrPanic is the cause of the error of Serve after a panic.
var ErrPanic = errors.New("panic while serving")

// recoverPanic ends the connection after a panic, most likely of the Handler.
func (c *conn) recoverPanic() {
	if v := recover(); v != nil {
		c.panicked(v)
		c.closeWith(reply.InternalError)
	}
}

// panicked records a panic as the error of Serve, unless there is one already.
func (c *conn) panicked(v any) {
	if c.err == nil {
		c.err = fmt.Errorf("%w: %v\n%s", ErrPanic, v, debug.Stack())
	}
}

// closeHandler makes the last call of the Handler.
func (c *conn) closeHandler() {
	defer func() {
		if v := recover(); v != nil {
			c.panicked(v)
		}
	}()
	c.handler.Close()
}

// linger reads on for a moment after a client was cut off. Closing a TCP
// connection with unread bytes resets it, and a client that is still sending would
// lose the reply and try again what was refused for good.
func (c *conn) linger() {
	half, ok := c.wire.raw.(interface{ CloseWrite() error })
	if !c.cutOff || !ok || c.wire.outErr != nil || c.shutdown.Err() != nil {
		return
	}
	if conn, ok := c.wire.conn.(*tls.Conn); ok {
		_ = conn.CloseWrite()
	}
	_ = half.CloseWrite()
	_ = c.wire.raw.SetReadDeadline(time.Now().Add(lingerTime))
	_, _ = io.Copy(io.Discard, c.wire.raw)
}
