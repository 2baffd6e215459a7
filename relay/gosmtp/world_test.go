package gosmtp_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"log"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay/gosmtp"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

const (
	hub      = "10.2.3.4:25"
	stranger = "203.0.113.9"
	gateway  = "192.168.5.77"

	amy       = "amy@contoso.com"
	inside    = "kim@contoso.com"
	elsewhere = "nick@example.net"
	password  = "Pa55w0rd"
	message   = "From: someone@example.com\r\nSubject: test\r\n\r\ntext\r\n"
)

// authority issues the certificates of these tests.
var authority = sync.OnceValues(func() (*relaytest.Authority, error) { return relaytest.NewAuthority("tests") })

// issue returns a certificate, and the pool that trusts it.
func issue(t testing.TB, names ...string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	a, err := authority()
	if err != nil {
		t.Fatal(err)
	}
	c, err := a.Issue(names...)
	if err != nil {
		t.Fatal(err)
	}
	return c, a.Pool()
}

// quick returns r without tarpit, and serving as many connections as a test needs.
func quick(r connector.Receive) connector.Receive {
	r.TarpitInterval, r.AuthTarpitInterval = param.Value(time.Duration(0)), param.Value(time.Duration(0))
	r.MaxInboundConnectionPercentagePerSource, r.MaxInboundConnectionPerSource = 100, param.Unlimited
	return r
}

// internet returns a connector that serves every client.
func internet() connector.Receive {
	return quick(connector.Receive{
		Name: "Internet", Bindings: []netip.AddrPort{netip.MustParseAddrPort(hub)},
		RemoteIPRanges:   []param.Range{param.MustParseRange("0.0.0.0/0")},
		AuthMechanism:    param.Value(auth.TLS | auth.BasicAuth | auth.BasicAuthRequireTLS),
		PermissionGroups: param.Value(permission.AnonymousUsers | permission.ExchangeUsers),
	})
}

// applications returns a connector through which gateway may relay.
func applications() connector.Receive {
	r := internet()
	r.Name, r.RemoteIPRanges = "Applications", []param.Range{param.MustParseRange(gateway)}
	r.Permissions = []permission.Grant{{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptAnyRecipient)}}
	return r
}

// compile compiles a policy with the connectors.
func compile(t testing.TB, in ...connector.Receive) *connector.Policy {
	t.Helper()
	p, err := connector.Compile(connector.Config{
		Server: "hub.contoso.com", Receive: in,
		Accepted: []routing.AcceptedDomain{{DomainName: "contoso.com"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// users knows one user.
var users = auth.VerifierFunc(func(_ context.Context, c auth.Credentials, _ auth.Channel) (auth.Identity, error) {
	if c.Username != amy || c.Password.Reveal() != password {
		return auth.Identity{}, auth.ErrBadCredentials
	}
	return auth.Identity{Principal: permission.Authenticated(amy), Addresses: []routing.Address{routing.MustParseAddress(amy)}}, nil
})

// plain returns the response of PLAIN.
func plain(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + password))
}

// world is a go-smtp server with a Backend on a network in memory.
type world struct {
	t       *testing.T
	network relaytest.Network
	backend *gosmtp.Backend
	server  *smtp.Server
	mailbox *mailbox
	log     relaytest.Log
	bare    bool // no Listener
}

// newWorld returns a world that serves nothing yet.
func newWorld(t *testing.T, in ...connector.Receive) *world {
	w := &world{t: t, mailbox: new(mailbox)}
	w.backend = &gosmtp.Backend{Policy: compile(t, in...), Next: w.mailbox, Verifier: users, Logger: slog.New(slog.NewTextHandler(&w.log, nil))}
	w.server = w.backend.NewServer()
	w.server.Domain = "hub.contoso.com"
	w.server.ErrorLog = log.New(&w.log, "", 0)
	certificate, _ := issue(t, "hub.contoso.com")
	w.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}}
	return w
}

// serve returns a world that serves the connectors.
func serve(t *testing.T, in ...connector.Receive) *world {
	w := newWorld(t, in...)
	w.start()
	return w
}

// start serves the hub's address.
func (w *world) start() {
	l, err := w.network.Listen(hub)
	if err != nil {
		w.t.Fatal(err)
	}
	if !w.bare {
		l = w.backend.Listener(l)
	}
	go w.server.Serve(l)
	w.t.Cleanup(func() { _ = w.server.Close() })
}

// dial connects from an address.
func (w *world) dial(from string) net.Conn {
	w.t.Helper()
	c, err := w.network.Dial(w.t.Context(), netip.MustParseAddr(from), netip.MustParseAddrPort(hub))
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// client connects from an address and reads the greeting.
func (w *world) client(from string) *relaytest.Client {
	w.t.Helper()
	c := relaytest.NewClient(w.t, w.dial(from))
	c.Expect(220)
	return c
}

// hello is client with EHLO.
func (w *world) hello(from string) *relaytest.Client {
	w.t.Helper()
	c := w.client(from)
	c.Do("EHLO client.example.com", 250)
	return c
}

// encrypted is hello within TLS.
func (w *world) encrypted(from string) *relaytest.Client {
	w.t.Helper()
	c := w.hello(from)
	c.StartTLS(new(tls.Config))
	c.Do("EHLO client.example.com", 250)
	return c
}

// logs returns the first line of the log that has all of these parts, and fails the test if none does.
func (w *world) logs(parts ...string) string {
	w.t.Helper()
	for line := range strings.Lines(w.log.String()) {
		if !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(line, part) }) {
			return line
		}
	}
	w.t.Errorf("no line has all of %q:\n%s", parts, w.log.String())
	return ""
}

// remainder returns what c still gets until the server closes the connection.
func remainder(t *testing.T, c *relaytest.Client) string {
	t.Helper()
	if err := c.Conn.SetDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(c.Conn)
	if err != nil {
		t.Errorf("%q, then %v", text, err)
	}
	return string(text)
}

// send sends a message after RCPT.
func send(c *relaytest.Client, text string, code int) string {
	c.Do("DATA", 354)
	c.SendRaw(text + ".\r\n")
	return c.Expect(code)
}

// letter is a message that a mailbox has accepted.
type letter struct {
	from string
	to   []string
	data string
}

// mailbox is the embedder's smtp.Backend. The zero mailbox accepts everything.
type mailbox struct {
	session func() error                                      // NewSession
	rcpt    func(to string) error                             // Rcpt
	data    func(letter) error                                // Data, after the message was read
	lmtp    func(l letter, status smtp.StatusCollector) error // LMTPData

	mu      sync.Mutex
	calls   []string
	letters []letter
}

func (m *mailbox) note(call string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, call)
}

// noted returns the calls so far.
func (m *mailbox) noted() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]string(nil), m.calls...)
}

// all returns the letters so far.
func (m *mailbox) all() []letter {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]letter(nil), m.letters...)
}

// last returns the last letter.
func (m *mailbox) last(t *testing.T) letter {
	t.Helper()
	all := m.all()
	if len(all) == 0 {
		t.Fatal("no message")
	}
	return all[len(all)-1]
}

// NewSession implements smtp.Backend.
func (m *mailbox) NewSession(*smtp.Conn) (smtp.Session, error) {
	m.note("session")
	if m.session != nil {
		if err := m.session(); err != nil {
			return nil, err
		}
	}
	if m.lmtp != nil {
		return &lmtpVisit{visit{mailbox: m}}, nil
	}
	return &visit{mailbox: m}, nil
}

// visit is a session of a mailbox.
type visit struct {
	mailbox *mailbox
	letter  letter
}

func (v *visit) Reset()        { v.mailbox.note("reset"); v.letter = letter{} }
func (v *visit) Logout() error { v.mailbox.note("logout"); return nil }

func (v *visit) Mail(from string, _ *smtp.MailOptions) error {
	v.mailbox.note("mail " + from)
	v.letter.from = from
	return nil
}

func (v *visit) Rcpt(to string, _ *smtp.RcptOptions) error {
	v.mailbox.note("rcpt " + to)
	if v.mailbox.rcpt != nil {
		if err := v.mailbox.rcpt(to); err != nil {
			return err
		}
	}
	v.letter.to = append(v.letter.to, to)
	return nil
}

func (v *visit) Data(r io.Reader) error { return v.take(r, v.mailbox.data) }

func (v *visit) take(r io.Reader, answer func(letter) error) error {
	v.mailbox.note("data")
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	v.letter.data = string(text)
	if answer != nil {
		if err := answer(v.letter); err != nil {
			return err
		}
	}
	v.mailbox.mu.Lock()
	defer v.mailbox.mu.Unlock()
	v.mailbox.letters = append(v.mailbox.letters, v.letter)
	return nil
}

// lmtpVisit is a visit that answers for each recipient.
type lmtpVisit struct{ visit }

func (v *lmtpVisit) LMTPData(r io.Reader, status smtp.StatusCollector) error {
	return v.take(r, func(l letter) error { return v.mailbox.lmtp(l, status) })
}

// slowReader is a mailbox that notices calls during Data.
type slowReader struct {
	*mailbox
	running, overlapped atomic.Bool
}

func (b *slowReader) overlaps() bool { return b.overlapped.Load() }

func (b *slowReader) NewSession(*smtp.Conn) (smtp.Session, error) {
	return &slowVisit{visit{mailbox: b.mailbox}, b}, nil
}

type slowVisit struct {
	visit
	backend *slowReader
}

func (v *slowVisit) check() {
	if v.backend.running.Load() {
		v.backend.overlapped.Store(true)
	}
}

func (v *slowVisit) Reset()        { v.check(); v.visit.Reset() }
func (v *slowVisit) Logout() error { v.check(); return v.visit.Logout() }

func (v *slowVisit) Mail(from string, opts *smtp.MailOptions) error {
	v.check()
	return v.visit.Mail(from, opts)
}

func (v *slowVisit) Data(r io.Reader) error {
	v.backend.running.Store(true)
	defer v.backend.running.Store(false)
	_, err := io.Copy(io.Discard, r)
	for range 1000 {
		runtime.Gosched() // it takes its time even if the message is broken off
	}
	return err
}
