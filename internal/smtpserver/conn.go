package smtpserver

import (
	"context"
	"time"

	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/reply"
)

// conn is one connection.
type conn struct {
	cfg      Config
	handler  Handler
	shutdown context.Context // ends when the server shuts down
	wire     wire
	data     dataReader // of the DATA message that is being read

	order order.State
	offer Offer // of the last EHLO

	patience   patience
	putBack    command // was read within a BDAT message, which it ended
	hasPutBack bool
	sawAuth    bool
	arrived    time.Time // when the message of the command in progress was read to its end; zero: it wasn't
	closing    bool      // no further command is read
	cutOff     bool      // the client may still be sending
	lost       bool      // the client has ended the connection
	err        error     // the error of Serve
}

// text returns the reply for a reason, worded as the connector's edition does.
func (c *conn) text(reason reply.Reason) reply.Reply { return reason.Reply(c.cfg.Profile) }

// inTransaction reports whether a transaction is open. A shutdown lets it end.
func (c *conn) inTransaction() bool { return c.order.Transaction }

// endTransaction has the Handler drop the transaction, if one is open.
func (c *conn) endTransaction() {
	if c.order.Transaction {
		c.handler.Reset()
	}
	c.order.EndTransaction()
}
