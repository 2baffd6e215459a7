package gateway_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"testing"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/gateway"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestSetCertificates renews certificates under a policy that needs them on both sides:
// the session under TLS goes on, and handshakes that begin later have the new ones.
func TestSetCertificates(t *testing.T) {
	w := &world{t: t}
	ca, err := relaytest.NewAuthority("Fabrikam CA")
	if err != nil {
		t.Fatal(err)
	}
	issue := func(names ...string) []tls.Certificate {
		cert, err := ca.Issue(names...)
		if err != nil {
			t.Fatal(err)
		}
		return []tls.Certificate{cert}
	}
	first, second := issue("hub.fabrikam.com"), issue("hub.fabrikam.com", "new.fabrikam.com")
	cfg := config("fabrikam.com", server+":25")
	cfg.Send[0].TlsCertificateName = "<I>CN=Fabrikam CA<S>CN=hub.fabrikam.com"
	g := w.gateway(cfg)
	g.Config.Certificates = first
	if err := g.SetCertificates(second); !errors.Is(err, gateway.ErrNotRunning) {
		t.Errorf("before Start: %v", err)
	}
	w.start(g)
	w.sink(0)
	trust := &tls.Config{RootCAs: ca.Pool(), ServerName: "new.fabrikam.com"}
	under, open := w.session(server+":25"), w.session(server+":25")
	under.StartTLS(nil)
	under.Do("EHLO client.example", 250)
	if err := g.SetCertificates(second); err != nil {
		t.Fatal(err)
	}
	submit(under, "bob@fabrikam.com")
	under.Expect(250)
	open.StartTLS(trust)
	w.session(server + ":25").StartTLS(trust)
	for _, bad := range [][]tls.Certificate{nil, issue("elsewhere.fabrikam.com")} {
		if err := g.SetCertificates(bad); err == nil {
			t.Error("certificates without the one that a Send connector shows are taken")
		}
	}
	w.session(server + ":25").StartTLS(trust)
	if err := g.Sender.Check(g.Server.CurrentConfig().Policy); err != nil {
		t.Errorf("the Sender lost its certificate: %v", err)
	}
}

// TestReloadAuthorities: a reload replaces the authorities of both sides, or neither.
func TestReloadAuthorities(t *testing.T) {
	w := &world{t: t}
	ca, err := relaytest.NewAuthority("Fabrikam CA")
	if err != nil {
		t.Fatal(err)
	}
	cert, err := ca.Issue(mailboxes)
	if err != nil {
		t.Fatal(err)
	}
	sink := &relaytest.Sink{Certificate: &cert}
	l, err := w.net.Listen(mailboxes + ":25")
	if err != nil {
		t.Fatal(err)
	}
	go sink.Serve(l)
	t.Cleanup(func() { sink.Close() })
	cfg := config("fabrikam.com", server+":25")
	cfg.Send[0].RequireTLS, cfg.Send[0].TlsAuthLevel = true, param.CertificateValidation
	g := w.gateway(cfg)
	other, partners := x509.NewCertPool(), x509.NewCertPool()
	g.Config.RootCAs, g.Config.ClientCAs = other, other
	w.start(g)
	rcpt := func(code int) {
		t.Helper()
		c := w.session(server + ":25")
		c.Do("MAIL FROM:<ann@fabrikam.com>", 250)
		c.Do("RCPT TO:<bob@fabrikam.com>", code)
		c.Do("QUIT", 221)
	}
	rcpt(451)
	if got := g.Server.CurrentConfig().ClientCAs; got != other {
		t.Error("the Server has other authorities than the Config")
	}
	next := g.Config
	next.RootCAs, next.ClientCAs = ca.Pool(), partners
	bad := next
	bad.Policy = shows(t, cert.Leaf)
	if err := g.Reload(bad); err == nil {
		t.Error("a policy without its certificate is taken")
	}
	rcpt(451)
	if err := g.Reload(next); err != nil {
		t.Fatal(err)
	}
	rcpt(250)
	if got := g.Server.CurrentConfig().ClientCAs; got != partners {
		t.Error("the Server has the old authorities")
	}
}
