package gosmtp_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// The tests of this file have two worlds: in one, a server of go-smtp as it comes has the
// hazard that the package documentation names; in the other, Backend or Listener closes it.

// bare returns a world of go-smtp without Backend and Listener. If one of the tests fails
// in it, go-smtp has improved, and the documentation should say so.
func bare(t *testing.T, f func(*smtp.Server)) *world {
	w := newWorld(t, internet())
	w.bare = true
	w.server.Backend = w.mailbox
	w.server.MaxLineLength = 2000
	w.server.ReadTimeout = time.Minute
	if f != nil {
		f(w.server)
	}
	w.start()
	return w
}

// begin begins a transaction.
func begin(c *relaytest.Client) {
	c.Do("MAIL FROM:<someone@example.com>", 250)
	c.Do("RCPT TO:<"+inside+">", 250)
}

// smuggled is a transaction in the text of a message.
const smuggled = "MAIL FROM:<evil@example.com>\r\nRCPT TO:<" + inside + ">\r\nDATA\r\nsmuggled\r\n.\r\n"

// What follows a timeout within DATA are no commands.
func TestTimeoutInData(t *testing.T) {
	stall := func(t *testing.T, w *world) {
		c := w.hello(stranger)
		begin(c)
		c.Do("DATA", 354)
		c.SendRaw("Subject: x\r\n\r\n")
		time.Sleep(90 * time.Second)
		_ = c.Conn.SetDeadline(time.Time{})
		_, _ = c.Conn.Write([]byte(smuggled)) // fails if the server has hung up
		time.Sleep(time.Second)
		_ = w.server.Close()
	}
	synctest.Test(t, func(t *testing.T) {
		w := bare(t, nil)
		stall(t, w)
		if len(w.mailbox.all()) != 1 {
			t.Error("go-smtp took no message from the text")
		}
	})
	for _, listener := range []bool{true, false} {
		in := internet()
		in.ConnectionInactivityTimeout = time.Minute
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, in)
			w.bare = !listener
			w.server.ReadTimeout = time.Minute
			w.start()
			stall(t, w)
			if got := w.mailbox.all(); len(got) != 0 {
				t.Errorf("listener %v: a message was taken from the text: %v", listener, got)
			}
		})
	}
}

// A chunk that was cut short is no message.
func TestCutChunk(t *testing.T) {
	cut := func(w *world) {
		c := w.hello(stranger)
		begin(c)
		c.SendRaw("BDAT 1000 LAST\r\nSubject: x\r\n\r\nthe first li")
		if err := c.Conn.(*relaytest.Conn).CloseWrite(); err != nil {
			w.t.Fatal(err)
		}
		remainder(w.t, c)
	}
	w := bare(t, nil)
	cut(w)
	if len(w.mailbox.all()) != 1 {
		t.Error("go-smtp refuses a cut chunk")
	}
	w = serve(t, internet())
	cut(w)
	if got := w.mailbox.all(); len(got) != 0 {
		t.Errorf("a cut message was accepted: %q", got)
	}
}

// A text without end in a chunk, as a client leaves it that closes TLS in good order, is
// the case that only relay.Server notices.
func TestCutChunkWithinTLS(t *testing.T) {
	w := serve(t, internet())
	c := w.encrypted(stranger)
	begin(c)
	c.SendRaw("BDAT 1000 LAST\r\nSubject: x\r\n\r\nthe first li")
	c.Close()
	for len(w.mailbox.all()) == 0 {
		time.Sleep(time.Millisecond)
	}
}

// Bare CR, bare LF and NUL are refused, or made CRLF where the connector allows that.
func TestLineEnds(t *testing.T) {
	texts := []string{"a\nb", "a\rb", "a\x00b", "\n.\n", "\r\r\n"}
	w := bare(t, nil)
	for _, text := range texts {
		c := w.hello(stranger)
		begin(c)
		send(c, "Subject: x\r\n\r\n"+text+"\r\n", 250)
		if got := w.mailbox.last(t).data; !strings.HasSuffix(got, text+"\r\n") {
			t.Errorf("go-smtp makes %q of %q", got, text)
		}
	}
	w = serve(t, internet())
	for _, text := range texts {
		c := w.hello(stranger)
		begin(c)
		send(c, "Subject: x\r\n\r\n"+text+"\r\n", 550)
		c.Closed()
		c = w.hello(stranger)
		begin(c)
		chunk := "Subject: x\r\n\r\n" + text + "\r\n"
		c.SendRaw(fmt.Sprintf("BDAT %d LAST\r\n%s", len(chunk), chunk))
		c.Expect(550)
		c.Do("NOOP", 250)
	}
	if got := w.mailbox.all(); len(got) != 0 {
		t.Errorf("accepted: %q", got)
	}
	in := internet()
	in.BareLinefeedRejectionEnabled = param.Value(false)
	w = serve(t, in)
	c := w.hello(stranger)
	begin(c)
	send(c, "Subject: x\n\na\n.\r\nb\r\n", 250)
	if got := w.mailbox.last(t).data; !strings.HasSuffix(got, "Subject: x\r\n\r\na\r\n.\r\nb\r\n") {
		t.Errorf("line ends: %q", got)
	}
}

// A sender that means CR CR LF . CR LF as the end is refused for good, although go-smtp
// waits for another end until the timeout.
func TestDoubleCR(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := serve(t, internet())
		c := w.hello(stranger)
		begin(c)
		c.Do("DATA", 354)
		c.SendRaw("Subject: x\r\n\r\ntext\r\r\n.\r\n")
		if got := remainder(t, c); !strings.HasPrefix(got, "550 5.6.11 ") {
			t.Errorf("%q", got)
		}
		_ = w.server.Close()
	})
}

// Quotes around a local part are gone when go-smtp calls Rcpt. Next gets them back, and no client
// relays by them.
func TestQuotedLocalParts(t *testing.T) {
	const trick = `"victim@ext.lab> ORCPT=rfc822;x"@contoso.com`
	w := bare(t, nil)
	c := w.hello(stranger)
	c.Do("MAIL FROM:<>", 250)
	c.Do("RCPT TO:<"+trick+">", 250)
	if calls := w.mailbox.noted(); !slices.Contains(calls, "rcpt victim@ext.lab> ORCPT=rfc822;x@contoso.com") {
		t.Errorf("go-smtp calls %q", calls)
	}
	in := internet()
	in.MaxProtocolErrors = param.Value(param.Unlimited)
	w = serve(t, in, applications())
	c = w.hello(stranger)
	c.Do("MAIL FROM:<>", 250)
	for _, to := range []string{trick, `"nick@example.net"@contoso.com`, "nick@example.net@contoso.com", "nick%example.net@contoso.com"} {
		c.Do("RCPT TO:<"+to+">", 550)
	}
	for _, to := range []string{"a\x01b@contoso.com", "kim@contoso.com\x00", "kim@-contoso.com", "k\xfcm@contoso.com", `"\` + "\x07" + `"@contoso.com`} {
		c.Send("RCPT TO:<" + to + ">")
		if code, text := c.Reply(); code < 500 {
			t.Errorf("%q: %d %s", to, code, text)
		}
	}
	c.Do(`RCPT TO:<"k m\"x"@contoso.com>`, 250)
	c = w.hello(gateway)
	c.Do("MAIL FROM:<>", 250)
	c.Do("RCPT TO:<"+trick+">", 250)
	calls := w.mailbox.noted()
	for _, want := range []string{`rcpt "k m\"x"@contoso.com`, "rcpt " + trick} {
		if !slices.Contains(calls, want) {
			t.Errorf("Next isn't called with %q: %q", want, calls)
		}
	}
}

// Nothing that came in the clear behind STARTTLS survives it, and after a failed
// handshake there is no conversation in the clear.
func TestSTARTTLS(t *testing.T) {
	w := bare(t, nil)
	c := w.hello(stranger)
	c.Do("STARTTLSFOO x", 220)
	c.SendRaw("no TLS\r\n")
	text := make([]byte, 512)
	for !bytes.Contains(text, []byte("550 5.0.0")) { // behind the alert
		n, err := c.Conn.Read(text)
		if err != nil {
			t.Fatal("go-smtp hangs up after a failed handshake")
		}
		text = text[:n:cap(text)]
		text = append(text, make([]byte, 512-n)...)
	}
	c.Do("EHLO in.the.clear", 250)

	w = serve(t, internet())
	c = w.hello(stranger)
	c.Do("STARTTLS", 220)
	c.SendRaw("no TLS\r\n")
	if got := remainder(t, c); strings.Contains(got, "550") {
		t.Errorf("after a failed handshake: %q", got)
	}
	for _, line := range []string{"STARTTLS\r\nMAIL FROM:<>\r\n", "STARTTLSFOO x\r\n", "STARTTLS\r\n\x16\x03\x01"} {
		c = w.hello(stranger)
		c.SendRaw(line)
		if got := remainder(t, c); got != "" {
			t.Errorf("%q: %q", line, got)
		}
	}
	c = w.client(stranger)
	c.Send("EHLO client.example.com", "STARTTLS") // pipelined before, not behind
	c.Expect(250)
	c.Expect(220)
	c.Handshake(new(tls.Config))
	c.Do("EHLO client.example.com", 250)
	c.Do("QUIT", 221)
}

// A session begins again within TLS: no sender, no logon and no name are carried over.
func TestTLSForgets(t *testing.T) {
	in := internet()
	in.AuthMechanism = param.Value(auth.TLS | auth.BasicAuth)
	w := serve(t, in)
	c := w.hello(stranger)
	c.Do("AUTH PLAIN "+plain(amy, password), 235)
	c.Do("MAIL FROM:<"+amy+">", 250)
	c.StartTLS(new(tls.Config))
	c.Do("MAIL FROM:<"+amy+">", 502)
	c.Do("EHLO client.example.com", 250)
	c.Do("RCPT TO:<"+inside+">", 502)
	c.Do("MAIL FROM:<someone@example.com>", 250)
	c.Do("RCPT TO:<"+elsewhere+">", 550)
}

// TLS from the first byte, around the Listener.
func TestImplicitTLS(t *testing.T) {
	w := newWorld(t, internet())
	l, err := w.network.Listen(hub)
	if err != nil {
		t.Fatal(err)
	}
	go w.server.Serve(tls.NewListener(w.backend.Listener(l), w.server.TLSConfig))
	t.Cleanup(func() { _ = w.server.Close() })
	c := relaytest.NewClient(t, w.dial(stranger))
	c.Handshake(new(tls.Config))
	c.Expect(220)
	if text := c.Do("EHLO client.example.com", 250); !strings.Contains(text, "AUTH LOGIN PLAIN") {
		t.Errorf("EHLO: %q", text)
	}
	c.Do("AUTH PLAIN "+plain(amy, password), 235)
	c.Do("QUIT", 221)
}

// AUTH within a transaction, and a transaction within another, are refused.
func TestOrder(t *testing.T) {
	w := bare(t, nil)
	c := w.hello(stranger)
	begin(c)
	c.Do("MAIL FROM:<boss@contoso.com>", 250)
	w = serve(t, internet())
	c = w.encrypted(stranger)
	begin(c)
	c.Do("MAIL FROM:<boss@contoso.com>", 503)
	c.Do("AUTH PLAIN "+plain(amy, password), 503)
	c.Do("RSET", 250)
	c.Do("AUTH PLAIN "+plain(amy, password), 235)
}

// Between two chunks no other command of the transaction is taken, and none waits.
func TestBetweenChunks(t *testing.T) {
	in := internet()
	in.MaxProtocolErrors = param.Value(param.Unlimited)
	w := serve(t, in)
	c := w.encrypted(stranger)
	begin(c)
	c.SendRaw("BDAT 14\r\nSubject: x\r\n\r\n")
	c.Expect(250)
	for _, line := range []string{"AUTH PLAIN " + plain(amy, password), "MAIL FROM:<>", "RCPT TO:<" + amy + ">", "DATA"} {
		c.Send(line)
		if code, text := c.Reply(); code != 502 && code != 503 {
			t.Errorf("%s: %d %s", line, code, text)
		}
	}
	c.SendRaw("BDAT 6 LAST\r\ntext\r\n")
	c.Expect(250)
	c.Do("AUTH PLAIN "+plain(amy, password), 235)
}

// BDAT has Next's Data run while go-smtp calls Reset and Mail. Next doesn't see that.
func TestResetWaitsForData(t *testing.T) {
	w := newWorld(t, internet())
	slow := &slowReader{mailbox: w.mailbox}
	w.backend.Next = slow
	w.start()
	c := w.hello(stranger)
	for range 20 {
		begin(c)
		c.SendRaw("BDAT 20\r\nSubject: x\r\n\r\ntext\r\n")
		c.Expect(250)
		c.Do("RSET", 250)
	}
	begin(c)
	c.SendRaw("BDAT 20 LAST\r\nSubject: x\r\n\r\ntext\r\n")
	c.Expect(250)
	begin(c)
	c.SendRaw("BDAT 20\r\nSubject: x\r\n\r\ntext\r\n")
	c.Expect(250)
	c.Do("QUIT", 221)
	for calls := w.mailbox.noted(); calls[len(calls)-1] != "logout"; calls = w.mailbox.noted() {
		time.Sleep(time.Millisecond)
	}
	if slow.overlaps() {
		t.Error("Next was called while Data was running")
	}
}

// A panic of Next ends the connection, and nothing stays counted.
func TestPanic(t *testing.T) {
	w := newWorld(t, internet())
	w.mailbox.data = func(letter) error { panic("out of luck") }
	w.start()
	for range 300 { // a source may have 256 open transactions
		c := w.hello(stranger)
		begin(c)
		send(c, message, 421)
		c.Closed()
	}
	w.hello(stranger).Do("MAIL FROM:<>", 250)
}

// An AuthSession of Next is asked if the Backend knows who has logged on, and a client
// can't guess without end.
func TestAuthByNext(t *testing.T) {
	w := newWorld(t, internet())
	w.backend.Next, w.backend.Verifier = authBackend{w.mailbox}, nil
	w.start()
	if text := w.encrypted(stranger).Do("EHLO client.example.com", 250); strings.Contains(text, "AUTH") {
		t.Errorf("AUTH is offered without Identify: %q", text)
	}
	_ = w.server.Close()

	w = newWorld(t, internet())
	w.backend.Next, w.backend.Verifier = authBackend{w.mailbox}, nil
	w.backend.Identify = func(s smtp.AuthSession) (auth.Identity, error) {
		return auth.Identity{Principal: permission.Authenticated(s.(*authVisit).user)}, nil
	}
	w.start()
	c := w.encrypted(stranger)
	if text := c.Do("EHLO client.example.com", 250); !strings.Contains(text, "AUTH PLAIN\n") {
		t.Errorf("AUTH: %q", text)
	}
	c.Do("AUTH LOGIN", 504)
	c.Do("AUTH PLAIN "+plain(amy, "guess"), 535)
	c.Do("AUTH PLAIN "+plain(amy, password), 235)
	c.Do("MAIL FROM:<>", 250)
	c.Do("RCPT TO:<"+elsewhere+">", 250)
	last := 0
	for range 12 {
		c := w.encrypted(stranger)
		c.Send("AUTH PLAIN " + plain(amy, "guess"))
		last, _ = c.Reply()
		c.Close()
	}
	if last != 454 {
		t.Errorf("the twelfth guess gets %d", last)
	}
	if line := w.logs("reason=too-many-guesses"); strings.Contains(line, "tried=") {
		t.Errorf("a user that isn't known is named: %s", line)
	}
}

// authBackend is a mailbox with passwords of its own.
type authBackend struct{ *mailbox }

func (a authBackend) NewSession(*smtp.Conn) (smtp.Session, error) {
	return &authVisit{visit: visit{mailbox: a.mailbox}}, nil
}

type authVisit struct {
	visit
	user string
}

func (*authVisit) AuthMechanisms() []string { return []string{"PLAIN", "XOAUTH2"} }

func (v *authVisit) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, pass string) error {
		if user != amy || pass != password {
			return errors.New("no such user: " + user)
		}
		v.user = user
		return nil
	}), nil
}

// What else go-smtp does that a Backend doesn't let happen.
func TestBareServer(t *testing.T) {
	w := bare(t, func(s *smtp.Server) { s.AllowInsecureAuth = true })
	w.server.Backend = authBackend{w.mailbox}
	w.mailbox.rcpt = func(to string) error {
		if to == elsewhere {
			return errors.New("pq: secret")
		}
		return nil
	}
	c := w.hello(stranger)
	begin(c)
	c.Do("AUTH PLAIN "+plain(amy, password), 235)
	if text := c.Do("RCPT TO:<"+elsewhere+">", 451); !strings.Contains(text, "secret") {
		t.Errorf("an error: %q", text)
	}
	for _, to := range []string{"a@b@c", "a\x01b@contoso.com", "a@-"} {
		c.Do("RCPT TO:<"+to+">", 250)
	}
	c.Do("EHLO a\x01b", 250)
	for range 100 {
		c.Do("RCPT TO:<>", 502)
	}
	c = w.hello(stranger)
	c.SendRaw("STARTTLS\r\nNOOP\r\n")
	c.Expect(220)
	c.Handshake(new(tls.Config))
	c.Do("EHLO client.example.com", 250)
}

// The hazards that remain behind a Backend and a Listener are as documented.
func TestRemaining(t *testing.T) {
	in := internet()
	in.ChunkingEnabled, in.BinaryMimeEnabled = param.Value(false), param.Value(false)
	w := serve(t, in)
	c := w.client(stranger)
	if text := c.Do("EHLO a\x01b", 500); !strings.Contains(text, "illegal") {
		t.Errorf("EHLO: %q", text)
	}
	if text := c.Do("EHLO client.example.com", 250); !strings.Contains(text, "CHUNKING") || !strings.HasPrefix(text, "Hello client.example.com\n") {
		t.Errorf("EHLO: %q", text)
	}
	c.Do("MAIL FROM:<>", 250)
	c.Do("RCPT TO:<Postmaster>", 501)
	c.Do("RCPT TO:<"+inside+">", 250)
	c.SendRaw("BDAT 14 LATS\r\nRSET\r\nNOOP\r\n\r\n")
	c.Expect(501)
	c.Expect(250)
	c.Expect(250)
	c.Expect(500)
	begin(c)
	send(c, "Subject: x\r\n\r\n.\rx\r\n", 250)
	if got := w.mailbox.last(t).data; !strings.HasSuffix(got, "\r\n\r\nx\r\n") {
		t.Errorf("a dot and a CR at the beginning of a line: %q", got)
	}
	for range 500 {
		c.Do("NOOP", 250)
	}
	c = w.client(stranger)
	c.Do("POST / HTTP/1.1", 500)
	c.Do("HELO x", 250)
	begin(c)
}
