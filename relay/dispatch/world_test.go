package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/dispatch"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/queue/queuetest"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

const letter = "From: a@contoso.com\r\nSubject: hello\r\n\r\nHi.\r\n"

// The Receive connectors of a world.
const (
	deliverFirst = "deliver-first" // MaxAcknowledgementDelay 30 seconds
	queueFirst   = "queue-first"   // 0
)

// world is a Dispatcher on the server hub.contoso.com at 10.2.3.4, in a network
// of its own.
type world struct {
	t      testing.TB
	net    relaytest.Network
	dns    relaytest.Resolver
	mem    *queuetest.Store
	store  queue.Store // mem, or around it
	policy *connector.Policy
	sender *delivery.Sender
	d      *dispatch.Dispatcher
	log    relaytest.Log
	tune   func(*dispatch.Dispatcher)
}

// byDNS is a Send connector for everything, by MX.
func byDNS() connector.Send {
	return connector.Send{Name: "out", SmtpMaxMessagesPerConnection: 1000, AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")}}
}

func address(s string) routing.Address { return routing.MustParseAddress(s) }

func rcpt(s string) envelope.Recipient { return envelope.Recipient{To: address(s)} }

// oneConnection bounds the connections to each next hop.
func oneConnection(cfg connector.Config) connector.Config {
	cfg.Services = []connector.Service{{MaxPerDomainOutboundConnections: 1}}
	return cfg
}

func timeout(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), d)
}

func smartHosts(hosts ...string) (list []param.SmartHost) {
	for _, h := range hosts {
		list = append(list, param.MustParseSmartHost(h))
	}
	return list
}

// config is that of a server with the Send connectors.
func config(sends ...connector.Send) connector.Config {
	receive := func(name, at string, delay time.Duration) connector.Receive {
		return connector.Receive{Name: name, Bindings: []netip.AddrPort{netip.MustParseAddrPort(at)},
			RemoteIPRanges:          []param.Range{param.MustParseRange("0.0.0.0-255.255.255.255")},
			MaxAcknowledgementDelay: param.Value(delay)}
	}
	return connector.Config{
		Server:  "hub",
		Servers: []routing.Server{{Name: "hub", FQDN: "hub.contoso.com", Site: "one"}},
		Receive: []connector.Receive{receive(deliverFirst, "10.2.3.4:25", 30*time.Second), receive(queueFirst, "10.2.3.4:2525", 0)},
		Send:    sends,
	}
}

func compile(t testing.TB, cfg connector.Config) *connector.Policy {
	t.Helper()
	p, err := connector.Compile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// newWorld returns a world whose Dispatcher has started.
func newWorld(t testing.TB, cfg connector.Config, tune ...func(*world)) *world {
	t.Helper()
	w := &world{t: t, mem: new(queuetest.Store), policy: compile(t, cfg)}
	w.store = w.mem
	for _, f := range tune {
		f(w)
	}
	w.start()
	t.Cleanup(w.stop)
	return w
}

// start starts a new Dispatcher on the Store.
func (w *world) start() {
	w.t.Helper()
	w.sender = &delivery.Sender{
		Resolver: &w.dns,
		Dial:     w.net.Host(netip.MustParseAddr("10.2.3.4")).Dial,
		Local:    func(a netip.Addr) bool { return a == netip.MustParseAddr("10.2.3.4") },
	}
	w.d = &dispatch.Dispatcher{Transport: w.sender, Store: w.store, Policy: w.policy, Dir: w.t.TempDir(),
		Logger: slog.New(slog.NewTextHandler(&w.log, nil))}
	if w.tune != nil {
		w.tune(w.d)
	}
	if err := w.d.Start(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

// stop shuts the Dispatcher down, cutting off what takes longer than a minute.
func (w *world) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	w.d.Shutdown(ctx)
	w.sender.Close()
}

// sink runs a next hop at an address, to which mail for the domains goes.
func (w *world) sink(address string, s *relaytest.Sink, domains ...string) *relaytest.Sink {
	w.t.Helper()
	w.at(address, domains...)
	l, err := w.net.Listen(address + ":25")
	if err != nil {
		w.t.Fatal(err)
	}
	go s.Serve(l)
	w.t.Cleanup(func() { s.Close() })
	return s
}

// at lets the mail for the domains go to an address.
func (w *world) at(address string, domains ...string) {
	for _, d := range domains {
		w.dns.AddHost(d, netip.MustParseAddr(address))
	}
}

// mail is one transaction as the relay has it: from a@contoso.com, letter.
func (w *world) mail(connector string, to ...string) string {
	w.t.Helper()
	return w.mailFrom(connector, "a@contoso.com", letter, nil, to...)
}

// mailFrom is a transaction in detail; change may be nil.
func (w *world) mailFrom(connector, from, body string, change func(*relay.Envelope), to ...string) string {
	w.t.Helper()
	ctx := context.Background()
	env := w.envelope(connector, from)
	for _, a := range to {
		env.To = append(env.To, rcpt(a))
	}
	if change != nil {
		change(env)
	}
	_, err := relay.Deliver(ctx, w.d, env, strings.NewReader(body))
	return said(w.t, err)
}

var ids struct {
	sync.Mutex
	n int
}

func (w *world) envelope(connector, from string) *relay.Envelope {
	ids.Lock()
	ids.n++
	env := &relay.Envelope{Policy: w.policy, Envelope: envelope.Envelope{ID: fmt.Sprintf("ID%d", ids.n), Connector: connector}}
	ids.Unlock()
	if from != "" {
		env.From = routing.MustParseAddress(from)
	}
	for in := range w.policy.Receive() {
		if in.Name() == connector {
			env.Inbound = in
		}
	}
	return env
}

// said returns the reply that the client gets.
func said(t testing.TB, err error) string {
	t.Helper()
	if err == nil {
		return "250"
	}
	var e *relay.Error
	if !errors.As(err, &e) || e.Reply.Code < 400 || e.Reply.Code > 599 {
		t.Fatalf("%v has no reply for the client", err)
	}
	return strings.TrimSpace(e.Reply.String())
}

// expect compares the beginning of what was said.
func expect(t testing.TB, what, got, want string) {
	t.Helper()
	if !strings.HasPrefix(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// queued returns what is on the Store: a line for each recipient.
func (w *world) queued() string {
	w.t.Helper()
	var lines []string
	for m, err := range w.d.List(context.Background(), queue.Filter{All: true}) {
		if err != nil {
			w.t.Fatal(err)
		}
		for _, r := range m.Recipients {
			kind := ""
			if m.Report {
				kind = "report to "
			}
			lines = append(lines, fmt.Sprintf("%s%s %s", kind, r.To, r.Status))
		}
	}
	return strings.Join(lines, "; ")
}

// answering makes a Sink give an answer at a stage; argument "" is any.
func answering(stage relaytest.Stage, argument, reply string) *relaytest.Sink {
	return &relaytest.Sink{Script: func(s relaytest.Stage, a string) string {
		if s == stage && (argument == "" || a == argument) {
			return reply
		}
		return ""
	}}
}

// slow makes a Sink take a time for the final reply.
func slow(d time.Duration) *relaytest.Sink {
	return &relaytest.Sink{Script: func(s relaytest.Stage, _ string) string {
		if s == relaytest.StageData {
			time.Sleep(d)
		}
		return ""
	}}
}

// arrived checks how many messages a Sink has.
func arrived(t testing.TB, what string, s *relaytest.Sink, want int) {
	t.Helper()
	if n := len(s.Messages()); n != want {
		t.Errorf("%s: %d messages arrived, want %d", what, n, want)
	}
}

// bubble runs a test where time costs nothing.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}
