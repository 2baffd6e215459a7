package gateway_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/gateway"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestReport: what a program reports, also before Start, is in the log once, and goes to the readers of all
// other events.
func TestReport(t *testing.T) {
	w := &world{t: t}
	g := w.gateway(config("fabrikam.com", server+":25"))
	log := new(relaytest.Log)
	var mu sync.Mutex
	var kinds []string
	g.Logger = slog.New(slog.NewTextHandler(log, nil))
	g.Events = []event.Reader{func(_ context.Context, e event.Event) {
		mu.Lock()
		defer mu.Unlock()
		if e.Time.IsZero() {
			t.Errorf("%v has no time", e.Kind)
		}
		kinds = append(kinds, e.Kind.String())
	}}
	failed := event.Event{Kind: event.TokenMissing, Connector: "Out", Err: errors.New("refused")}
	var reporting sync.WaitGroup
	reporting.Go(func() { g.Report(t.Context(), failed) }) // while it starts
	w.start(g)
	reporting.Wait()
	w.session(server+":25").Do("QUIT", 221)
	if err := g.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	g.Report(t.Context(), event.Event{Kind: event.CertificatesRenewed})
	mu.Lock()
	defer mu.Unlock()
	for _, kind := range []event.Kind{event.TokenMissing, event.ConnectionEnded, event.CertificatesRenewed} {
		if n := strings.Count(strings.Join(kinds, ","), kind.String()); n != 1 {
			t.Errorf("%v was read %d times: %q", kind, n, kinds)
		}
		if n := strings.Count(log.String(), `msg="`+kind.String()+`"`); n != 1 {
			t.Errorf("%v is logged %d times:\n%s", kind, n, log)
		}
	}
	new(gateway.Gateway).Report(t.Context(), failed)
}
