package smtpserver

import (
	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/reply"
)

// handle does what a command asks for and returns the answer.
func (c *conn) handle(cmd command) answer {
	switch cmd.verb {
	case verbHelo, verbEhlo:
		return c.handleHello(cmd)
	case verbMail:
		return c.handleMail(cmd.arg)
	case verbRcpt:
		return c.handleRcpt(cmd.arg)
	case verbData:
		return c.handleData(cmd.arg)
	case verbBdat:
		return c.handleBdat(cmd.arg)
	case verbStartTLS:
		return c.handleStartTLS(cmd.arg)
	case verbAuth:
		return c.handleAuth(cmd.arg)
	case verbXclient:
		return c.handleXclient(cmd.arg)
	case verbRset:
		return c.handleRset(cmd.arg)
	case verbQuit:
		if cmd.arg != "" {
			return c.answer(reply.InvalidArguments)
		}
		return answer{last: reply.Bye}
	}
	return c.handleAside(cmd)
}

// inOrder reports whether a command may come now. If not, a is the refusal.
func (c *conn) inOrder(v order.Verb) (a answer, ok bool) {
	why := c.order.Refuse(v)
	if why == 0 {
		return a, true
	}
	return answer{reply: c.checked(c.handler.OutOfOrder(v, why), 0)}, false
}

// handleRset drops the transaction.
func (c *conn) handleRset(arg string) answer {
	if arg != "" {
		return c.answer(reply.InvalidArguments)
	}
	c.endTransaction()
	a := c.answer(reply.ResetOK)
	a.withoutEffect = true
	return a
}

// handleAside answers a command that changes nothing.
func (c *conn) handleAside(cmd command) answer {
	var a answer
	switch {
	case cmd.verb == verbNoop:
		a = c.answer(reply.NoopOK)
	case cmd.verb == verbHelp:
		a = c.answer(reply.HelpOK)
	case cmd.verb == verbVrfy && cmd.arg == "":
		a = c.answer(reply.InvalidArguments)
	case cmd.verb == verbVrfy:
		a = c.answer(reply.VerifyNothing)
	case cmd.verb == verbUnsupported:
		return c.answer(reply.CommandNotImplemented)
	default:
		return c.answer(reply.UnrecognizedCommand)
	}
	a.withoutEffect = true
	return a
}
