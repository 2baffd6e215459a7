package guard

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/interchange-smtp/interchange/connector"
)

// This file is all that knows go-smtp. It is fed one canonical line at a time,
// dispatches it to the adapter, keeps its own account of the transaction, and
// answers; the guard takes the code of the answer as the word that the command
// has been worked through, and gives the session's reply to the client.

// verb is a command.
type verb uint8

const (
	verbUnknown verb = iota
	verbHelo
	verbEhlo
	verbMail
	verbRcpt
	verbData
	verbBdat
	verbRset
	verbNoop
	verbQuit
	verbVrfy
	verbHelp
	verbStartTLS
	verbAuth
	verbUnsupported
	verbForeign
)

// canonical is what go-smtp reads in place of what the client wrote. It is the
// shortest that will do: go-smtp builds addresses octet by octet, and answers
// EHLO in six lines. Which greeting it was is the guard's affair.
var canonical = [...]string{
	verbHelo: "HELO c\r\n",
	verbEhlo: "HELO c\r\n",
	verbMail: "MAIL FROM:<>\r\n",
	verbRcpt: "RCPT TO:<r@c>\r\n",
	verbData: "DATA\r\n",
	verbBdat: "DATA\r\n", // the chunks are cut by the guard
	verbRset: "RSET\r\n",
	verbAuth: "AUTH GUARD\r\n",
}

// canonicalEnd is the message as go-smtp reads it.
const canonicalEnd = ".\r\n"

// pending is a command on its way through go-smtp.
type pending struct {
	verb    verb
	name    string // EHLO
	mail    Mail
	rcpt    Rcpt
	mech    string // AUTH
	initial []byte // AUTH; nil: no initial response
	chunk   chunk  // BDAT
	offer   Offer
	reply   connector.Reply
	silent  bool // the client is not to get reply
	close   bool // nothing after the reply
	logon   bool // AUTH: reply is the verdict on credentials
}

// runEngine runs go-smtp on the guard, beginning with the pending command, until
// the phase ends. It is started only when a client has more to say than hello:
// an idle connection does without its buffers and its goroutine. One server for
// one connection costs little and keeps everything per connection.
func runEngine(g *guard) {
	inner := &innerConn{g: g, boot: true, in: canonical[verbHelo], ended: make(chan struct{})}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &adapter{g: g}, nil
	}))
	server.AllowInsecureAuth = true // who may say AUTH when is the session's affair
	server.ErrorLog = faultLog{g}
	g.engine = true
	_ = server.Serve(&oneConn{conn: inner})
	// The handler runs in a goroutine of its own. What it does behind the end is
	// the server's bookkeeping: Shutdown would wait for that, at the price of
	// one more goroutine per connection.
	<-inner.ended
	g.engine = false
}

// adapter is the smtp.Session: what go-smtp passes is canned, what the client
// meant is in pending.
type adapter struct{ g *guard }

var _ smtp.AuthSession = (*adapter)(nil)

// Mail implements smtp.Session.
func (a *adapter) Mail(string, *smtp.MailOptions) error {
	return a.verdict(a.g.sess.Mail(a.g.ctx, a.g.pending.mail), 250)
}

// Rcpt implements smtp.Session.
func (a *adapter) Rcpt(string, *smtp.RcptOptions) error {
	return a.verdict(a.g.sess.Rcpt(a.g.ctx, a.g.pending.rcpt), 250)
}

// Data implements smtp.Session. go-smtp's reader would give the empty canonical
// message; the real one comes straight from the wire.
func (a *adapter) Data(io.Reader) error { return a.verdict(a.g.receive(), 250) }

// Reset implements smtp.Session. go-smtp calls it for RSET, after a message, and
// for EHLO, of which it has had the first before.
func (a *adapter) Reset() {
	a.g.sess.Reset()
	if v := a.g.pending.verb; v == verbEhlo || v == verbHelo {
		_ = a.verdict(a.g.doHello(), 250)
	}
}

// Logout implements smtp.Session. The guard's session outlives go-smtp's.
func (a *adapter) Logout() error { return nil }

// AuthMechanisms implements smtp.AuthSession. The guard writes the EHLO reply.
func (a *adapter) AuthMechanisms() []string { return nil }

// Auth implements smtp.AuthSession.
func (a *adapter) Auth(string) (sasl.Server, error) { return saslServer(*a), nil }

// saslServer goes through a whole exchange in its first step.
type saslServer adapter

// Next implements sasl.Server.
func (s saslServer) Next([]byte) ([]byte, bool, error) {
	a := adapter(s)
	if err := a.verdict(a.g.doAuth(), 235); err != nil {
		return nil, false, err
	}
	return nil, true, nil
}

// verdict keeps r for the client and tells go-smtp whether it accepts.
func (a *adapter) verdict(r connector.Reply, want int) error {
	r = a.g.checked(r, want)
	a.g.pending.reply = r
	if r.Code == want {
		return nil
	}
	return &smtp.SMTPError{Code: r.Code, EnhancedCode: smtp.NoEnhancedCode, Message: "refused"}
}

// innerConn is the net.Conn that go-smtp serves.
type innerConn struct {
	g     *guard
	boot  bool   // go-smtp is greeting, or being greeted
	in    string // rest of the line to be read
	out   []byte // line that go-smtp has not finished
	eof   bool   // go-smtp was told so, and has said nothing since
	ended chan struct{}
}

// Read gives the next canonical line; the guard finds it by talking to the
// client. One line per Read: go-smtp never has a second one in its buffer.
func (c *innerConn) Read(p []byte) (int, error) {
	if c.in == "" {
		c.in = c.g.line()
	}
	if c.in == "" {
		c.eof = true
		return 0, io.EOF
	}
	n := copy(p, c.in)
	c.in = c.in[n:]
	return n, nil
}

// line returns the next line for go-smtp; "" is the end.
func (g *guard) line() string {
	if g.closing {
		return ""
	}
	if v := g.pending.verb; v == verbData || v == verbBdat {
		return canonicalEnd
	}
	if v, ok := g.next(); ok {
		return canonical[v]
	}
	return ""
}

// Write takes go-smtp's replies apart. None reaches the client.
func (c *innerConn) Write(p []byte) (int, error) {
	c.eof = false
	c.out = append(c.out, p...)
	for {
		i := bytes.IndexByte(c.out, '\n')
		if i < 0 {
			return len(p), nil
		}
		line := c.out[:i]
		if len(line) < 4 || line[3] != '-' {
			c.reply(line)
		}
		c.out = c.out[:copy(c.out, c.out[i+1:])]
	}
}

// reply is called with the last line of each of go-smtp's replies.
func (c *innerConn) reply(line []byte) {
	g := c.g
	code, _ := strconv.Atoi(string(line[:min(3, len(line))]))
	if c.boot && code == 220 {
		return
	}
	if c.boot && code == 250 {
		c.boot, c.in = false, canonical[g.pending.verb]
		return
	}
	p := &g.pending
	data := p.verb == verbData || p.verb == verbBdat
	// go-smtp does not ask its session about EHLO.
	hello := p.verb == verbEhlo || p.verb == verbHelo
	switch {
	case data && p.reply.Code == 0 && code == 354:
		if p.verb == verbData {
			g.write(g.text(connector.StartMail))
		}
	case p.reply.Code != 0 && (code == p.reply.Code || hello && code == 250):
		done := *p
		p.verb, p.reply = verbUnknown, connector.Reply{}
		g.complete(done)
	case g.closing:
	default:
		// A panic, which faultLog tells about, or a go-smtp that does not
		// behave as this package knows it.
		g.fault(fmt.Errorf("guard: unexpected answer from go-smtp: %q", line))
	}
}

// Close implements net.Conn. The wire is closed by Serve. It is the handler's
// end if it comes straight after io.EOF; after a panic go-smtp writes, closes,
// logs, and reads on.
func (c *innerConn) Close() error {
	if c.eof {
		c.eof = false
		close(c.ended)
	}
	return nil
}

func (c *innerConn) LocalAddr() net.Addr              { return c.g.wire.raw.LocalAddr() }
func (c *innerConn) RemoteAddr() net.Addr             { return c.g.wire.raw.RemoteAddr() }
func (c *innerConn) SetDeadline(time.Time) error      { return nil }
func (c *innerConn) SetReadDeadline(time.Time) error  { return nil }
func (c *innerConn) SetWriteDeadline(time.Time) error { return nil }

// oneConn is a net.Listener with one connection.
type oneConn struct{ conn net.Conn }

var errNoMore = errors.New("no more connections")

// Accept implements net.Listener.
func (l *oneConn) Accept() (net.Conn, error) {
	if c := l.conn; c != nil {
		l.conn = nil
		return c, nil
	}
	return nil, errNoMore
}

// Close implements net.Listener.
func (l *oneConn) Close() error { return nil }

// Addr implements net.Listener.
func (l *oneConn) Addr() net.Addr { return &net.TCPAddr{} }

// faultLog is where go-smtp reports the panics that it has recovered.
type faultLog struct{ g *guard }

// Printf implements smtp.Logger.
func (l faultLog) Printf(format string, v ...any) {
	l.g.err = fmt.Errorf("guard: "+format, v...)
	l.g.closing = true
}

// Println implements smtp.Logger.
func (l faultLog) Println(v ...any) { l.Printf("%s", fmt.Sprintln(v...)) }
