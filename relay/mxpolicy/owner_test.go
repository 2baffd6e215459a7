package mxpolicy

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// owner is the owner of example.com: its TXT records and its web server.
type owner struct {
	t         *testing.T
	authority *relaytest.Authority
	server    *httptest.Server

	mu      sync.Mutex
	txt     []string
	noTXT   error
	answer  func(w http.ResponseWriter)
	lookups int
	fetches int
	time    time.Time
	events  chan event.Event
}

// newOwner starts the web server of mta-sts.example.com, or of another name.
func newOwner(t *testing.T, host string) *owner {
	t.Helper()
	a, err := relaytest.NewAuthority("web")
	if err != nil {
		t.Fatal(err)
	}
	c, err := a.Issue(host)
	if err != nil {
		t.Fatal(err)
	}
	o := &owner{t: t, authority: a, txt: []string{"v=STSv1; id=1"}, answer: text(policyText), time: time.Now(), events: make(chan event.Event, 16)}
	o.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.fetches++; r.Method != http.MethodGet || r.Host != "mta-sts.example.com" || r.URL.Path != "/.well-known/mta-sts.txt" {
			t.Errorf("%s %s %s", r.Method, r.Host, r.URL)
		}
		o.answer(w)
	}))
	o.server.TLS = &tls.Config{Certificates: []tls.Certificate{c}}
	o.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	o.server.StartTLS()
	t.Cleanup(o.server.Close)
	return o
}

// text answers with a policy.
func text(policy string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprint(w, policy)
	}
}

// set changes what the owner publishes.
func (o *owner) set(change func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change()
}

// LookupTXT implements TXTResolver.
func (o *owner) LookupTXT(_ context.Context, name string) ([]string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lookups++; name != "_mta-sts.example.com." {
		o.t.Errorf("TXT of %s", name)
	}
	if o.txt == nil && o.noTXT == nil {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return o.txt, o.noTXT
}

// next waits for an event, and fails the test unless it is of this kind.
func (o *owner) next(kind event.Kind) event.Event {
	o.t.Helper()
	e := <-o.events
	if e.Kind != kind || e.Time.IsZero() {
		o.t.Errorf("%+v, want %v", e, kind)
	}
	return e
}

// policies returns Policies that see the owner only.
func (o *owner) policies(file string) *Policies {
	p := &Policies{
		TXT: o, RootCAs: o.authority.Pool(), File: file,
		Events: []event.Reader{func(_ context.Context, e event.Event) { o.events <- e }},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if address != "mta-sts.example.com:443" {
				o.t.Errorf("call to %s", address)
			}
			var d net.Dialer
			return d.DialContext(ctx, network, o.server.Listener.Addr().String())
		},
		now: func() time.Time {
			o.mu.Lock()
			defer o.mu.Unlock()
			return o.time
		},
	}
	o.t.Cleanup(func() { _ = p.Close() })
	return p
}

// required says what p requires of a mail exchanger of example.com.
func required(t *testing.T, p *Policies, host string) string {
	t.Helper()
	return outcome(p.ForHosts(t.Context(), delivery.MailDomain{Name: "example.com", Hosts: []string{host}, Port: 25, MTASTS: true}))
}
