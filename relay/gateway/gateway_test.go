package gateway_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/gateway"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/queue/queuetest"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// issue returns a certificate for a name.
func issue(t *testing.T, name string) []tls.Certificate {
	t.Helper()
	ca, err := relaytest.NewAuthority("Fabrikam CA")
	if err != nil {
		t.Fatal(err)
	}
	cert, err := ca.Issue(name)
	if err != nil {
		t.Fatal(err)
	}
	return []tls.Certificate{cert}
}

// shows returns the policy of a server that shows a certificate to its next hop.
func shows(t *testing.T, cert *x509.Certificate) *connector.Policy {
	t.Helper()
	cfg := config("fabrikam.com", server+":25")
	cfg.Send[0].TlsCertificateName = "<I>" + cert.Issuer.String() + "<S>" + cert.Subject.String()
	return compile(t, cfg)
}

// refuseAll is a Verifier that no password pleases.
var refuseAll = auth.VerifierFunc(func(context.Context, auth.Credentials, auth.Channel) (auth.Identity, error) {
	return auth.Identity{}, auth.ErrBadCredentials
})

// TestReload: new sessions work by all of the new configuration, and one that is open
// by all of the old one.
func TestReload(t *testing.T) {
	w := &world{t: t}
	w.sink(0)
	g := w.gateway(config("fabrikam.com", server+":25"))
	g.Dir = filepath.Join(t.TempDir(), "data")
	w.start(g)
	before := w.session(server + ":25")
	next := config("contoso.com", server+":2525")
	next.Receive[0].AuthMechanism = param.Value(auth.TLS | auth.BasicAuth)
	cert := issue(t, "hub.contoso.com")
	if err := g.Reload(gateway.Config{Policy: compile(t, next), Verifier: refuseAll, Certificates: cert}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.dial(server + ":25"); err == nil {
		t.Error("a binding that is gone is still open")
	}
	after := w.session(server + ":2525")
	if ehlo := after.Do("EHLO client.example", 250); !strings.Contains(ehlo, "AUTH") || !strings.Contains(ehlo, "STARTTLS") {
		t.Errorf("EHLO: %q", ehlo)
	}
	submit(after, "kim@contoso.com")
	after.Expect(250)
	submit(before, "bob@fabrikam.com")
	before.Expect(250)
	if err := g.Sender.Check(shows(t, cert[0].Leaf)); err != nil {
		t.Errorf("the Sender lacks the new certificate: %v", err)
	}
}

// TestReloadFails breaks a configuration in every way in which it can be refused: all
// of the old one stays, the certificates of the Sender and the bindings included.
func TestReloadFails(t *testing.T) {
	w := &world{t: t}
	w.sink(0)
	old, other := issue(t, "hub.fabrikam.com"), issue(t, "hub.contoso.com")
	first := config("fabrikam.com", server+":25")
	first.Receive[0].AuthMechanism = param.Value(auth.TLS | auth.BasicAuth)
	g := w.gateway(first)
	g.Dir = filepath.Join(t.TempDir(), "data")
	g.Config.Certificates, g.Config.Verifier = old, refuseAll
	w.start(g)
	busy, err := w.net.Listen(server + ":2525")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	secured := config("contoso.com", server+":26")
	secured.Receive[0].RequireTLS = true
	secured.Receive[0].AuthMechanism = param.Value(auth.TLS)
	for _, tt := range []struct {
		name   string
		config gateway.Config
		says   string
	}{
		{"no policy", gateway.Config{Certificates: other}, "policy"},
		{"no certificate for a Send connector", gateway.Config{Policy: shows(t, issue(t, "elsewhere.contoso.com")[0].Leaf), Certificates: other}, "ToMailboxes"},
		{"no certificate for a Receive connector", gateway.Config{Policy: compile(t, secured)}, "RequireTLS"},
		{"a binding in use", gateway.Config{Policy: compile(t, config("contoso.com", server+":25", server+":27", server+":2525")), Certificates: other}, server + ":2525"},
	} {
		if err := g.Reload(tt.config); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", tt.name, err)
		}
		for _, closed := range []string{":26", ":27"} {
			if _, err := w.dial(server + closed); err == nil {
				t.Errorf("%s: %s is open", tt.name, closed)
			}
		}
		c := w.session(server + ":25")
		if ehlo := c.Do("EHLO client.example", 250); !strings.Contains(ehlo, "AUTH") || !strings.Contains(ehlo, "STARTTLS") {
			t.Errorf("%s: EHLO: %q", tt.name, ehlo)
		}
		submit(c, "bob@fabrikam.com")
		c.Expect(250)
		c.Do("MAIL FROM:<ann@fabrikam.com>", 250)
		c.Do("RCPT TO:<kim@contoso.com>", 550)
		if err := g.Sender.Check(shows(t, old[0].Leaf)); err != nil {
			t.Errorf("%s: the Sender lost its certificate: %v", tt.name, err)
		}
		if err := g.Sender.Check(shows(t, other[0].Leaf)); err == nil {
			t.Errorf("%s: the Sender has a certificate of the refused configuration", tt.name)
		}
	}
}

// box is a transport that takes every message and reports it to a channel.
type box chan string

func (b box) Send(_ context.Context, hop delivery.NextHop, _ *envelope.Envelope, to []envelope.Recipient, body io.Reader) ([]delivery.Outcome, error) {
	_, err := io.Copy(io.Discard, body)
	b <- hop.String() + ": " + to[0].To.String()
	return make([]delivery.Outcome, len(to)), err
}

// TestTransport: a Send connector has a transport of its own, which every policy must
// have, and a queue.
func TestTransport(t *testing.T) {
	w := &world{t: t}
	own := make(box, 1)
	g := w.gateway(config("fabrikam.com", server+":25"))
	g.Dispatcher.ByConnector = map[string]delivery.Transport{"ToMailboxes": own}
	if err := g.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "only if there is a queue") {
		t.Errorf("without a queue: %v", err)
	}
	g.Store = new(queuetest.Store)
	w.start(g)
	other := config("fabrikam.com", server+":25", server+":26")
	other.Send[0].Name = "ToOthers"
	if err := g.Reload(gateway.Config{Policy: compile(t, other)}); err == nil || !strings.Contains(err.Error(), `"ToMailboxes"`) {
		t.Errorf("without the connector: %v", err)
	}
	if _, err := w.dial(server + ":26"); err == nil {
		t.Error("a policy that was refused is in use")
	}
	c := w.session(server + ":25")
	c.Do("EHLO client.example", 250)
	submit(c, "bob@fabrikam.com")
	c.Expect(250)
	if got := <-own; got != "ToMailboxes: bob@fabrikam.com" {
		t.Errorf("delivered %s", got)
	}
}

// TestOwnParts: what a Gateway sets itself isn't overwritten, but refused.
func TestOwnParts(t *testing.T) {
	w := &world{t: t}
	g := w.gateway(config("fabrikam.com", server+":25"))
	g.Store = new(queuetest.Store)
	g.Server.Handler = new(delivery.Sender)
	g.Dispatcher.Transport = make(box)
	err := g.Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "Server.Handler") || !strings.Contains(err.Error(), "Dispatcher.Transport") {
		t.Errorf("started: %v", err)
	}
	g.Server.Handler, g.Dispatcher.Transport = nil, nil
	w.start(g)
}

// TestDir: the data directory and the operator's socket are accessible to their owner
// only, the socket is gone after Shutdown, and the queue can be opened again.
func TestDir(t *testing.T) {
	w := &world{t: t}
	dir := filepath.Join(t.TempDir(), "new", "data")
	for range 2 {
		g := w.gateway(config("fabrikam.com", server+":25"))
		g.Dir = dir
		w.start(g)
		for name, mode := range map[string]os.FileMode{dir: 0o700 | os.ModeDir, filepath.Join(dir, "control"): 0o600 | os.ModeSocket} {
			if info, err := os.Stat(name); err != nil || info.Mode() != mode {
				t.Errorf("%s: %v, %v", name, info, err)
			}
		}
		second := w.gateway(config("fabrikam.com", server+":26"))
		second.Dir = dir
		if err := second.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "data directory "+dir) {
			t.Errorf("two gateways on one directory: %v", err)
		}
		for e, err := range control.Do(t.Context(), dir, control.Request{Action: control.List}) {
			if err != nil || e.End == nil {
				t.Errorf("the operator sees %+v, %v", e, err)
			}
		}
		if err := g.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := os.Lstat(filepath.Join(dir, "control")); err == nil {
			t.Error("the socket is left behind")
		}
	}
}

// TestStartFails: whatever can't be opened, everything else is closed again, and
// nothing is written to a directory that others can enter.
func TestStartFails(t *testing.T) {
	w := &world{t: t}
	busy, err := w.net.Listen(server + ":2525")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	dir := filepath.Join(t.TempDir(), "data")
	g := w.gateway(config("fabrikam.com", server+":25", server+":2525"))
	g.Dir = dir
	if err := g.Start(t.Context()); err == nil || !strings.Contains(err.Error(), server+":2525") {
		t.Errorf("a binding in use: %v", err)
	}
	if _, err := w.dial(server + ":25"); err == nil {
		t.Error("the other binding is open")
	}
	g = w.gateway(config("fabrikam.com", server+":25"))
	g.Dir = dir
	w.start(g)

	public := t.TempDir()
	if err := os.Chmod(public, 0o755); err != nil {
		t.Fatal(err)
	}
	g = w.gateway(config("fabrikam.com", server+":26"))
	g.Dir = public
	if err := g.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "chmod 700 "+public) {
		t.Errorf("a directory that others can enter: %v", err)
	}
	if left, err := os.ReadDir(public); len(left) > 0 || err != nil {
		t.Errorf("it holds %v, %v", left, err)
	}
}

// TestNoQueue: without a queue a message is accepted only if its next hop accepts it.
func TestNoQueue(t *testing.T) {
	w := &world{t: t}
	w.start(w.gateway(config("fabrikam.com", server+":25")))
	c := w.session(server + ":25")
	c.Do("MAIL FROM:<ann@fabrikam.com>", 250)
	c.Do("RCPT TO:<bob@fabrikam.com>", 451)
	c.Do("QUIT", 221)
	sink := w.sink(0)
	c = w.session(server + ":25")
	submit(c, "bob@fabrikam.com")
	c.Expect(250)
	if n := len(sink.Messages()); n != 1 {
		t.Errorf("the next hop has %d messages", n)
	}
}

// TestNothingToServe: without bindings a gateway starts and delivers its queue.
func TestNothingToServe(t *testing.T) {
	w := &world{t: t}
	cfg := config("fabrikam.com", server+":25")
	cfg.Receive = nil
	g := w.gateway(cfg)
	g.Server.Listen = func(context.Context, string, string) (net.Listener, error) {
		t.Error("something is listened on")
		return nil, errAccept
	}
	w.start(g)
}
