package smtpserver_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/smtpserver"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/routing"
)

// message is what a session got whole.
type message struct {
	mail envelope.Envelope
	rcpt []envelope.Recipient
	body string
}

// session records, and accepts what no hook refuses.
type session struct {
	mu       sync.Mutex
	calls    []string
	messages []message
	aborts   int
	mail     envelope.Envelope
	rcpt     []envelope.Recipient
	trusted  bool
	relays   bool
	noTLS    bool   // refuses STARTTLS
	domain   string // DefaultDomain; Postmaster has one without it

	offer    smtpserver.Offer
	onHello  func(name string) reply.Reply
	onMail   func(envelope.Envelope) reply.Reply
	onRcpt   func(envelope.Recipient) reply.Reply
	onData   func(body io.Reader) reply.Reply
	onAuth   func(mech string) (auth.Exchange, reply.Reply)
	onClose  func()
	authErrs []error
}

var ok = reply.Reply{Code: 250, Enhanced: [3]int{2, 0, 0}, Text: "OK"}

func (s *session) call(format string, v ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, fmt.Sprintf(format, v...))
}

func (s *session) Hello(name string, esmtp bool) (smtpserver.Offer, reply.Reply) {
	s.call("hello %s %t", name, esmtp)
	s.offer.StartTLS = !s.noTLS
	if s.onHello != nil {
		return s.offer, s.onHello(name)
	}
	return s.offer, reply.Reply{Code: 250}
}

func (s *session) TLS(tls.ConnectionState) {
	s.call("tls")
	s.noTLS = true
}

func (s *session) StartTLS() reply.Reply {
	if s.noTLS {
		return reply.UnrecognizedCommand.Reply(permission.Current)
	}
	return reply.Reply{}
}

func (s *session) OutOfOrder(_ order.Verb, why reply.Reason) reply.Reply {
	return why.Reply(permission.Current)
}

// agree has a session refuse STARTTLS where cfg has no TLS.
func agree(s smtpserver.Handler, cfg *smtpserver.Config) {
	if s, ok := s.(*session); ok {
		s.noTLS = cfg.TLS == nil
	}
}

func (s *session) Auth(mech string) (auth.Exchange, reply.Reply) {
	s.call("auth %s", mech)
	if s.onAuth == nil {
		return nil, reply.Reply{Code: 504, Enhanced: [3]int{5, 7, 4}, Text: "Unrecognized authentication type"}
	}
	return s.onAuth(mech)
}

func (s *session) AuthEnd(err error) reply.Reply {
	s.authErrs = append(s.authErrs, err)
	if err != nil {
		return reply.Reply{Code: 535, Enhanced: [3]int{5, 7, 3}, Text: "Authentication unsuccessful"}
	}
	s.trusted = true
	return reply.Reply{Code: 235, Enhanced: [3]int{2, 7, 0}, Text: "Authentication successful"}
}

func (s *session) Trusted() bool { return s.trusted }
func (s *session) Relays() bool  { return s.relays }

func (s *session) Complete(local routing.Address) routing.Address {
	switch {
	case s.domain != "":
		return local.WithDomain(routing.MustParseDomain(s.domain))
	case strings.EqualFold(local.Local(), "postmaster"):
		return local.WithDomain(routing.MustParseDomain("example.net"))
	}
	return routing.Address{}
}

func (s *session) Mail(m envelope.Envelope) reply.Reply {
	s.call("mail %v", m.From)
	if s.onMail != nil {
		if r := s.onMail(m); r.Code != 250 {
			return r
		}
	}
	s.mail, s.rcpt = m, nil
	return ok
}

func (s *session) Rcpt(r envelope.Recipient) reply.Reply {
	s.call("rcpt %v", r.To)
	if s.onRcpt != nil {
		if r := s.onRcpt(r); r.Code != 250 {
			return r
		}
	}
	s.rcpt = append(s.rcpt, r)
	return ok
}

func (s *session) Data(body io.Reader) reply.Reply {
	s.call("data")
	if s.onData != nil {
		return s.onData(body)
	}
	b, err := io.ReadAll(body)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.aborts++
		return reply.Reply{Code: 451, Text: "aborted"}
	}
	s.messages = append(s.messages, message{s.mail, s.rcpt, string(b)})
	return reply.Reply{Code: 250, Enhanced: [3]int{2, 6, 0}, Text: "Queued mail for delivery"}
}

// refuseNo is an onRcpt that refuses the local part no.
func refuseNo(r envelope.Recipient) reply.Reply {
	if r.To.Local() == "no" {
		return reply.Reply{Code: 550, Enhanced: [3]int{5, 1, 1}, Text: "User unknown"}
	}
	return ok
}

func (s *session) Reset() { s.call("reset") }
func (s *session) Close() {
	s.call("close")
	if s.onClose != nil {
		s.onClose()
	}
}

func (s *session) bodies() (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.messages {
		list = append(list, m.body)
	}
	return list
}

// config offers all there is.
func config() smtpserver.Config {
	return smtpserver.Config{
		Banner: "mx.example.net ESMTP", Fqdn: "mx.example.net",
		MaxProtocolErrors: 5, MaxLogonFailures: 3,
		EightBitMime: true, BinaryMime: true, Chunking: true, DSN: true,
		Pipelining: true, EnhancedCodes: true,
	}
}

// client is the other end of a served connection.
type client struct {
	t    testing.TB
	conn net.Conn
	r    *bufio.Reader
	done chan error
	log  *bytes.Buffer
	mu   sync.Mutex
}

// serve runs the server on one end of a pipe. The client's end reads all the
// time, so that neither side waits for the other to read.
func serve(t testing.TB, ctx context.Context, cfg smtpserver.Config, s smtpserver.Handler) *client {
	t.Helper()
	near, far := pipe()
	c := &client{t: t, conn: near, done: make(chan error, 1), log: new(bytes.Buffer)}
	if cfg.Log == nil {
		cfg.Log = func(event byte, data, context string) {
			c.mu.Lock()
			defer c.mu.Unlock()
			if event != 0 {
				fmt.Fprintf(c.log, "%c %s%s\n", event, data, context)
			}
		}
	}
	c.pump(near)
	agree(s, &cfg)
	go func() { c.done <- smtpserver.Serve(ctx, far, &cfg, s) }()
	return c
}

// pipe is a connection that holds nothing: a write waits for its reader.
func pipe() (near, far net.Conn) { return net.Pipe() }

// pump reads conn into a buffer without bound.
func (c *client) pump(conn net.Conn) {
	r, w := unbounded()
	go func() {
		_, err := io.Copy(w, conn)
		w.closeWith(err)
	}()
	c.r = bufio.NewReader(r)
}

// send writes raw bytes; the server may have gone.
func (c *client) send(s string) { _, _ = io.WriteString(c.conn, s) }

// line reads a line of the server; "" at its end.
func (c *client) line() string {
	s, err := c.r.ReadString('\n')
	if err != nil && s == "" {
		return ""
	}
	if !strings.HasSuffix(s, "\r\n") {
		c.t.Errorf("reply line without CRLF: %q", s)
	}
	return strings.TrimRight(s, "\r\n")
}

// end closes the client's side and returns the error of Serve.
func (c *client) end() error {
	_ = c.conn.Close()
	return <-c.done
}

// talk plays a dialog: "> " sends a line, ">> " bytes as a Go string without
// its quotes, "< " expects a line, where "..." at the end stands for anything,
// and "<<" the end of the connection. Spaces before are for the eye.
func (c *client) talk(dialog string) {
	c.t.Helper()
	for step := range strings.SplitSeq(strings.TrimSpace(dialog), "\n") {
		step = strings.TrimLeft(step, " \t")
		what, rest, _ := strings.Cut(step, " ")
		switch what {
		case ">":
			c.send(rest + "\r\n")
		case ">>":
			raw, err := strconv.Unquote(`"` + rest + `"`)
			if err != nil {
				c.t.Fatalf("%s: %v", step, err)
			}
			c.send(raw)
		case "<":
			got := c.line()
			want, open := strings.CutSuffix(rest, "...")
			if got != want && !(open && strings.HasPrefix(got, want)) {
				c.t.Fatalf("got %q, want %q", got, rest)
			}
		case "<<":
			if got := c.line(); got != "" {
				c.t.Fatalf("got %q, want the end", got)
			}
		case "", "#":
		default:
			c.t.Fatalf("bad step %q", step)
		}
	}
}

// hello is the beginning of most dialogs.
func (c *client) hello() {
	c.t.Helper()
	c.talk("< 220 mx.example.net ESMTP\n> EHLO client.example.org")
	for {
		l := c.line()
		if !strings.HasPrefix(l, "250") {
			c.t.Fatalf("EHLO answered with %q", l)
		}
		if strings.HasPrefix(l, "250 ") {
			return
		}
	}
}

// transaction brings the dialog to where DATA may come.
func (c *client) transaction() {
	c.t.Helper()
	c.talk(`> MAIL FROM:<a@example.org>
		< 250 2.0.0 OK
		> RCPT TO:<b@example.net>
		< 250 2.0.0 OK`)
}

// spool is a pipe that holds what has been written.
type spool struct {
	mu   sync.Mutex
	cond *sync.Cond
	b    []byte
	err  error
}

func unbounded() (*spool, *spool) {
	s := &spool{}
	s.cond = sync.NewCond(&s.mu)
	return s, s
}

func (s *spool) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.b = append(s.b, p...)
	s.cond.Broadcast()
	return len(p), nil
}

func (s *spool) closeWith(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err = err; err == nil {
		s.err = io.EOF
	}
	s.cond.Broadcast()
}

func (s *spool) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.b) == 0 {
		if s.err != nil {
			return 0, s.err
		}
		s.cond.Wait()
	}
	n := copy(p, s.b)
	s.b = s.b[n:]
	return n, nil
}

func TestConversation(t *testing.T) {
	s := &session{offer: smtpserver.Offer{Size: true, MaxSize: 1000, SASL: []string{"LOGIN"}}}
	c := serve(t, context.Background(), config(), s)
	c.talk(`< 220 mx.example.net ESMTP
		> EHLO client.example.org
		< 250-mx.example.net Hello [pipe]
		< 250-SIZE 1000
		< 250-PIPELINING
		< 250-DSN
		< 250-ENHANCEDSTATUSCODES
		< 250-AUTH LOGIN
		< 250-8BITMIME
		< 250-BINARYMIME
		< 250 CHUNKING
		> MAIL FROM:<a@example.org> SIZE=10 BODY=8BITMIME
		< 250 2.0.0 OK
		> RCPT TO:<b@example.net>
		< 250 2.0.0 OK
		> DATA
		< 354 Start mail input; end with <CRLF>.<CRLF>
		>> Subject: x\r\n\r\n..dot\r\n.\r\n
		< 250 2.6.0 Queued mail for delivery
		> MAIL FROM:<>
		< 250 2.0.0 OK
		> RCPT TO:<postmaster>
		< 250 2.0.0 OK
		>> BDAT 4\r\nab\r\nBDAT 3 LAST\r\ncd\n
		< 250 2.0.0 Chunk received
		< 550 5.6.11 ...
		> RSET
		< 250 2.0.0 Resetting
		> NOOP
		< 250 2.0.0 OK
		> QUIT
		< 221 2.0.0 Service closing transmission channel
		<<`)
	if err := c.end(); err != nil {
		t.Errorf("Serve: %v", err)
	}
	if got := s.bodies(); len(got) != 1 || got[0] != "Subject: x\r\n\r\n.dot\r\n" {
		t.Errorf("messages %q", got)
	}
}
