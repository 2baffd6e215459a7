package gateway_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay/gateway"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/queue/queuetest"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// The hosts of a world.
const (
	client    = "10.2.9.7"
	server    = "10.2.3.4"
	mailboxes = "10.2.3.9"
)

// world is a network with a gateway on it.
type world struct {
	t   *testing.T
	net relaytest.Network
}

// config is the configuration of a server that accepts mail for domain at the bindings.
func config(domain string, bindings ...string) connector.Config {
	receive := connector.Receive{
		Name:             "FromOffice",
		RemoteIPRanges:   []param.Range{param.MustParseRange("10.2.0.0/16")},
		PermissionGroups: param.Value(permission.AnonymousUsers),
		TarpitInterval:   param.Value(time.Duration(0)),
	}
	for _, at := range bindings {
		receive.Bindings = append(receive.Bindings, netip.MustParseAddrPort(at))
	}
	return connector.Config{
		Accepted: []routing.AcceptedDomain{{DomainName: domain}},
		Receive:  []connector.Receive{receive},
		Send: []connector.Send{{
			Name:          "ToMailboxes",
			AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace(domain)},
			SmartHosts:    []param.SmartHost{param.MustParseSmartHost(mailboxes)},
		}},
	}
}

func compile(t *testing.T, cfg connector.Config) *connector.Policy {
	t.Helper()
	p, err := connector.Compile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// gateway returns a gateway on the network that hasn't started yet.
func (w *world) gateway(cfg connector.Config) *gateway.Gateway {
	w.t.Helper()
	g := &gateway.Gateway{Config: gateway.Config{Policy: compile(w.t, cfg)}}
	g.Server.Listen = func(_ context.Context, _, address string) (net.Listener, error) { return w.net.Listen(address) }
	g.Sender.Dial = w.net.Host(netip.MustParseAddr(server)).Dial
	return g
}

// start starts a gateway, which is shut down when the test ends.
func (w *world) start(g *gateway.Gateway) {
	w.t.Helper()
	if err := g.Start(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := g.Shutdown(context.Background()); err != nil {
			w.t.Error(err)
		}
	})
}

// sink is a mailbox server that needs delay for each message.
func (w *world) sink(delay time.Duration) *relaytest.Sink {
	w.t.Helper()
	s := &relaytest.Sink{Script: func(stage relaytest.Stage, _ string) string {
		if stage == relaytest.StageData {
			time.Sleep(delay)
		}
		return ""
	}}
	l, err := w.net.Listen(mailboxes + ":25")
	if err != nil {
		w.t.Fatal(err)
	}
	go s.Serve(l)
	w.t.Cleanup(func() { s.Close() })
	return s
}

// dial returns the connection of a client, and whether anything listens.
func (w *world) dial(binding string) (net.Conn, error) {
	return w.net.Dial(context.Background(), netip.MustParseAddr(client), netip.MustParseAddrPort(binding))
}

// session opens a session at a binding.
func (w *world) session(binding string) *relaytest.Client {
	w.t.Helper()
	conn, err := w.dial(binding)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { conn.Close() })
	c := relaytest.NewClient(w.t, conn)
	c.Expect(220)
	c.Do("EHLO client.example", 250)
	return c
}

// submit sends a message up to its end, and leaves the answer to that unread.
func submit(c *relaytest.Client, to string) {
	c.Do("MAIL FROM:<ann@fabrikam.com>", 250)
	c.Do("RCPT TO:<"+to+">", 250)
	c.Do("DATA", 354)
	c.Send("Subject: hello", "", "Hello.", ".")
}

// recorder is a queue.Store that notes which of its methods were called last, and
// fails the test if one is called after it was ended.
type recorder struct {
	queue.Store
	mu    sync.Mutex
	calls []string
}

func newRecorder() *recorder { return &recorder{Store: new(queuetest.Store)} }

func (r *recorder) note(call string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, call)
}

// noted returns the calls so far.
func (r *recorder) noted() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.calls)
}

func (r *recorder) Put(ctx context.Context, m *queue.Message, body io.Reader, lease queue.Lease) error {
	r.note("Put")
	return r.Store.Put(ctx, m, body, lease)
}

func (r *recorder) Save(ctx context.Context, m *queue.Message, holder string) error {
	r.note("Save")
	return r.Store.Save(ctx, m, holder)
}

func (r *recorder) Remove(ctx context.Context, id, holder string) error {
	r.note("Remove")
	return r.Store.Remove(ctx, id, holder)
}

func (r *recorder) Renew(ctx context.Context, lease queue.Lease) ([]string, error) {
	r.note("Renew")
	return r.Store.Renew(ctx, lease)
}

func (r *recorder) Close() error {
	r.note("Close")
	return r.Store.Close()
}

// waiting returns the recipients that wait on a Store.
func waiting(t *testing.T, s queue.Store) string {
	t.Helper()
	var to []string
	for m, err := range s.All(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range m.Recipients {
			if r.Status == queue.Waiting {
				to = append(to, r.To.String())
			}
		}
	}
	return strings.Join(to, " ")
}

// failing is a listener that can't accept connections any more.
type failing struct{ net.Listener }

var errAccept = errors.New("the network is gone")

func (failing) Accept() (net.Conn, error) { return nil, errAccept }
