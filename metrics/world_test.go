package metrics

import (
	"context"
	"math"
	"net"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/gateway"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

const (
	server    = "10.2.3.4"
	mailboxes = "10.2.3.9"
	client    = "10.2.9.7"
)

// world is a gateway with metrics, on a network in memory.
type world struct {
	t        *testing.T
	net      relaytest.Network
	gateway  *gateway.Gateway
	metrics  *Metrics
	registry *prometheus.Registry
}

// policy returns a policy with a Receive connector of this name.
func policy(t *testing.T, name string) *connector.Policy {
	t.Helper()
	p, err := connector.Compile(connector.Config{
		Services: []connector.Service{{MaxConnectionRatePerMinute: math.MaxInt32}},
		Accepted: []routing.AcceptedDomain{{DomainName: "fabrikam.com"}},
		Send: []connector.Send{{
			Name:          "ToMailboxes",
			AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("fabrikam.com")},
			SmartHosts:    []param.SmartHost{param.MustParseSmartHost(mailboxes)},
		}},
		Receive: []connector.Receive{{
			Name:               name,
			Bindings:           []netip.AddrPort{netip.MustParseAddrPort(server + ":25")},
			RemoteIPRanges:     []param.Range{param.MustParseRange("10.2.0.0/16")},
			PermissionGroups:   param.Value(permission.AnonymousUsers),
			AuthMechanism:      param.Value(auth.BasicAuth),
			TarpitInterval:     param.Value(time.Duration(0)),
			AuthTarpitInterval: param.Value(time.Duration(0)),
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// newWorld starts a gateway by p.
func newWorld(t *testing.T, p *connector.Policy) *world {
	t.Helper()
	w := &world{t: t, registry: prometheus.NewPedanticRegistry()}
	verifier := auth.VerifierFunc(func(context.Context, auth.Credentials, auth.Channel) (auth.Identity, error) {
		return auth.Identity{}, auth.ErrBadCredentials
	})
	g := &gateway.Gateway{Config: gateway.Config{Policy: p, Verifier: verifier}, Dir: filepath.Join(t.TempDir(), "data")}
	g.Server.Listen = func(_ context.Context, _, address string) (net.Listener, error) { return w.net.Listen(address) }
	g.Sender.Dial = w.net.Host(netip.MustParseAddr(server)).Dial
	w.gateway, w.metrics = g, New(g)
	g.Events = append(g.Events, w.metrics.Read)
	w.registry.MustRegister(w.metrics)
	if err := g.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := g.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	return w
}

// sink starts the mailbox server.
func (w *world) sink() {
	w.t.Helper()
	l, err := w.net.Listen(mailboxes + ":25")
	if err != nil {
		w.t.Fatal(err)
	}
	s := new(relaytest.Sink)
	go s.Serve(l)
	w.t.Cleanup(func() { s.Close() })
}

// client opens a session.
func (w *world) client() *relaytest.Client {
	w.t.Helper()
	conn, err := w.net.Dial(w.t.Context(), netip.MustParseAddr(client), netip.MustParseAddrPort(server+":25"))
	if err != nil {
		w.t.Fatal(err)
	}
	c := relaytest.NewClient(w.t, conn)
	c.Expect(220)
	return c
}

// scrape returns the values of all series by name, without prefix, and labels.
func (w *world) scrape() map[string]string {
	w.t.Helper()
	all := make(map[string]string)
	for line := range strings.Lines(w.text()) {
		line = strings.TrimSpace(line)
		if at := strings.LastIndexByte(line, ' '); at > 0 && line[0] != '#' {
			all[strings.TrimPrefix(line[:at], prefix)] = line[at+1:]
		}
	}
	return all
}

// text returns the metrics as Prometheus gets them.
func (w *world) text() string {
	w.t.Helper()
	r := httptest.NewRecorder()
	promhttp.HandlerFor(w.registry, promhttp.HandlerOpts{}).ServeHTTP(r, httptest.NewRequest("GET", "/metrics", nil))
	if r.Code != 200 {
		w.t.Fatalf("%d %s", r.Code, r.Body)
	}
	return r.Body.String()
}

// await waits until a series has a value.
func (w *world) await(series, value string) {
	w.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		got := w.scrape()[series]
		if got == value {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%s is %q, want %q; all:\n%s", series, got, value, w.text())
		}
	}
}

// read passes events to the metrics.
func (w *world) read(all ...event.Event) {
	for _, e := range all {
		w.metrics.Read(w.t.Context(), e)
	}
}

// reload replaces the configuration.
func (w *world) reload(next gateway.Config) {
	w.t.Helper()
	if err := w.gateway.Reload(next); err != nil {
		w.t.Fatal(err)
	}
}
