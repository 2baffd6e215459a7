package smtpclient

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
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
	line []byte  // memory for commands
	out  stuffer // of the message that is being sent
	cut  func()  // closes nc

	heard memory
	begun bool // MAIL was accepted, and the transaction hasn't ended
	taken int  // recipients accepted since MAIL
	asked bool // DATA was pipelined; data is its reply
	data  Reply
	bad   bool // the state of the conversation is unknown: the connection must be closed
	lost  bool // the next hop has ended the connection
	ended bool // the end is in the protocol log
}

// watch closes the connection when ctx ends, until stop is called.
func (c *Conn) watch(ctx context.Context) (stop func() bool) { return context.AfterFunc(ctx, c.cut) }

// Has reports whether the next hop offers an extension. keyword is in upper case.
func (c *Conn) Has(keyword string) bool {
	_, ok := c.ext[keyword]
	return ok
}

// tlsState returns the state of TLS; zero in the clear.
func (c *Conn) tlsState() tls.ConnectionState {
	if tc, ok := c.nc.(*tls.Conn); ok {
		return tc.ConnectionState()
	}
	return tls.ConnectionState{}
}

// TLSVersion returns the version of TLS, as in package crypto/tls; 0 in the clear.
func (c *Conn) TLSVersion() uint16 { return c.tlsState().Version }

// CipherSuite returns the cipher suite, as in package crypto/tls; 0 in the clear.
func (c *Conn) CipherSuite() uint16 { return c.tlsState().CipherSuite }

// LocalAddr returns this end of the connection.
func (c *Conn) LocalAddr() net.Addr { return c.nc.LocalAddr() }

// PeerCertificates returns the certificates that the next hop has shown, its own first; nil in
// the clear.
func (c *Conn) PeerCertificates() []*x509.Certificate { return c.tlsState().PeerCertificates }

// Reusable reports whether another transaction may be begun.
func (c *Conn) Reusable() bool { return !c.bad && !c.asked && c.br.Buffered() == 0 }

// Close closes the connection, after QUIT if the next hop can expect a command. It doesn't
// wait for the reply.
func (c *Conn) Close() error {
	if c.Reusable() && c.bw.Buffered() == 0 {
		_ = c.nc.SetDeadline(time.Now().Add(time.Second))
		_, _ = c.nc.Write([]byte("QUIT\r\n"))
		if !c.ended {
			c.log(logSent, "QUIT", "")
		}
	}
	c.logEnded(nil)
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

// write sends b after the buffered bytes. Only BDAT is sent while replies are outstanding;
// at any other stage a reply that has arrived would be taken for the reply to b.
func (c *Conn) write(s Stage, b []byte, d time.Duration) error {
	if s != StageBody {
		if err := c.unasked(s); err != nil {
			return err
		}
	}
	c.logCommands(s, b)
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

// late is how long after a deadline a running process notices it at most.
const late = time.Second

// await waits for the beginning of a reply. If the process was stopped for longer than d,
// the deadline is over although the reply has arrived. Then the reply counts, because a
// message that the next hop has accepted must not be sent again.
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

// readEach is read; each, unless nil, is called with the text of every line.
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
		c.bad, c.lost = true, c.lost || errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET)
		if c.cfg.authenticates() && errors.Is(err, ErrReply) {
			err = ErrReply // the line may repeat the credentials
		}
		return Reply{}, &Error{Stage: s, Err: &waitError{d, err}}
	}
	if r.Code == 421 {
		c.bad = true // the next hop closes the connection (RFC 5321 section 3.8)
	}
	// A challenge is needed as it is, and is in no error.
	if challenge := s == StageAuth && r.Code/100 == 3; c.cfg.authenticates() && !challenge {
		r = withoutSecret(r, c.cfg.secret())
	}
	c.logReply(s, r)
	return r, nil
}

// refusal returns the Error for an unexpected reply. Only 4xx and 5xx are refusals; other
// replies must not reach a client.
func refusal(s Stage, r Reply) error {
	if r.Code >= 400 {
		return &Error{Stage: s, Reply: r}
	}
	return &Error{Stage: s, Err: fmt.Errorf("%w: %d", errPlace, r.Code)}
}

// unexpected is refusal; it also ends the connection if r isn't a refusal.
func (c *Conn) unexpected(s Stage, r Reply) error {
	if r.Code < 400 {
		c.bad = true
	}
	return refusal(s, r)
}

// glance is how long to wait for data on a connection that can't report at once whether
// there is any.
const glance = time.Millisecond

// past is a deadline with which a read returns only data that has arrived.
var past = time.Unix(1, 0)

// unasked returns an error if a reply has arrived that no command asked for, or the
// connection is closed: the reply would be taken for the reply to the next command, or to
// the end of a message. A refusal in it counts, because hops give a reason before they
// hang up.
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

// unread reports whether there is data to read, or the end of the connection.
func (c *Conn) unread() bool {
	if c.br.Buffered() > 0 {
		return true
	}
	limit := time.Now().Add(glance)
	if c.wire.quiet() {
		if !c.tls {
			return false
		}
		limit = past // the TLS layer may hold data
	}
	if err := c.nc.SetReadDeadline(limit); err != nil {
		return true
	}
	_, err := c.br.Peek(1)
	return !errors.Is(err, os.ErrDeadlineExceeded)
}

// lastWordsTimeout is how long to read from a next hop that has closed the connection.
const lastWordsTimeout = 5 * time.Second

// maxLastWords is how many replies to earlier commands may come before the last one.
const maxLastWords = 4

// lastWords returns the refusal that the next hop sent before it closed the connection, or
// err.
func (c *Conn) lastWords(s Stage, err error) error {
	if e := (*Error)(nil); errors.As(err, &e) && (e.Reply.Code != 0 || errors.Is(err, errPlace)) {
		return err // it is the next hop's last reply
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
