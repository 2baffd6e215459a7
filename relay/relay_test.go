package relay_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// The places of the administrator's guide.
const (
	hub       = "10.2.3.4:25"
	otherHub  = "10.2.3.5:25"
	gateway   = "192.168.5.77" // anonymous relay
	secured   = "192.168.1.10" // externally secured
	stranger  = "203.0.113.9"
	userName  = "smtpgateway@fabrikam.com"
	password  = "correct horse battery staple"
	hubName   = "huba.fabrikam.com"
	inside    = "amy@fabrikam.com"
	elsewhere = "bob@contoso.com"
)

func at(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func ranges(all ...string) []param.Range {
	var rs []param.Range
	for _, s := range all {
		rs = append(rs, param.MustParseRange(s))
	}
	return rs
}

// quick returns r without the delays that only make tests slow, and with every
// address of the world allowed to connect often.
func quick(r connector.Receive) connector.Receive {
	r.TarpitInterval = param.Value(time.Duration(0))
	r.AuthTarpitInterval = param.Value(time.Duration(0))
	r.MaxInboundConnectionPercentagePerSource = 100
	r.MaxInboundConnectionPerSource = param.Unlimited
	return r
}

// defaultHub is the default Receive connector of the guide.
func defaultHub() connector.Receive {
	return quick(connector.Receive{
		Name:             "Default HubA",
		Bindings:         []netip.AddrPort{at("0.0.0.0:25"), at("[::]:25")},
		RemoteIPRanges:   ranges("0.0.0.0-255.255.255.255", "::/0"),
		AuthMechanism:    param.Value(auth.TLS | auth.BasicAuth | auth.BasicAuthRequireTLS),
		PermissionGroups: param.Value(permission.AnonymousUsers | permission.ExchangeUsers),
	})
}

// fromSecuredGateway is the externally secured connector of the guide.
func fromSecuredGateway() connector.Receive {
	return quick(connector.Receive{
		Name:             "FromSecuredGateway",
		Bindings:         []netip.AddrPort{at("0.0.0.0:25")},
		RemoteIPRanges:   ranges(secured),
		AuthMechanism:    param.Value(auth.ExternalAuthoritative),
		PermissionGroups: param.Value(permission.ExchangeServers),
	})
}

// fromAnonymousGateway is the anonymous relay connector of the guide.
func fromAnonymousGateway(grants ...permission.Grant) connector.Receive {
	return quick(connector.Receive{
		Name:             "FromAnonymousGateway",
		Bindings:         []netip.AddrPort{at(hub)},
		RemoteIPRanges:   ranges(gateway),
		PermissionGroups: param.Value(permission.AnonymousUsers),
		Permissions:      grants,
	})
}

// anyRecipient is the grant that makes an anonymous relay.
func anyRecipient() permission.Grant {
	return permission.Grant{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptAnyRecipient)}
}

// policy compiles connectors on the server of the guide.
func policy(t testing.TB, receive ...connector.Receive) *connector.Policy {
	t.Helper()
	p, err := connector.Compile(connector.Config{
		Server:   "HubA",
		Servers:  []routing.Server{{Name: "HubA", FQDN: hubName, Site: "Default"}},
		Accepted: []routing.AcceptedDomain{{DomainName: "fabrikam.com"}},
		Receive:  receive,
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// users knows one user.
type users struct{}

func (users) Verify(_ context.Context, c auth.Credentials, _ auth.Channel) (auth.Identity, error) {
	if c.Username != userName || c.Password != password {
		return auth.Identity{}, auth.ErrBadCredentials
	}
	return auth.Identity{
		Principal: permission.Authenticated(userName),
		Addresses: []routing.Address{routing.MustParseAddress(userName)},
	}, nil
}

// mailbox is a Handler that keeps messages.
type mailbox struct {
	mu  sync.Mutex
	all []letter
}

// letter is one message.
type letter struct {
	env  relay.Envelope
	data string
}

func (m *mailbox) Begin(ctx context.Context, env *relay.Envelope) (relay.Transaction, error) {
	return relay.HandlerFunc(m.Deliver).Begin(ctx, env)
}

func (m *mailbox) Deliver(_ context.Context, env *relay.Envelope, body io.Reader) error {
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	e := *env
	e.To = slices.Clone(env.To)
	m.all = append(m.all, letter{e, string(data)})
	return nil
}

func (m *mailbox) letters() []letter {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.all)
}

// last returns the one message there should be.
func (m *mailbox) last(t testing.TB) letter {
	t.Helper()
	all := m.letters()
	if len(all) != 1 {
		t.Fatalf("%d messages, want one", len(all))
	}
	return all[0]
}

// eventually waits for what another goroutine does.
func eventually(t testing.TB, done func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !done(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal("it never happens")
		}
	}
}

// waitFor returns once the log has text in it.
func (w *world) waitFor(text string) { w.waitForMore(text, 0) }

// waitForEnd returns once one more connection has ended.
func (w *world) waitForEnd() {
	w.waitForMore("connection ended", w.ended)
	w.ended++
}

// waitForMore returns once the log has text in it more than n times.
func (w *world) waitForMore(text string, n int) {
	w.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); strings.Count(w.log.String(), text) <= n; {
		if time.Now().After(deadline) {
			w.t.Fatalf("never logged: %s", text)
		}
		runtime.Gosched()
	}
}

// world is a server on a network.
type world struct {
	t       testing.TB
	network relaytest.Network
	server  *relay.Server
	mailbox *mailbox
	ca      *relaytest.Authority
	log     *relaytest.Log
	talk    *relaytest.Log
	ended   int // connections that waitForEnd has seen
}

// certificates are made once: they cost more than all else.
var certificates = sync.OnceValues(func() (*relaytest.Authority, tls.Certificate) {
	ca, err := relaytest.NewAuthority("Fabrikam CA")
	if err != nil {
		panic(err)
	}
	cert, err := ca.Issue(hubName)
	if err != nil {
		panic(err)
	}
	return ca, cert
})

// serve starts a server for p that listens on port 25 of everywhere. change,
// if not nil, sees it before.
func serve(t testing.TB, p *connector.Policy, change func(*relay.Server)) *world {
	t.Helper()
	ca, cert := certificates()
	w := &world{t: t, mailbox: new(mailbox), ca: ca, log: new(relaytest.Log), talk: new(relaytest.Log)}
	w.server = &relay.Server{
		Policy:       p,
		Handler:      w.mailbox,
		Verifier:     users{},
		Certificates: []tls.Certificate{cert},
		ClientCAs:    ca.Pool(),
		Logger:       slog.New(slog.NewTextHandler(w.log, nil)),
		ProtocolLog:  relaytest.ProtocolLog(w.talk, "Receive"),
	}
	if change != nil {
		change(w.server)
	}
	for _, address := range []string{"0.0.0.0:25", "[::]:25", "0.0.0.0:465"} {
		l, err := w.network.Listen(address)
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- w.server.Serve(l) }()
		t.Cleanup(func() {
			if err := <-served; err != nil && !errors.Is(err, relay.ErrServerClosed) {
				t.Errorf("Serve: %v", err)
			}
		})
	}
	t.Cleanup(w.stop)
	return w
}

// stop ends the server; nothing may be left of it.
func (w *world) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	w.server.Close()
	if err := w.server.Shutdown(ctx); err != nil {
		w.t.Errorf("sessions are left: %v", err)
	}
}

// dial connects from an address.
func (w *world) dial(from, to string) net.Conn {
	w.t.Helper()
	c, err := w.network.Dial(context.Background(), netip.MustParseAddr(from), at(to))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { c.Close() })
	return c
}

// client connects and reads the greeting.
func (w *world) client(from, to string) *relaytest.Client {
	w.t.Helper()
	c := relaytest.NewClient(w.t, w.dial(from, to))
	c.Expect(220)
	return c
}

// hello connects and says EHLO.
func (w *world) hello(from, to string) *relaytest.Client {
	w.t.Helper()
	c := w.client(from, to)
	c.Do("EHLO client.contoso.com", 250)
	return c
}

// encrypted connects, starts TLS and says EHLO.
func (w *world) encrypted(from, to string) *relaytest.Client {
	w.t.Helper()
	c := w.hello(from, to)
	c.StartTLS(&tls.Config{RootCAs: w.ca.Pool(), ServerName: hubName})
	c.Do("EHLO client.contoso.com", 250)
	return c
}

// begin begins a transaction from a stranger to one of us.
func (w *world) begin() *relaytest.Client {
	w.t.Helper()
	return w.beginFrom(stranger)
}

// beginFrom is begin for a client elsewhere.
func (w *world) beginFrom(from string) *relaytest.Client {
	w.t.Helper()
	c := w.hello(from, hub)
	c.Do("MAIL FROM:<>", 250)
	c.Do("RCPT TO:<"+inside+">", 250)
	return c
}

// plain is the initial response of AUTH PLAIN.
func plain(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + password))
}

// message is a small message.
const message = "From: <amy@fabrikam.com>\r\nSubject: hello\r\nMessage-ID: <1@client.contoso.com>\r\n\r\nHello.\r\n"

// send hands over a message; c is where RCPT has been accepted.
func send(c *relaytest.Client, data string, code int) string {
	c.Do("DATA", 354)
	c.SendRaw(data + ".\r\n")
	return c.Expect(code)
}
