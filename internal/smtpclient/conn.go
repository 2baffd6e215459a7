package smtpclient

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/auth"
)

// Config is how to open a connection.
type Config struct {
	Name       string            // ours, for EHLO
	HELO       bool              // say HELO, and do without extensions
	TLS        *tls.Config       // for STARTTLS; nil: never
	RequireTLS bool              // no STARTTLS, no mail
	Auth       *auth.Credentials // nil: don't
	Timeouts   Timeouts
}

// Timeouts limit every wait. A zero one is that of RFC 5321 section 4.5.3.2.
type Timeouts struct {
	Greeting, Command, DataInit, Block, Final time.Duration
}

// Default returns t with zero fields filled in.
func (t Timeouts) Default() Timeouts {
	def := Timeouts{5 * time.Minute, 5 * time.Minute, 2 * time.Minute, 3 * time.Minute, 10 * time.Minute}
	or := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	or(&t.Greeting, def.Greeting)
	or(&t.Command, def.Command)
	or(&t.DataInit, def.DataInit)
	or(&t.Block, def.Block)
	or(&t.Final, def.Final)
	return t
}

// Cap returns t with nothing longer than d.
func (t Timeouts) Cap(d time.Duration) Timeouts {
	return Timeouts{min(t.Greeting, d), min(t.Command, d), min(t.DataInit, d), min(t.Block, d), min(t.Final, d)}
}

// Conn is a connection to a next hop. It is not safe for concurrent use.
type Conn struct {
	nc   net.Conn
	br   *bufio.Reader
	bw   *bufio.Writer
	cfg  Config
	ext  map[string]string // EHLO keywords, upper case, with their parameters
	tls  bool
	line []byte // scratch
	cut  func() // closes nc

	heard memory
	begun bool // MAIL was accepted, and its transaction not ended
	asked bool // DATA was pipelined, and answered with data
	data  Reply
	bad   bool // nothing can be known of the conversation any more
}

// Open takes conn, which it closes on errors, through greeting, EHLO, TLS and AUTH.
func Open(ctx context.Context, nc net.Conn, cfg Config) (*Conn, error) {
	cfg.Timeouts = cfg.Timeouts.Default()
	c := &Conn{nc: nc, cfg: cfg, br: bufio.NewReaderSize(nc, 4096), bw: bufio.NewWriterSize(nc, 4096), heard: make(memory)}
	c.cut = func() { nc.Close() } // TLS may come to stand around it
	defer c.watch(ctx)()
	if err := c.open(ctx); err != nil {
		c.nc.Close()
		return nil, err
	}
	return c, nil
}

func (c *Conn) open(ctx context.Context) error {
	r, err := c.read(StageGreeting, c.cfg.Timeouts.Greeting)
	if err != nil {
		return err
	}
	if r.Code != 220 {
		return refusal(StageGreeting, r)
	}
	if err := c.hello(); err != nil {
		return err
	}
	if c.cfg.TLS != nil {
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
	if !c.cfg.HELO {
		r, err := c.command(StageHello, "EHLO ", c.cfg.Name)
		if err != nil {
			return err
		}
		if r.Code/100 == 2 {
			c.ext = extensions(r.Lines[1:])
			return nil
		}
		// A hop that has no EHLO has HELO (RFC 5321 section 3.2), but neither TLS nor AUTH.
		if r.Code != 500 && r.Code != 502 && r.Code != 504 || c.tls {
			return refusal(StageHello, r)
		}
	}
	r, err := c.command(StageHello, "HELO ", c.cfg.Name)
	if err == nil && r.Code/100 != 2 {
		err = refusal(StageHello, r)
	}
	return err
}

// extensions reads the lines of an EHLO reply. Keywords may be written in any case.
func extensions(lines []string) map[string]string {
	ext := make(map[string]string, len(lines))
	for _, l := range lines {
		keyword, param, _ := strings.Cut(l, " ")
		ext[strings.ToUpper(keyword)] = param
	}
	return ext
}

// startTLS encrypts the connection if the hop offers it. A hop that offers it
// and then refuses is spoken to in the clear, except where TLS is required or
// credentials are to follow; a failed handshake is an error anyhow, for nothing
// can be said on this connection any more.
func (c *Conn) startTLS(ctx context.Context) error {
	if !c.Has("STARTTLS") {
		return nil
	}
	r, err := c.command(StageTLS, "STARTTLS", "")
	if err != nil {
		return err
	}
	if r.Code != 220 {
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
	tc := tls.Client(c.nc, c.cfg.TLS)
	if err := c.nc.SetDeadline(time.Now().Add(c.cfg.Timeouts.Command)); err != nil {
		return &Error{Stage: StageTLS, Err: err}
	}
	if err := tc.HandshakeContext(ctx); err != nil {
		return &Error{Stage: StageTLS, Err: fmt.Errorf("%w: %w", ErrHandshake, err)}
	}
	c.nc, c.tls = tc, true
	c.br.Reset(tc)
	c.bw.Reset(tc)
	return c.hello() // what was said in the clear is forgotten (RFC 3207 section 4.2)
}

// Has reports whether the hop offers an extension, named in upper case.
func (c *Conn) Has(keyword string) bool {
	_, ok := c.ext[keyword]
	return ok
}

// TLS reports whether the connection is encrypted.
func (c *Conn) TLS() bool { return c.tls }

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
	if s != StageBody && c.br.Buffered() > 0 {
		c.bad = true
		return &Error{Stage: s, Err: fmt.Errorf("%w: before the command", ErrPlace)}
	}
	err := c.nc.SetWriteDeadline(time.Now().Add(d))
	if err == nil {
		if _, err = c.bw.Write(b); err == nil {
			err = c.bw.Flush()
		}
	}
	if err != nil {
		c.bad = true
		return &Error{Stage: s, Err: err}
	}
	return nil
}

// read reads one reply.
func (c *Conn) read(s Stage, d time.Duration) (Reply, error) {
	err := c.nc.SetReadDeadline(time.Now().Add(d))
	var r Reply
	if err == nil {
		r, err = c.heard.read(s, c.br)
	}
	if err != nil {
		c.bad = true
		return Reply{}, &Error{Stage: s, Err: err}
	}
	if r.Code == 421 {
		c.bad = true // the hop closes the connection (RFC 5321 section 3.8)
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
