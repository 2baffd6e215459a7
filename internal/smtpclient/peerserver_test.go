package smtpclient_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// The tests of this file have the client talk to go-smtp's server: what it sends must
// mean the same to software that others wrote. Package relay has the tests in the
// other direction.

const peerName = "mx.fabrikam.com"

// peer is a go-smtp server and what it has received.
type peer struct {
	network relaytest.Network
	ca      *relaytest.Authority

	mu     sync.Mutex
	user   string
	mail   []peerMail
	dialog bytes.Buffer
}

// Write records the dialog.
func (p *peer) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dialog.Write(b)
}

// heard reports whether text was said.
func (p *peer) heard(text string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Contains(p.dialog.Bytes(), []byte(text))
}

// peerMail is one message, as go-smtp read it.
type peerMail struct {
	from    string
	options smtp.MailOptions
	to      []string
	rcpts   []smtp.RcptOptions
	data    string
}

// newPeer starts a go-smtp server with every extension that the client uses.
func newPeer(t *testing.T) *peer {
	t.Helper()
	p := new(peer)
	var err error
	if p.ca, err = relaytest.NewAuthority("Peer"); err != nil {
		t.Fatal(err)
	}
	cert, err := p.ca.Issue(peerName)
	if err != nil {
		t.Fatal(err)
	}
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &peerSession{peer: p}, nil }))
	s.Domain = peerName
	s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}}
	s.MaxMessageBytes = 10 << 20
	s.EnableSMTPUTF8, s.EnableBINARYMIME, s.EnableDSN = true, true, true
	s.Debug = p
	l, err := p.network.Listen("192.0.2.25:25")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() {
		s.Close()
		<-done
	})
	return p
}

// open connects the client to p.
func (p *peer) open(t *testing.T, change func(*smtpclient.Config)) *smtpclient.Conn {
	t.Helper()
	nc, err := p.network.Dial(t.Context(), netip.MustParseAddr("192.0.2.1"), netip.MustParseAddrPort("192.0.2.25:25"))
	if err != nil {
		t.Fatal(err)
	}
	cfg := smtpclient.Config{Name: "hub.contoso.com"}
	if change != nil {
		change(&cfg)
	}
	c, err := smtpclient.Open(context.Background(), nc, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// last returns the one message that p has received.
func (p *peer) last(t *testing.T) peerMail {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.mail) != 1 {
		t.Fatalf("%d messages, want one", len(p.mail))
	}
	return p.mail[0]
}

// peerSession is a session of a peer.
type peerSession struct {
	peer *peer
	now  peerMail
}

func (s *peerSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *peerSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if password != "correct horse" {
			return smtp.ErrAuthFailed
		}
		s.peer.mu.Lock()
		defer s.peer.mu.Unlock()
		s.peer.user = user
		return nil
	}), nil
}

func (s *peerSession) Mail(from string, options *smtp.MailOptions) error {
	s.now = peerMail{from: from, options: *options}
	return nil
}

func (s *peerSession) Rcpt(to string, options *smtp.RcptOptions) error {
	if strings.HasPrefix(to, "no") {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	}
	s.now.to, s.now.rcpts = append(s.now.to, to), append(s.now.rcpts, *options)
	return nil
}

func (s *peerSession) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.now.data = string(data)
	s.peer.mu.Lock()
	defer s.peer.mu.Unlock()
	s.peer.mail = append(s.peer.mail, s.now)
	return nil
}

func (s *peerSession) Reset()        { s.now = peerMail{} }
func (s *peerSession) Logout() error { return nil }

// deliver sends a message with the envelope m to the recipients.
func deliver(t *testing.T, c *smtpclient.Conn, m smtpclient.Mail, to []envelope.Recipient, msg smtpclient.Message) {
	t.Helper()
	answers, err := c.Begin(t.Context(), m, to, len(to) == 1 && msg.Rest == nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, err := range answers {
		if err != nil {
			t.Fatalf("%v: %v", to[i].To, err)
		}
	}
	msg.Body = m.Body
	if r, err := c.Data(t.Context(), msg); err != nil || r.Code != 250 {
		t.Fatalf("%v, %v", r, err)
	}
}

func TestPeerOffers(t *testing.T) {
	p := newPeer(t)
	c := p.open(t, nil)
	for _, keyword := range []string{"PIPELINING", "8BITMIME", "CHUNKING", "STARTTLS", "SMTPUTF8", "BINARYMIME", "DSN", "SIZE"} {
		if !c.Has(keyword) {
			t.Errorf("%s was not read", keyword)
		}
	}
	big := from("a@contoso.com")
	big.Size = 11 << 20
	if err := c.Check(big); !errors.Is(err, smtpclient.ErrTooBig) {
		t.Errorf("too large: %v", err)
	}
}

// A message arrives unchanged, by DATA and by BDAT in one chunk or several.
func TestPeerTakesMessages(t *testing.T) {
	binary := bytes.Repeat([]byte("\x00\r\n.\r\n\n\xff"), 30_000)
	long := strings.Repeat(".x\r\n"+strings.Repeat("y", 70)+"\r\n", 10_000)
	for _, row := range []struct {
		name    string
		body    envelope.BodyType
		message string
		stream  bool // the message isn't held in memory whole
		data    bool // without BDAT
	}{
		{"short", envelope.SevenBit, "Subject: x\r\n\r\n.\r\n..\r\n", false, false},
		{"8 bits", envelope.EightBitMIME, "Subject: x\r\n\r\nGr\xfc\xdfe\r\n", false, false},
		{"long, BDAT", envelope.EightBitMIME, "Subject: x\r\n\r\n" + long, true, false},
		{"long, DATA", envelope.EightBitMIME, "Subject: x\r\n\r\n" + long, true, true},
		{"binary", envelope.BinaryMIME, "Subject: x\r\n\r\n" + string(binary), true, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := newPeer(t)
			c := p.open(t, func(cfg *smtpclient.Config) { cfg.DATA = row.data })
			m := from("a@contoso.com")
			m.Body, m.Size = row.body, int64(len(row.message))
			msg := text(row.message)
			if row.stream {
				msg = smtpclient.Message{Head: []byte(row.message[:14]), Rest: strings.NewReader(row.message[14:])}
			}
			deliver(t, c, m, recipient(), msg)
			got := p.last(t)
			if got.data != row.message {
				t.Errorf("%d bytes arrived, not the %d that were sent", len(got.data), len(row.message))
			}
			if declared := string(got.options.Body); declared != row.body.String() && !(declared == "" && row.body == envelope.SevenBit) {
				t.Errorf("declared %q", declared)
			}
			if chunks := row.stream && !row.data; p.heard("BDAT ") != chunks || p.heard("DATA\r\n") == chunks {
				t.Errorf("not as wanted: in chunks %v", p.heard("BDAT "))
			}
			if got.options.Size != m.Size {
				t.Errorf("declared %d bytes", got.options.Size)
			}
		})
	}
}

func TestPeerTakesEnvelope(t *testing.T) {
	p := newPeer(t)
	m := from("käte@bücher.example")
	m.UTF8, m.Return, m.EnvID = true, envelope.ReturnHeader, "order+2017+2B4"
	deliver(t, p.open(t, nil), m, []envelope.Recipient{
		{To: routing.MustParseAddress("amy@fabrikam.com"), Notify: envelope.NotifySuccess | envelope.NotifyDelay, ORcpt: "rfc822;amy+2Bold@fabrikam.com"},
		{To: routing.MustParseAddress(`"a b"@fabrikam.com`), Notify: envelope.NotifyNever},
		{To: routing.MustParseAddress("jürgen@fabrikam.com"), ORcpt: "utf-8;jürgen@alt.example"},
	}, text("Subject: x\r\n\r\n"))
	got := p.last(t)
	if got.from != "käte@xn--bcher-kva.example" || !got.options.UTF8 || got.options.Return != smtp.DSNReturnHeaders || got.options.EnvelopeID != "order 17+4" {
		t.Errorf("from %q, %+v", got.from, got.options)
	}
	if len(got.to) != 3 || got.to[0] != "amy@fabrikam.com" || got.to[2] != "jürgen@fabrikam.com" {
		t.Fatalf("to %q", got.to)
	}
	if r := got.rcpts[0]; len(r.Notify) != 2 || r.OriginalRecipientType != smtp.DSNAddressTypeRFC822 || r.OriginalRecipient != "amy+old@fabrikam.com" {
		t.Errorf("%+v", r)
	}
	if r := got.rcpts[1]; len(r.Notify) != 1 || r.Notify[0] != smtp.DSNNotifyNever {
		t.Errorf("%+v", r)
	}
	if r := got.rcpts[2]; r.OriginalRecipientType != smtp.DSNAddressTypeUTF8 || r.OriginalRecipient != "jürgen@alt.example" {
		t.Errorf("%+v", r)
	}
}

// Each recipient has its own answer, though all of them leave in one write.
func TestPeerRefusesOneRecipient(t *testing.T) {
	p := newPeer(t)
	c := p.open(t, nil)
	to := append(recipient(), envelope.Recipient{To: routing.MustParseAddress("nobody@fabrikam.com")})
	answers, err := c.Begin(t.Context(), from("a@contoso.com"), to, false)
	var refusal *smtpclient.Error
	if err != nil || answers[0] != nil || !errors.As(answers[1], &refusal) || refusal.Reply.Code != 550 || refusal.Reply.Enhanced != [3]int{5, 1, 1} {
		t.Fatalf("%v, %v", answers, err)
	}
	if _, err := c.Data(t.Context(), text("Subject: x\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if got := p.last(t); len(got.to) != 1 {
		t.Errorf("to %q", got.to)
	}
}

func TestPeerSeesTLSAndAuth(t *testing.T) {
	p := newPeer(t)
	secured := func(password string) func(*smtpclient.Config) {
		return func(cfg *smtpclient.Config) {
			cfg.TLS, cfg.RequireTLS = &tls.Config{RootCAs: p.ca.Pool(), ServerName: peerName}, true
			cfg.Auth = &auth.Credentials{Username: "hub", Password: auth.Secret(password)}
		}
	}
	c := p.open(t, secured("correct horse"))
	if c.TLSVersion() != tls.VersionTLS13 {
		t.Errorf("TLS version %x", c.TLSVersion())
	}
	deliver(t, c, from("a@contoso.com"), recipient(), text("Subject: x\r\n\r\n"))
	if p.user != "hub" {
		t.Errorf("logged on as %q", p.user)
	}
	nc, err := p.network.Dial(t.Context(), netip.MustParseAddr("192.0.2.1"), netip.MustParseAddrPort("192.0.2.25:25"))
	if err != nil {
		t.Fatal(err)
	}
	cfg := smtpclient.Config{Name: "hub.contoso.com"}
	secured("guess")(&cfg)
	var refusal *smtpclient.Error
	if _, err := smtpclient.Open(t.Context(), nc, cfg); !errors.As(err, &refusal) || refusal.Stage != smtpclient.StageAuth || refusal.Reply.Code != 535 {
		t.Errorf("wrong password: %v", err)
	}
}
