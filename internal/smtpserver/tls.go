package smtpserver

import (
	"crypto/tls"
	"errors"
	"time"

	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/mailtls"
)

// handleStartTLS puts the connection under TLS, or refuses to.
func (c *conn) handleStartTLS(arg string) answer {
	if a, ok := c.inOrder(order.StartTLS); !ok {
		return a
	}
	if reason := noArgument(arg); reason != 0 {
		return c.answer(reason)
	}
	if r := c.handler.StartTLS(); r != (reply.Reply{}) {
		return answer{reply: c.checked(r, 0)}
	}
	if len(c.wire.unread()) > 0 {
		// Sent in plaintext, perhaps by a third party, to be believed under TLS
		// (CVE-2011-0411).
		c.closing = true
		return c.answer(reply.ImproperPipelining)
	}
	c.writeReply(c.text(reply.StartTLSReady))
	c.handshake()
	return answer{}
}

// handshake puts the connection under TLS and reports whether it succeeded. A
// failure ends the connection: an attacker in the middle would like it to go on in
// plaintext.
func (c *conn) handshake() bool {
	if c.cfg.TLS == nil {
		c.err = errors.New("the connection begins with TLS and needs a certificate")
		c.closing = true
		return false
	}
	if c.wire.flush() != nil {
		c.closing = true
		return false
	}
	config := c.cfg.TLS()
	if config.MinVersion < mailtls.MinVersion {
		config = config.Clone()
		config.MinVersion = mailtls.MinVersion
	}
	conn := tls.Server(c.wire.raw, config)
	_ = c.wire.setDeadline(c.wire.deadline(time.Now())) // the wire is still raw
	var err error
	done := make(chan struct{})
	go func() { // a handshake needs a large stack, which this goroutine would keep
		defer close(done)
		defer func() {
			if v := recover(); v != nil { // of a function in config
				c.panicked(v)
				err = errors.New("TLS handshake failed: panic")
			}
		}()
		err = mailtls.Server(c.shutdown, conn)
	}()
	<-done
	if err != nil {
		if c.err == nil && c.shutdown.Err() == nil {
			c.err = err
		}
		c.note(err.Error())
		c.closing = true
		return false
	}
	c.wire.conn = conn
	c.order.StartTLS()
	c.offer = Offer{}
	c.handler.TLS(conn.ConnectionState())
	return true
}
