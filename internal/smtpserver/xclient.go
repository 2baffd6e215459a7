package smtpserver

import (
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/xclient"
)

// Succession is the error of Serve when a client has said by XCLIENT which client it stands for. The
// connection is open, and the conversation with that client is to begin, with the greeting.
type Succession struct{ xclient.Attributes }

// Error implements error.
func (*Succession) Error() string { return "XCLIENT has named another client" }

// takesXclient reports whether XCLIENT may come. Within TLS the connection couldn't begin again.
func (c *conn) takesXclient() bool { return c.cfg.Xclient && !c.order.TLS }

// handleXclient ends the conversation, so that the one with another client begins, or refuses to. For clients
// that may not use the command it doesn't exist.
func (c *conn) handleXclient(arg string) answer {
	switch {
	case !c.cfg.Xclient:
		return c.answer(reply.UnrecognizedCommand)
	case !c.order.Greeted:
		return c.answer(reply.SendHelloFirst)
	case c.order.Transaction, c.order.TLS:
		return c.answer(reply.BadSequence)
	}
	attributes, err := xclient.Parse(arg)
	if err != nil {
		c.note(err.Error())
		return c.answer(reply.InvalidArguments)
	}
	c.closing = true
	if len(c.wire.unread()) > 0 { // the tester would say it to the wrong server
		return c.answer(reply.ImproperPipelining)
	}
	c.err = &Succession{attributes}
	return answer{}
}
