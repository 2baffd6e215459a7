package smtpserver

import (
	"io"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector/reply"
)

// chunk is the argument of BDAT (RFC 3030, section 2).
type chunk struct {
	size int64
	last bool
}

// parseChunk parses the argument of BDAT.
func parseChunk(arg string) (c chunk, ok bool) {
	size, last := cutWord(arg)
	if last != "" && !strings.EqualFold(last, "LAST") {
		return chunk{}, false
	}
	if size == "" || len(size) > 18 || strings.Trim(size, digits) != "" {
		return chunk{}, false
	}
	n, err := strconv.ParseInt(size, 10, 64)
	return chunk{size: n, last: last != ""}, err == nil
}

// startBdat begins a message in chunks: true makes BDAT the pending command.
// Whatever the state, the octets that the command announces are content. If it
// can't be told how many there are, nothing that follows can be told apart.
func (g *conn) startBdat(arg string) bool {
	c, ok := parseChunk(arg)
	if !ok {
		g.refuseAndClose(reply.InvalidArguments)
		return false
	}
	if r := g.checkBdat(); r != 0 {
		g.refuseChunk(c, r)
		return false
	}
	g.pending.chunk = c
	return true
}

// checkBdat returns the reason to refuse BDAT, or none.
func (g *conn) checkBdat() (r reply.Reason) {
	switch {
	case !g.cfg.Chunking:
		return reply.UnrecognizedCommand
	case !g.hello:
		return reply.SendHelloFirst
	case !g.inMail:
		return reply.NeedMail
	case g.accepted == 0:
		return reply.NeedRcpt
	}
	return r
}

// refuseChunk drops the octets of a chunk and refuses it.
func (g *conn) refuseChunk(c chunk, r reply.Reason) {
	g.pending = pending{}
	switch err := g.wire.discard(c.size, g.cfg.MaxDiscard); err {
	case nil:
		g.say(r)
	case errTooMuch:
		g.refuseAndClose(r)
	default:
		g.lost(err)
	}
}

// discard drops n octets of content, but not more than max.
func (w *wire) discard(n, max int64) error {
	if n > max {
		return errTooMuch
	}
	defer w.shrink()
	for n > 0 {
		if len(w.unread()) == 0 {
			if err := w.fill(false); err != nil {
				return err
			}
		}
		drop := min(n, int64(len(w.unread())))
		w.skip(int(drop))
		n -= drop
	}
	return nil
}

// chunks is a message that comes by BDAT. Between two chunks it talks to the
// client itself.
type chunks struct {
	g *conn
	chunk
	used int // unread octets of the wire that next has returned

	count, total int64 // chunks so far, and their bytes
}

// next implements source.
func (c *chunks) next() ([]byte, error) {
	w := &c.g.wire
	w.skip(c.used)
	c.used = 0
	for c.size == 0 {
		if c.last {
			return nil, io.EOF
		}
		if err := c.nextChunk(); err != nil {
			return nil, err
		}
	}
	if len(w.unread()) == 0 {
		if err := w.fill(false); err != nil {
			return nil, err
		}
	}
	p := w.unread()
	p = p[:min(int64(len(p)), c.size)]
	c.used = len(p)
	c.size -= int64(len(p))
	return p, nil
}

// nextChunk confirms a chunk and waits for the next one. Commands that leave
// the transaction alone are answered in between; any other ends the message.
func (c *chunks) nextChunk() error {
	g := c.g
	g.write(g.text(reply.ChunkOK))
	for !g.closing {
		cmd, ok := g.command(false)
		if !ok {
			continue
		}
		switch cmd.verb {
		case verbBdat:
			next, ok := parseChunk(cmd.arg)
			if !ok {
				g.refuseAndClose(reply.InvalidArguments)
				return errBroken
			}
			c.chunk = next
			if !c.worth(next) {
				g.refuseAndClose(reply.InvalidArguments)
				return errBroken
			}
			return nil
		case verbNoop:
			g.say(reply.NoopOK)
			g.idled()
		case verbHelp:
			g.say(reply.HelpOK)
			g.idled()
		case verbVrfy:
			g.say(reply.VerifyNothing)
			g.idled()
		case verbRset, verbEhlo, verbHelo, verbQuit:
			g.again = &cmd
			return errBroken
		case verbUnsupported:
			g.say(reply.CommandNotImplemented)
		case verbUnknown:
			g.say(reply.UnrecognizedCommand)
		default:
			g.say(reply.BadSequence) // RFC 3030, section 2
			g.afterRefusal(cmd.verb)
		}
	}
	return errBroken
}

// worth reports whether the chunks so far carry enough to be worth their
// commands. A message of thousands of nearly empty chunks only keeps us busy.
func (c *chunks) worth(next chunk) bool {
	c.count++
	c.total += next.size
	return c.count <= manyChunks || c.total >= c.count*smallChunk
}

// stop implements source: the rest of the chunk is dropped, and the refusal is
// the reply to it. Chunks that come all the same find no transaction.
func (c *chunks) stop(max int64) error {
	c.g.wire.skip(c.used)
	c.used = 0
	return c.g.wire.discard(c.size, max)
}
