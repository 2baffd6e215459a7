package smtpclient

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"
)

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
