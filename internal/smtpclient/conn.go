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

	"github.com/interchange-smtp/interchange/auth"
)

// Config is how to open a connection.
type Config struct {
	Name        string            // ours, for EHLO
	HELO        bool              // say HELO, and do without extensions
	DATA        bool              // do without CHUNKING
	TLS         *tls.Config       // for STARTTLS; nil: never
	ImplicitTLS bool              // TLS first, as on port 465 (RFC 8314); wants TLS
	RequireTLS  bool              // no STARTTLS, no mail
	Auth        *auth.Credentials // nil: don't
	Timeouts    Timeouts
}

// Timeouts limit every wait. A zero one is that of RFC 5321 section 4.5.3.2; TLS,
// which that doesn't know, is for STARTTLS and the handshake, each.
type Timeouts struct {
	Greeting, TLS, Command, DataInit, Block, Final time.Duration
}

// Default returns t with zero fields filled in.
func (t Timeouts) Default() Timeouts {
	def := Timeouts{5 * time.Minute, 45 * time.Second, 5 * time.Minute, 2 * time.Minute, 3 * time.Minute, 10 * time.Minute}
	or := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	or(&t.Greeting, def.Greeting)
	or(&t.TLS, def.TLS)
	or(&t.Command, def.Command)
	or(&t.DataInit, def.DataInit)
	or(&t.Block, def.Block)
	or(&t.Final, def.Final)
	return t
}

// Cap returns t with nothing longer than d.
func (t Timeouts) Cap(d time.Duration) Timeouts {
	return Timeouts{min(t.Greeting, d), min(t.TLS, d), min(t.Command, d), min(t.DataInit, d), min(t.Block, d), min(t.Final, d)}
}

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

// Open takes conn, which it closes on errors, through greeting, EHLO, TLS and AUTH.
func Open(ctx context.Context, nc net.Conn, cfg Config) (*Conn, error) {
	cfg.Timeouts = cfg.Timeouts.Default()
	c := &Conn{nc: nc, wire: newWire(nc), cfg: cfg, br: bufio.NewReaderSize(nc, 4096), bw: bufio.NewWriterSize(nc, 4096), heard: make(memory)}
	c.cut = func() { nc.Close() } // TLS may come to stand around it
	defer c.watch(ctx)()
	if err := c.open(ctx); err != nil {
		c.nc.Close()
		return nil, err
	}
	return c, nil
}

func (c *Conn) open(ctx context.Context) error {
	if c.cfg.ImplicitTLS {
		if err := c.handshake(ctx); err != nil {
			return err
		}
	}
	r, err := c.read(StageGreeting, c.cfg.Timeouts.Greeting)
	if err != nil {
		return err
	}
	if r.Code/100 != 2 {
		return refusal(StageGreeting, r)
	}
	if err := c.hello(); err != nil {
		return err
	}
	if c.cfg.TLS != nil && !c.tls {
		if err := c.startTLS(ctx); err != nil {
			return err
		}
	}
	if c.cfg.RequireTLS && !c.tls {
		return &Error{Stage: StageTLS, Err: ErrNoTLS}
	}
	if c.cfg.Auth != nil {
		return c.auth()
	}
	return nil
}

// watch ends all waiting when ctx ends, until the returned function is called.
func (c *Conn) watch(ctx context.Context) (stop func() bool) { return context.AfterFunc(ctx, c.cut) }

// hello greets with EHLO, or with HELO where EHLO is unknown or unwanted.
func (c *Conn) hello() error {
	c.ext = nil
	var refused error // EHLO
	if !c.cfg.HELO {
		c.line = append(append(append(c.line[:0], "EHLO "...), c.cfg.Name...), "\r\n"...)
		if err := c.write(StageHello, c.line, c.cfg.Timeouts.Command); err != nil {
			return err
		}
		var ext extensions
		r, err := c.readEach(StageHello, c.cfg.Timeouts.Command, ext.add)
		if err != nil {
			return err
		}
		if r.Code/100 == 2 {
			c.ext = ext
			if c.cfg.DATA {
				delete(c.ext, "CHUNKING")
			}
			return nil
		}
		// A hop that has no EHLO has HELO (RFC 5321 section 3.2), but neither TLS nor AUTH.
		if refused = refusal(StageHello, r); r.Code/100 != 5 || c.tls {
			return refused
		}
	}
	r, err := c.command(StageHello, "HELO ", c.cfg.Name)
	if err == nil && r.Code/100 != 2 {
		err = refusal(StageHello, r)
	} else if err != nil && refused != nil {
		err = refused // the hop has hung up; those were its last words
	}
	return err
}

// startTLS encrypts the connection if the hop offers it. A hop that offers it
// and then refuses is spoken to in the clear, except where TLS is required or
// credentials are to follow; when it says nothing or the handshake fails that is
// an error anyhow, for nothing can be said on this connection any more.
func (c *Conn) startTLS(ctx context.Context) error {
	if !c.Has("STARTTLS") {
		return nil
	}
	if err := c.write(StageTLS, []byte("STARTTLS\r\n"), c.cfg.Timeouts.TLS); err != nil {
		return failedTLS(err)
	}
	r, err := c.read(StageTLS, c.cfg.Timeouts.TLS)
	if err != nil {
		return failedTLS(err)
	}
	if r.Code/100 != 2 {
		if !c.cfg.RequireTLS && c.cfg.Auth == nil && r.Code >= 400 && r.Code != 421 {
			return nil
		}
		return refusal(StageTLS, r)
	}
	if c.br.Buffered() > 0 {
		// Somebody in between may have put them there, to be read as if they
		// were encrypted (CVE-2011-0411).
		return &Error{Stage: StageTLS, Err: ErrInjected}
	}
	if err := c.handshake(ctx); err != nil {
		return err
	}
	// What was said in the clear is forgotten (RFC 3207 section 4.2). In TLS 1.3
	// a hop that doesn't like our certificate says so only now.
	return failedTLS(c.hello())
}

// failedTLS makes an error of a connection that was lost one of TLS. What the
// hop said stays what it is.
func failedTLS(err error) error {
	var e *Error
	if err == nil || errors.As(err, &e) && e.Reply.Code != 0 {
		return err
	}
	if e != nil {
		err = e.Err
	}
	return &Error{Stage: StageTLS, Err: fmt.Errorf("%w: %w", ErrHandshake, err)}
}

// handshake begins TLS.
func (c *Conn) handshake(ctx context.Context) error {
	tc := tls.Client(c.nc, c.cfg.TLS)
	d := c.cfg.Timeouts.TLS
	if err := c.nc.SetDeadline(time.Now().Add(d)); err != nil {
		return failedTLS(err)
	}
	if err := tc.HandshakeContext(ctx); err != nil {
		return failedTLS(&waitError{d, err})
	}
	c.nc, c.tls = tc, true
	c.br.Reset(tc)
	c.bw.Reset(tc)
	return nil
}

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
	return &Error{Stage: s, Err: fmt.Errorf("%w: %d", ErrPlace, r.Code)}
}

// unexpected is refusal, and ends the connection if r was out of place.
func (c *Conn) unexpected(s Stage, r Reply) error {
	if r.Code < 400 {
		c.bad = true
	}
	return refusal(s, r)
}
