package smtpserver

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/interchange-smtp/interchange/connector/reply"
)

// source is a message on the wire, DATA or BDAT.
type source interface {
	// next returns the content that is there, at least one octet of it, valid
	// until the next call; io.EOF is the end of the message.
	next() ([]byte, error)
	// stop ends a message that was refused before its end: it reads on to
	// where commands can be told from content again, at most max octets of
	// it.
	stop(max int64) error
}

// errTooMuch is the error of stop when there is more.
var errTooMuch = errors.New("too much to discard")

// errBroken is the error of next when a command of the client's has ended a
// message in chunks before its time.
var errBroken = errors.New("broken off by the client")

// body is the io.Reader of Handler.Data.
type body struct {
	mu     sync.Mutex // a session may leave a goroutine behind that reads
	src    source
	check  contentCheck
	strict bool // forbid what RFC 5321, 2.3.8 forbids; else: BINARYMIME
	mend   bool // make CRLF of every bare LF
	cr     bool // with mend: the last octet that Read returned was CR
	rest   []byte
	err    error // sticky: io.EOF or *Abort
	cause  error // behind an *Abort: the wire's, or nil for bad content
	closed bool
}

var errBodyClosed = &Abort{"read after the end of Data"}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return 0, errBodyClosed
	}
	if len(p) == 0 {
		return 0, nil
	}
	if len(b.rest) == 0 && b.err == nil {
		b.rest = b.more()
	}
	if len(b.rest) == 0 {
		return 0, b.err
	}
	if b.mend {
		return b.mendLines(p), nil
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// mendLines copies what fits of the rest to p, with CR in front of every bare
// LF, and returns how many octets that makes. p and the rest aren't empty.
func (b *body) mendLines(p []byte) (n int) {
	for n < len(p) && len(b.rest) > 0 {
		line, _, ends := bytes.Cut(b.rest, []byte{'\n'})
		switch {
		case len(line) > 0:
			k := copy(p[n:], line)
			b.cr = line[k-1] == '\r'
			b.rest, n = b.rest[k:], n+k
		case ends && !b.cr: // the LF stays in the rest, and is no bare one now
			p[n], b.cr, n = '\r', true, n+1
		default:
			p[n], b.cr, n = '\n', false, n+1
			b.rest = b.rest[1:]
		}
	}
	return n
}

// more returns the next content that is as it should be, or sets err.
func (b *body) more() []byte {
	span, err := b.src.next()
	switch {
	case err == io.EOF && b.strict && !b.check.end():
		b.err = &Abort{"bare CR at the end"}
	case err == io.EOF:
		b.err = io.EOF
	case err != nil:
		b.err, b.cause = &Abort{err.Error()}, err
	case b.strict && !b.check.add(span):
		b.err = &Abort{"bare CR, bare LF or NUL"}
	default:
		return span
	}
	return nil
}

// close makes the body useless for whoever still holds it.
func (b *body) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
}

// receive has the session read the message, and makes sure of its end.
func (g *conn) receive() reply.Reply {
	p := &g.pending
	b := &body{strict: g.mail.Body != BodyBinaryMIME}
	b.check.linefeedOK = g.cfg.BareLinefeedOK
	b.mend = b.strict && g.cfg.BareLinefeedOK
	if p.verb == verbBdat {
		b.src = &chunks{g: g, chunk: p.chunk}
	} else {
		g.dots = dots{w: &g.wire, begin: true}
		b.src = &g.dots
	}
	if g.cfg.Buffers.plenty() {
		g.wire.grow() // otherwise once the client has sent more than a little
	}
	defer g.wire.shrink()
	r := g.checked(g.readBody(b), 250)
	switch {
	case b.err == io.EOF:
		return r
	case b.cause != nil:
		return g.broken(b.cause)
	case b.err != nil:
		g.remark(b.err.Error())
		return g.stopBody(b, g.text(reply.BareLinefeed))
	case r.Code < 400:
		// Accepted without having been read to its end.
		return g.stopBody(b, g.text(reply.TemporaryError))
	}
	return g.stopBody(b, r)
}

// readBody calls the session's Data.
func (g *conn) readBody(b *body) reply.Reply {
	defer b.close()
	return g.sess.Data(g.ctx, b)
}

// stopBody reads to the end of a message that is refused with r.
//
// After a DATA with a bare CR or LF the connection is closed. Its end has been
// found where RFC 5321 has it, but a sender that reads line ends differently may
// take CR CR LF dot CR LF for content: to go on would be to take the rest of
// its message for commands.
func (g *conn) stopBody(b *body, r reply.Reply) reply.Reply {
	d, isData := b.src.(*dots)
	if isData {
		d.check = &b.check
	}
	p := &g.pending
	switch err := b.src.stop(g.cfg.MaxDiscard); err {
	case nil:
	case errTooMuch:
		p.close = true
	default:
		return g.broken(err)
	}
	if isData && b.check.bad {
		p.close = true
	}
	return r
}

// broken is the end of a message that the client did not bring to an end. The
// client gets no reply: lost has said what there is to say, or the connection is
// gone.
func (g *conn) broken(err error) reply.Reply {
	g.remark("message broken off: " + err.Error())
	if err != errBroken {
		g.lost(err)
	}
	g.pending.silent = true
	return g.text(reply.TemporaryError)
}

// contentCheck looks for what must not be in a message: CR without LF, LF
// without CR, NUL. Downstream there is always somebody who takes one of them
// for a line end, or for nothing (RFC 5321, 2.3.8 and 4.1.1.4).
type contentCheck struct {
	linefeedOK bool
	cr         bool // the last octet was CR
	bad        bool // sticky
}

// add reports whether the message is all right so far, p included.
func (c *contentCheck) add(p []byte) bool {
	if c.bad || len(p) == 0 {
		return !c.bad
	}
	pairs := 0
	if c.cr {
		if p[0] != '\n' {
			c.bad = true
			return false
		}
		pairs++
	}
	c.cr = p[len(p)-1] == '\r'
	body := p
	if c.cr {
		body = p[:len(p)-1]
	}
	for rest := body; ; pairs++ {
		i := bytes.IndexByte(rest, '\r')
		if i < 0 {
			break
		}
		if i+1 >= len(rest) || rest[i+1] != '\n' {
			c.bad = true
			return false
		}
		rest = rest[i+2:]
	}
	c.bad = bytes.IndexByte(p, 0) >= 0 ||
		!c.linefeedOK && bytes.Count(p, []byte{'\n'}) != pairs
	return !c.bad
}

// end reports whether the message may end here.
func (c *contentCheck) end() bool {
	c.bad = c.bad || c.cr
	return !c.bad
}
