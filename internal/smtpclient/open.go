package smtpclient

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/interchange-smtp/interchange/internal/mailtls"
)

// Open goes through greeting, EHLO, TLS and AUTH on nc. On an error it closes nc.
func Open(ctx context.Context, nc net.Conn, cfg Config) (*Conn, error) {
	cfg.Timeouts = cfg.Timeouts.Default()
	c := &Conn{nc: nc, wire: newWire(nc), cfg: cfg, br: bufio.NewReaderSize(nc, 4096), bw: bufio.NewWriterSize(nc, 4096), heard: make(memory)}
	c.cut = func() { nc.Close() } // c.nc may become a TLS connection around it
	defer c.watch(ctx)()
	if err := c.open(ctx); err != nil {
		c.logEnded(err)
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
	if c.cfg.authenticates() {
		return c.auth()
	}
	return nil
}

// hello sends EHLO, or HELO if EHLO is unknown or cfg.HELO is set, or LHLO for LMTP.
func (c *Conn) hello() error {
	c.ext = nil
	var refused error // EHLO
	if !c.cfg.HELO {
		verb := "EHLO "
		if c.cfg.LMTP {
			verb = "LHLO "
		}
		c.line = append(append(append(c.line[:0], verb...), c.cfg.Name...), "\r\n"...)
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
			if c.cfg.DATA || c.cfg.LMTP {
				delete(c.ext, "CHUNKING")
			}
			return nil
		}
		// A next hop that has no EHLO has HELO (RFC 5321 section 3.2), but neither TLS nor
		// AUTH.
		if refused = refusal(StageHello, r); r.Code/100 != 5 || c.tls || c.cfg.LMTP {
			return refused
		}
	}
	r, err := c.command(StageHello, "HELO ", c.cfg.Name)
	if err == nil && r.Code/100 != 2 {
		err = refusal(StageHello, r)
	} else if err != nil && refused != nil {
		err = refused // the next hop has hung up after it
	}
	return err
}

// startTLS encrypts the connection if the next hop offers STARTTLS. If the next hop then
// refuses it, the conversation continues in the clear, unless TLS is required or
// credentials are to be sent. If it doesn't reply or the handshake fails, that is always an
// error, because the connection can't be used any more.
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
		if !c.cfg.RequireTLS && !c.cfg.authenticates() && r.Code >= 400 && r.Code != 421 {
			return nil
		}
		return refusal(StageTLS, r)
	}
	if c.br.Buffered() > 0 {
		// An attacker on the way may have added it, to be read as if it were
		// encrypted (CVE-2011-0411).
		return &Error{Stage: StageTLS, Err: ErrInjected}
	}
	if err := c.handshake(ctx); err != nil {
		return err
	}
	// The extensions offered in the clear are forgotten (RFC 3207 section 4.2). In TLS 1.3
	// a next hop refuses a client certificate only now.
	err = c.hello()
	var e *Error
	if errors.As(err, &e) && e.Reply.Code == 0 {
		if alert := c.alert(); alert != nil {
			err = mailtls.ClientFailure(alert, c.cfg.TLS)
		}
	}
	return failedTLS(err)
}

// alertTime is how long the alert of a next hop that has hung up may take.
const alertTime = 100 * time.Millisecond

// alert returns the alert with which the next hop has ended TLS, nil if it sent none. A
// next hop that hangs up after its alert lets the next write fail, which doesn't say why.
func (c *Conn) alert() error {
	_ = c.nc.SetReadDeadline(time.Now().Add(alertTime)) // if it fails, so does Read
	_, err := c.nc.Read(make([]byte, 1))
	if op := new(net.OpError); errors.As(err, &op) && op.Op == "remote error" {
		return err
	}
	return nil
}

// failedTLS returns err as an error of TLS, unless it is a reply of the next hop.
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

// handshake performs the TLS handshake.
func (c *Conn) handshake(ctx context.Context) error {
	tc := tls.Client(c.nc, c.cfg.TLS)
	d := c.cfg.Timeouts.TLS
	if err := c.nc.SetDeadline(time.Now().Add(d)); err != nil {
		return failedTLS(err)
	}
	if err := tc.HandshakeContext(ctx); err != nil {
		return failedTLS(&waitError{d, mailtls.ClientFailure(err, c.cfg.TLS)})
	}
	c.nc, c.tls = tc, true
	c.br.Reset(tc)
	c.bw.Reset(tc)
	c.logSecured()
	return nil
}
