package tracing_test

import (
	"context"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	api "go.opentelemetry.io/otel/trace"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/gateway"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
	"github.com/interchange-smtp/interchange/tracing"
)

// world is a network in memory and what its gateways have traced.
type world struct {
	t        *testing.T
	net      relaytest.Network
	exporter *tracetest.InMemoryExporter
}

// start starts a gateway with its queue in dir, or without a queue.
func (w *world) start(dir string, addresses bool) *gateway.Gateway {
	w.t.Helper()
	policy, err := connector.Compile(connector.Config{
		Accepted: []routing.AcceptedDomain{{DomainName: "fabrikam.com"}},
		Receive: []connector.Receive{{
			Name: "In", Bindings: []netip.AddrPort{netip.MustParseAddrPort("10.2.3.4:25")}, RemoteIPRanges: []param.Range{param.MustParseRange("10.2.0.0/16")},
			PermissionGroups: param.Value(permission.AnonymousUsers), TarpitInterval: param.Value(time.Duration(0)),
		}},
		Send: []connector.Send{{
			Name: "Out", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("fabrikam.com")}, SmartHosts: []param.SmartHost{param.MustParseSmartHost("10.2.3.9")},
		}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	provider := trace.NewTracerProvider(trace.WithSyncer(w.exporter))
	tracer := &tracing.Tracer{Provider: provider, Addresses: addresses}
	g := &gateway.Gateway{Config: gateway.Config{Policy: policy}, Dir: dir, Events: []event.Reader{tracer.Read}}
	g.Server.Hooks = []relay.Hooks{tracer.Hooks()}
	g.Server.Listen = func(_ context.Context, _, address string) (net.Listener, error) { return w.net.Listen(address) }
	g.Sender.Dial = w.net.Host(netip.MustParseAddr("10.2.3.4")).Dial
	if err := g.Start(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { w.stop(g) })
	return g
}

// stop shuts a gateway down.
func (w *world) stop(g *gateway.Gateway) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := g.Shutdown(ctx); err != nil {
		w.t.Error(err)
	}
}

// sink starts the next hop.
func (w *world) sink() {
	l, err := w.net.Listen("10.2.3.9:25")
	if err != nil {
		w.t.Fatal(err)
	}
	s := new(relaytest.Sink)
	go s.Serve(l)
	w.t.Cleanup(func() { s.Close() })
}

// send sends a message to kim and bob, and tries a recipient that is refused.
func (w *world) send() {
	w.t.Helper()
	conn, err := w.net.Dial(w.t.Context(), netip.MustParseAddr("10.2.9.7"), netip.MustParseAddrPort("10.2.3.4:25"))
	if err != nil {
		w.t.Fatal(err)
	}
	c := relaytest.NewClient(w.t, conn)
	c.Expect(220)
	for _, line := range []struct {
		text string
		code int
	}{{"EHLO client.example", 250}, {"MAIL FROM:<ann@contoso.com>", 250}, {"RCPT TO:<eve@elsewhere.example>", 550}, {"RCPT TO:<kim@fabrikam.com>", 250},
		{"RCPT TO:<bob@fabrikam.com>", 250}, {"DATA", 354}, {"Subject: secret\r\n\r\nHello\r\n.", 250}, {"QUIT", 221}} {
		c.Do(line.text, line.code)
	}
}

// await waits for n spans of a name.
func (w *world) await(name string, n int) (found []tracetest.SpanStub) {
	w.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		found = nil
		for _, s := range w.exporter.GetSpans() {
			if s.Name == name {
				found = append(found, s)
			}
		}
		if len(found) >= n {
			return found
		}
	}
	w.t.Fatalf("%d spans %s, want %d: %v", len(found), name, n, w.exporter.GetSpans())
	return nil
}

// attributes returns the attributes of a span.
func attributes(s tracetest.SpanStub) map[string]string {
	all := make(map[string]string)
	for _, a := range s.Attributes {
		all[string(a.Key)] = a.Value.String()
	}
	return all
}

// expect checks some attributes of a span.
func expect(t *testing.T, s tracetest.SpanStub, want map[string]string) {
	t.Helper()
	got := attributes(s)
	for key, value := range want {
		if got[key] != value {
			t.Errorf("%s: %s is %q, want %q", s.Name, key, got[key], value)
		}
	}
}

// TestReceptionAndDeliveries: session and message are one trace. The attempt that fails, and the one after a restart
// of the gateway, are spans of their own with a link to the message.
func TestReceptionAndDeliveries(t *testing.T) {
	w := &world{t: t, exporter: tracetest.NewInMemoryExporter()}
	dir := filepath.Join(t.TempDir(), "data")
	first := w.start(dir, false)
	w.send()
	session, message := w.await("smtp.session", 1)[0], w.await("smtp.message", 1)[0]
	failed := w.await("smtp.delivery", 1)[0]
	w.stop(first)
	w.sink()
	second := w.start(dir, false)
	if _, err := second.Dispatcher.Retry(t.Context(), queue.Filter{All: true}, nil); err != nil {
		t.Fatal(err)
	}
	delivered := w.await("smtp.delivery", 2)[1]

	if session.SpanKind != api.SpanKindServer || message.Parent.SpanID() != session.SpanContext.SpanID() || session.Parent.IsValid() || len(session.Events) != 1 {
		t.Errorf("%+v\n%+v", session, message)
	}
	expect(t, session, map[string]string{"interchange.connector": "In", "network.peer.address": "10.2.9.7", "server.address": "10.2.3.4", "server.port": "25",
		"interchange.messages": "1", "interchange.refused": "1"})
	expect(t, message, map[string]string{"interchange.recipients": "2"})
	for _, d := range []tracetest.SpanStub{failed, delivered} {
		if d.SpanKind != api.SpanKindClient || len(d.Links) != 1 || !d.Links[0].SpanContext.Equal(message.SpanContext.WithRemote(true)) ||
			d.SpanContext.TraceID() == message.SpanContext.TraceID() || d.EndTime.Before(d.StartTime) {
			t.Errorf("%+v\nisn't linked to %+v", d, message)
		}
		expect(t, d, map[string]string{"interchange.connector": "Out", "interchange.recipients": "2", "interchange.message.id": attributes(message)["interchange.message.id"]})
	}
	expect(t, failed, map[string]string{"error.type": "4.4.1", "interchange.failed": "2"})
	expect(t, delivered, map[string]string{"server.address": "10.2.3.9", "network.peer.port": "25", "interchange.failed": "0", "error.type": ""})
	if failed.Status.Code != codes.Error || delivered.Status.Code == codes.Error {
		t.Error(failed.Status, delivered.Status)
	}
	for _, s := range w.exporter.GetSpans() {
		for _, a := range s.Attributes {
			if text := a.Value.String(); strings.Contains(text, "@") || strings.Contains(text, "secret") {
				t.Errorf("%s has %s=%s", s.Name, a.Key, text)
			}
		}
	}
}

// TestAddresses: addresses are in the spans of deliveries if the program asks for that.
func TestAddresses(t *testing.T) {
	w := &world{t: t, exporter: tracetest.NewInMemoryExporter()}
	w.sink()
	w.start(filepath.Join(t.TempDir(), "data"), true)
	w.send()
	d := w.await("smtp.delivery", 1)[0]
	expect(t, d, map[string]string{"interchange.sender": "ann@contoso.com", "interchange.recipient": `["kim@fabrikam.com","bob@fabrikam.com"]`})
}

// TestClientWaits: without a queue, the delivery is a child of the message.
func TestClientWaits(t *testing.T) {
	w := &world{t: t, exporter: tracetest.NewInMemoryExporter()}
	w.sink()
	w.start("", false)
	w.send()
	message, d := w.await("smtp.message", 1)[0], w.await("smtp.delivery", 1)[0]
	if d.Parent.SpanID() != message.SpanContext.SpanID() || len(d.Links) > 0 {
		t.Errorf("%+v isn't a child of %+v", d, message)
	}
}
