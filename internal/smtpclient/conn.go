package smtpclient

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// Conn is a connection to a next hop. It is not safe for concurrent use.
type Conn struct {
	nc   net.Conn
	wire wire // below nc
	br   *bufio.Reader
	bw   *bufio.Writer
	cfg  Config
	ext  extensions
	tls  bool
	line []byte // scratch
	cut  func() // closes nc

	heard memory
	begun bool // MAIL was accepted, and its transaction not ended
	taken int  // recipients accepted since MAIL
	asked bool // DATA was pipelined, and answered with data
	data  Reply
	bad   bool // nothing can be known of the conversation any more
}

// watch ends all waiting when ctx ends, until the returned function is called.
func (c *Conn) watch(ctx context.Context) (stop func() bool) { return context.AfterFunc(ctx, c.cut) }

// Has reports whether the hop offers an extension, named in upper case.
func (c *Conn) Has(keyword string) bool {
	_, ok := c.ext[keyword]
	return ok
}

// TLSVersion returns the version of TLS, as package crypto/tls has it; 0 in the clear.
func (c *Conn) TLSVersion() uint16 {
	if tc, ok := c.nc.(*tls.Conn); ok {
		return tc.ConnectionState().Version
	}
	return 0
}

// Reusable reports whether another transaction may be begun.
func (c *Conn) Reusable() bool { return !c.bad && !c.asked && c.br.Buffered() == 0 }

// Close ends the connection, with QUIT where that may be understood. It
// doesn't wait for the answer.
func (c *Conn) Close() error {
	if c.Reusable() && c.bw.Buffered() == 0 {
		_ = c.nc.SetDeadline(time.Now().Add(time.Second))
		_, _ = c.nc.Write([]byte("QUIT\r\n"))
	}
	return c.nc.Close()
}

// command sends one command and reads its reply.
func (c *Conn) command(s Stage, verb, arg string) (Reply, error) {
	c.line = append(append(append(c.line[:0], verb...), arg...), "\r\n"...)
	if err := c.write(s, c.line, c.cfg.Timeouts.Command); err != nil {
		return Reply{}, err
	}
	return c.read(s, c.cfg.Timeouts.Command)
}

// write sends b and what is buffered before it. Only BDAT is sent while answers
// are on their way; whatever else has come would pass for the answer to b.
func (c *Conn) write(s Stage, b []byte, d time.Duration) error {
	if s != StageBody {
		if err := c.unasked(s); err != nil {
			return err
		}
	}
	err := c.nc.SetWriteDeadline(time.Now().Add(d))
	if err == nil {
		if _, err = c.bw.Write(b); err == nil {
			err = c.bw.Flush()
		}
	}
	if err != nil {
		c.bad = true
		return &Error{Stage: s, Err: &waitError{d, err}}
	}
	return nil
}

// read reads one reply.
func (c *Conn) read(s Stage, d time.Duration) (Reply, error) { return c.readEach(s, d, nil) }

// late is how long after a deadline a process that runs notices it.
const late = time.Second

// await waits for the beginning of a reply. A process that was stopped for longer
// than d finds its deadline over and the reply there: then the reply counts, for
// what the hop has taken must not be sent again.
func (c *Conn) await(d time.Duration) error {
	deadline := time.Now().Add(d)
	if err := c.nc.SetReadDeadline(deadline); err != nil {
		return err
	}
	_, err := c.br.Peek(1)
	if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(deadline) < late {
		return err
	}
	if err := c.nc.SetReadDeadline(time.Now().Add(late)); err != nil {
		return err
	}
	_, err = c.br.Peek(1)
	return err
}

// readEach is read, and each gets the text of every line.
func (c *Conn) readEach(s Stage, d time.Duration, each func(string)) (Reply, error) {
	err := c.await(d)
	var r Reply
	switch {
	case err != nil:
	case each != nil:
		r, _, err = readReply(c.br, each)
	default:
		r, err = c.heard.read(s, c.br)
	}
	if err != nil {
		c.bad = true
		if c.cfg.Auth != nil && errors.Is(err, ErrReply) {
			err = ErrReply // what was said may be what we said
		}
		return Reply{}, &Error{Stage: s, Err: &waitError{d, err}}
	}
	if r.Code == 421 {
		c.bad = true // the hop closes the connection (RFC 5321 section 3.8)
	}
	if c.cfg.Auth != nil {
		r = withhold(r, *c.cfg.Auth)
	}
	return r, nil
}

// refusal makes an Error of a reply that isn't the one hoped for. Only 4xx and
// 5xx are refusals: whatever else is out of place must not reach a client.
func refusal(s Stage, r Reply) error {
	if r.Code >= 400 {
		return &Error{Stage: s, Reply: r}
	}
	return &Error{Stage: s, Err: fmt.Errorf("%w: %d", errPlace, r.Code)}
}

// unexpected is refusal, and ends the connection if r was out of place.
func (c *Conn) unexpected(s Stage, r Reply) error {
	if r.Code < 400 {
		c.bad = true
	}
	return refusal(s, r)
}

// glance is how long a connection is looked at that can't tell at once whether
// there is something to read.
const glance = time.Millisecond

// past is a deadline that lets a read return only what needs no waiting.
var past = time.Unix(1, 0)

// unasked returns an error if the hop has said something that it wasn't asked, or
// has gone: it would pass for the answer to what is said next, the end of a message
// above all. A refusal in it counts, for hops say why they hang up.
func (c *Conn) unasked(s Stage) error {
	if !c.unread() {
		return nil
	}
	r, err := c.read(s, lastWordsTimeout)
	c.bad = true
	switch {
	case err != nil:
		return err
	case r.Code == 421, r.Code >= 400 && s == StageBody:
		return &Error{Stage: s, Reply: r}
	}
	return &Error{Stage: s, Err: fmt.Errorf("%w: %q came unasked", errPlace, r.String())}
}

// unread reports whether there is something to read, or the end.
func (c *Conn) unread() bool {
	if c.br.Buffered() > 0 {
		return true
	}
	limit := time.Now().Add(glance)
	if c.wire.quiet() {
		if !c.tls {
			return false
		}
		limit = past // TLS may have read more than it gave away
	}
	if err := c.nc.SetReadDeadline(limit); err != nil {
		return true
	}
	_, err := c.br.Peek(1)
	return !errors.Is(err, os.ErrDeadlineExceeded)
}

// lastWordsTimeout is how long a hop that closed the connection is listened to.
const lastWordsTimeout = 5 * time.Second

// maxLastWords is how many replies to earlier commands may stand before them.
const maxLastWords = 4

// lastWords returns what the hop said before it closed the connection, or err.
func (c *Conn) lastWords(s Stage, err error) error {
	if e := (*Error)(nil); errors.As(err, &e) && (e.Reply.Code != 0 || errors.Is(err, errPlace)) {
		return err // they are it
	}
	for range maxLastWords {
		r, readErr := c.read(s, min(c.cfg.Timeouts.Command, lastWordsTimeout))
		if readErr != nil {
			break
		}
		if r.Code >= 400 {
			err = &Error{Stage: s, Reply: r}
			break
		}
	}
	c.bad = true
	return err
}
