package smtpserver

import (
	"errors"
	"io"

	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/reply"
)

// errBrokenOff is the error of a message in chunks that another command, or the end
// of the connection, has ended. Its reply has been sent or follows.
var errBrokenOff = errors.New("broken off by the client")

// handleData receives a message that ends with a dot.
func (c *conn) handleData(arg string) answer {
	if reason := noArgument(arg); reason != 0 {
		return c.refuseData(c.answer(reason))
	}
	if a, ok := c.inOrder(order.Data); !ok {
		return c.refuseData(a)
	}
	c.writeReply(c.text(reply.StartMail))
	c.data = dataReader{w: &c.wire, atLineStart: true}
	return c.receive(&c.data)
}

// refuseData refuses DATA with a. Bytes that the client has sent behind it already are a
// message, not commands, and end the connection.
func (c *conn) refuseData(a answer) answer {
	if len(c.wire.unread()) > 0 {
		a.last = reply.ImproperPipelining
	}
	return a
}

// handleBdat receives a message in chunks. Whatever the state, the bytes that the
// command announces are content. If it doesn't say how many, the rest of the
// connection can't be read.
func (c *conn) handleBdat(arg string) answer {
	chunk, ok := parseChunk(arg)
	if !ok {
		return c.cutOffAnswer(reply.InvalidArguments)
	}
	a := c.answer(reply.UnrecognizedCommand)
	if c.cfg.Chunking {
		a, ok = c.inOrder(order.Bdat)
	}
	if c.cfg.Chunking && ok {
		return c.receive(&bdatReader{w: &c.wire, chunk: chunk, following: c.nextChunk, count: 1, total: chunk.size})
	}
	switch err := c.wire.discard(chunk.size, c.cfg.maxDiscard); err {
	case nil:
		return a
	case errTooMuch:
		a.cutOff = true
		return a
	default:
		return c.readFailed(err)
	}
}

// nextChunk confirms a chunk and waits for the next one. Commands that leave the
// transaction alone are answered in between; any other ends the message.
func (c *conn) nextChunk() (chunk, error) {
	c.writeReply(c.text(reply.ChunkOK))
	for !c.closing {
		cmd, err := c.readCommand(false)
		if err != nil {
			c.send(c.readFailed(err))
			continue
		}
		switch cmd.verb {
		case verbBdat:
			next, ok := parseChunk(cmd.arg)
			if !ok {
				return chunk{}, errBadChunk
			}
			if next.size == 0 && !next.last {
				c.send(answer{withoutEffect: true})
			}
			if c.closing {
				return chunk{}, errBrokenOff
			}
			return next, nil
		case verbRset, verbEhlo, verbHelo, verbQuit:
			c.putBack, c.hasPutBack = cmd, true
			return chunk{}, errBrokenOff
		case verbData:
			c.send(c.refuseData(c.answer(reply.BadSequence))) // RFC 3030, section 2
		case verbMail, verbRcpt, verbStartTLS, verbAuth:
			c.send(c.answer(reply.BadSequence))
		default:
			c.send(c.handleAside(cmd))
		}
	}
	return chunk{}, errBrokenOff
}

// receive has the Handler read the message from src, reads what the Handler leaves
// of it, and returns the answer.
func (c *conn) receive(src source) answer {
	b := &body{src: src, strict: !c.order.Binary}
	b.check.linefeedOK = c.cfg.BareLinefeedOK
	b.mend = b.strict && c.cfg.BareLinefeedOK
	if c.cfg.Answered != nil {
		b.ended = &c.arrived
	}
	if c.cfg.Buffers.mostlyFree() {
		c.wire.grow() // otherwise once the client has sent more than a little
	}
	defer c.wire.shrink()
	r := c.checked(c.readBody(b), 250)
	a := c.finish(b, r)
	c.endTransaction()
	if a.reply.Code == 250 {
		c.patience.idle, c.patience.deferred = 0, 0
	}
	a.refusesMail = true
	return a
}

// readBody calls the Handler's Data.
func (c *conn) readBody(b *body) reply.Reply {
	defer b.close()
	return c.handler.Data(b)
}

// finish returns the answer to a message to which the Handler's reply is r. The
// Handler may only accept what it has read to its end.
func (c *conn) finish(b *body, r reply.Reply) answer {
	switch {
	case b.err == io.EOF:
		return answer{reply: r}
	case b.cause != nil:
		return c.brokenOff(b.cause)
	case b.err != nil:
		c.note(b.err.Error())
		r = c.text(reply.BareLinefeed)
	case r.Code < 400:
		r = c.text(reply.TemporaryError)
	}
	return c.discardBody(b, r)
}

// discardBody reads to the end of a message that is refused with r.
//
// After a DATA message with a bare CR or LF the connection is closed. Its end has
// been found where RFC 5321 has it, but a sender that reads line ends differently
// may take CR CR LF dot CR LF for content. The rest of its message would be taken
// for commands.
func (c *conn) discardBody(b *body, r reply.Reply) answer {
	a := answer{reply: r}
	switch err := b.src.discard(c.cfg.maxDiscard, &b.check); err {
	case nil:
	case errTooMuch:
		a.cutOff = true
	default:
		return c.brokenOff(err)
	}
	if b.src == source(&c.data) && b.check.bad {
		a.cutOff = true
	}
	return a
}

// brokenOff returns the answer to a message that the client did not bring to its
// end: no answer if a later command of the client ended the message.
func (c *conn) brokenOff(err error) answer {
	c.note("message broken off: " + err.Error())
	if err == errBrokenOff {
		return answer{}
	}
	return c.readFailed(err)
}
