package oauth_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/oauth"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/relay/relaytest/entra"
	"github.com/interchange-smtp/interchange/routing"
)

// world is a token server at the addresses of Microsoft and Google, on a network in memory,
// and the Sources under test.
type world struct {
	*testing.T
	server  *entra.Server
	client  *http.Client
	log     *relaytest.Log
	sources *oauth.Sources

	mu     sync.Mutex
	events []event.Event
	seen   int // how many of them next has returned
}

const (
	appID  = "11111111-2222-3333-4444-555555555555"
	secret = "abc8Q~the-client-secret"
)

// newWorld makes a world. It closes everything when the test ends.
func newWorld(t *testing.T) *world {
	server, err := entra.NewServer()
	if err != nil {
		t.Fatal(err)
	}
	server.Apps = []entra.App{{ID: appID, Secret: secret, Roles: []string{"SMTP.SendAsApp"}, Public: true}}
	authority, err := relaytest.NewAuthority("test")
	if err != nil {
		t.Fatal(err)
	}
	cert, err := authority.Issue("login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn", "oauth2.googleapis.com")
	if err != nil {
		t.Fatal(err)
	}
	var network relaytest.Network
	const address = "192.0.2.10:443"
	listener, err := network.Listen(address)
	if err != nil {
		t.Fatal(err)
	}
	web := &http.Server{Handler: server}
	go web.Serve(tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{cert}}))
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: authority.Pool()},
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return network.Dial(ctx, netip.MustParseAddr("10.2.3.4"), netip.MustParseAddrPort(address))
		},
	}
	log := &relaytest.Log{}
	w := &world{T: t, server: server, client: &http.Client{Transport: transport}, log: log}
	w.sources = w.process(t.TempDir())
	t.Cleanup(func() {
		w.sources.Close()
		transport.CloseIdleConnections()
		web.Close()
		w.secretsStayHidden()
	})
	return w
}

// process returns Sources as of another process that uses the directory.
func (w *world) process(dir string) *oauth.Sources {
	read := func(_ context.Context, e event.Event) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.events = append(w.events, e)
	}
	return &oauth.Sources{Dir: dir, Client: w.client, Events: []event.Reader{read}, Logger: slog.New(slog.NewTextHandler(w.log, nil))}
}

// reported returns the events.
func (w *world) reported() []event.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.events)
}

// logged returns the log when all goroutines wait: callers get their answer before its event is logged.
func (w *world) logged() string {
	synctest.Wait()
	return w.log.String()
}

// secretsStayHidden fails the test if the log or an event has a secret in it.
func (w *world) secretsStayHidden() {
	text := w.log.String()
	for _, e := range w.reported() {
		text += fmt.Sprintf("%+v\n", e)
		for err := e.Err; err != nil; err = errors.Unwrap(err) {
			text += fmt.Sprintf("%v %+v\n", err, err)
		}
	}
	for _, params := range w.server.Requests() {
		for _, name := range []string{"client_secret", "refresh_token", "assertion", "client_assertion"} {
			if v := params.Get(name); v != "" && strings.Contains(text, v) {
				w.Errorf("the log or an event has a %s:\n%s", name, text)
			}
		}
	}
	if strings.Contains(text, "eyJ") {
		w.Errorf("the log or an event has a token:\n%s", text)
	}
}

// app returns the settings of an application with a secret.
func app() oauth.Config {
	return oauth.Config{Name: "Out", Provider: oauth.Microsoft365, Grant: oauth.ClientCredentials, Tenant: "contoso.onmicrosoft.com",
		ClientID: appID, ClientSecret: oauth.Secret{Value: secret}}
}

// person returns the settings of a person's logon.
func person() oauth.Config {
	return oauth.Config{Name: "Out", Provider: oauth.Microsoft365, Grant: oauth.DeviceCode, ClientID: appID}
}

// policy returns a policy with Send connectors of these names that use OAuth.
func policy(t testing.TB, names ...string) *connector.Policy {
	var cfg connector.Config
	for _, name := range names {
		cfg.Send = append(cfg.Send, connector.Send{
			Name: name, AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")},
			SmartHosts:             []param.SmartHost{param.MustParseSmartHost("smtp.office365.com")},
			SmartHostAuthMechanism: auth.OAuth, AuthenticationCredential: &param.Credential{UserName: "scan@contoso.com"},
		})
	}
	p, err := connector.Compile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// set makes s fetch by c, and returns the tokens.
func set(t testing.TB, s *oauth.Sources, c oauth.Config) tokens {
	p := policy(t, c.Name)
	if err := s.Set(&oauth.Settings{Connectors: []oauth.Config{c}}, p); err != nil {
		t.Fatal(err)
	}
	for out := range p.Send() {
		return s.For(out, param.MustParseSmartHost("smtp.office365.com"))
	}
	return nil
}

// tokens is the interface under test.
type tokens interface {
	Token(context.Context) (auth.Secret, error)
	Renew(context.Context, auth.Secret) (auth.Secret, error)
}

// must returns a token that the server accepts.
func (w *world) must(token auth.Secret, err error) auth.Secret {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
	if !w.server.Accepts("scan@contoso.com", token.Reveal()) {
		w.Fatal("the token is not accepted")
	}
	return token
}

// writeCertificate writes a certificate with an RSA key, and returns the file and the key.
func writeCertificate(t *testing.T, until time.Time) (string, *rsa.PrivateKey) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return certificateOf(t, until, key), key
}

// certificateOf writes a certificate with a key, and returns the file.
func certificateOf(t *testing.T, until time.Time, key crypto.Signer) string {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "relay"}, NotBefore: until.AddDate(-1, 0, 0), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})...)
	return write(t, "app.pem", string(text))
}

// write writes a file and returns its name.
func write(t *testing.T, name, text string) string {
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// last returns the parameters of the last request.
func (w *world) last() url.Values {
	all := w.server.Requests()
	return all[len(all)-1]
}

// nextRequest waits for a request, looking after each step, and returns the number of all.
func (w *world) nextRequest(step time.Duration) int {
	before := len(w.server.Requests())
	for range 10000 {
		if n := len(w.server.Requests()); n != before {
			return n
		}
		time.Sleep(step)
	}
	w.Fatal("there is no request")
	return 0
}
