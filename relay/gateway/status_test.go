package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/gateway"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// TestStatus: the status of a gateway has its policy, bindings, sessions, the queue, the next hop
// that fails, and what was refused.
func TestStatus(t *testing.T) {
	w := &world{t: t}
	g := w.gateway(config("fabrikam.com", server+":25"))
	deferred := make(chan event.Event, 100)
	g.Dir, g.LogDir = filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "logs")
	g.Events = []event.Reader{func(_ context.Context, e event.Event) {
		if e.Kind == event.NextHopFailed || e.Kind == event.CommandRefused {
			deferred <- e
		}
	}}
	if s := g.Status(t.Context()); s.State != control.Starting || len(s.NotReady) == 0 || g.Ready(t.Context()) == nil {
		t.Errorf("before Start: %+v", s)
	}
	w.start(g)
	c := w.session(server + ":25")
	c.Do("MAIL FROM:<ann@fabrikam.com>", 250)
	c.Do("RCPT TO:<kim@elsewhere.example>", 550)
	<-deferred
	c.Do("RSET", 250)
	submit(c, "kim@fabrikam.com")
	c.Expect(250)
	<-deferred // there are no mailboxes
	s := g.Status(t.Context())
	if s.TrackingLog != filepath.Join(g.LogDir, "MessageTracking") {
		t.Errorf("message tracking log in %q", s.TrackingLog)
	}
	if err := g.Ready(t.Context()); err != nil || len(s.NotReady) > 0 || s.State != control.Serving {
		t.Errorf("not ready: %v, %v, %q", err, s.NotReady, s.State)
	}
	if s.Policy != g.CurrentPolicy().Fingerprint() || s.Started.IsZero() || !s.Since.Equal(s.Started) || s.Reload != nil {
		t.Errorf("policy %q since %v, started %v, reload %+v", s.Policy, s.Since, s.Started, s.Reload)
	}
	if got := fmt.Sprint(s.Bindings, s.Sessions); got != "[{10.2.3.4:25 [FromOffice] true}] [{FromOffice 1}]" {
		t.Error(got)
	}
	if q := s.Queue; q == nil || q.Waiting != 1 || q.Oldest.IsZero() || q.Bytes == 0 || q.Error != "" {
		t.Errorf("queue %+v", q)
	}
	if len(s.Failing) != 1 || s.Failing[0].Waiting != 1 || !strings.HasPrefix(s.Failing[0].Reply, "451") {
		t.Errorf("failing %+v", s.Failing)
	}
	if !slices.ContainsFunc(s.Resources, func(r control.Resource) bool { return r.Name == "queue" && r.Value == 1 && !r.Refusing }) {
		t.Errorf("resources %+v", s.Resources)
	}
	if len(s.Refused) != 1 || s.Refused[0].Connector != "FromOffice" || s.Refused[0].Reason != reply.RelayDenied.String() || s.Refused[0].Count != 1 {
		t.Errorf("refused %+v", s.Refused)
	}
	// The operator's socket has the same.
	for e, err := range control.Do(t.Context(), g.Dir, control.Request{Action: control.GetStatus}) {
		if err != nil || e.Status != nil && (e.Status.Policy != s.Policy || e.Status.Queue.Waiting != 1) || e.Status == nil && e.End == nil {
			t.Errorf("by the socket: %+v, %v", e, err)
		}
	}
}

// TestDo: a program asks its own gateway, with and without a queue, and only while it runs.
func TestDo(t *testing.T) {
	w := &world{t: t}
	plain := w.gateway(config("fabrikam.com", server+":25"))
	answer := func(g *gateway.Gateway, r control.Request) (last control.Event, err error) {
		for e, failed := range g.Do(t.Context(), r) {
			if err = failed; e.End == nil {
				last = e
			}
		}
		return last, err
	}
	if _, err := answer(plain, control.Request{Action: control.GetStatus}); !errors.Is(err, control.ErrNoGateway) {
		t.Errorf("before Start: %v", err)
	}
	w.start(plain)
	if e, err := answer(plain, control.Request{Action: control.GetStatus}); err != nil || e.Status.State != control.Serving {
		t.Errorf("status: %+v, %v", e.Status, err)
	}
	if _, err := answer(plain, control.Request{Action: control.List}); err == nil {
		t.Error("a gateway without a queue lists its messages")
	}
	queued := w.gateway(config("fabrikam.com", server+":26"))
	queued.Store, queued.OnConsoleLink = newRecorder().Store, func() (string, error) { return "http://localhost/", nil }
	w.start(queued)
	if _, err := answer(queued, control.Request{Action: control.List}); err != nil {
		t.Errorf("a gateway with a store: %v", err)
	}
	if e, err := answer(queued, control.Request{Action: control.ConsoleLink}); err != nil || e.Link != "http://localhost/" {
		t.Errorf("the console's address: %+v, %v", e, err)
	}
	if err := plain.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := answer(plain, control.Request{Action: control.GetStatus}); !errors.Is(err, control.ErrNoGateway) {
		t.Errorf("after Shutdown: %v", err)
	}
}

// TestStatusOfReloads: the status says how the last reload ended, and since when a policy is in use.
func TestStatusOfReloads(t *testing.T) {
	w := &world{t: t}
	g := w.gateway(config("fabrikam.com", server+":25"))
	g.OnStatus = func(s *control.Status) { s.LostLines = []control.LostLines{{Log: "protocol", Lines: 3}} }
	w.start(g)
	first := g.Status(t.Context())
	if err := g.Reload(gateway.Config{Policy: g.CurrentPolicy()}); err != nil {
		t.Fatal(err)
	}
	same := g.Status(t.Context())
	if same.Reload == nil || same.Reload.Error != "" || !same.Since.Equal(first.Since) || len(same.LostLines) != 1 {
		t.Errorf("after a reload of the same policy: %+v, %v and %v", same.Reload, first.Since, same.Since)
	}
	if err := g.Reload(gateway.Config{Policy: compile(t, config("contoso.com", server+":25"))}); err != nil {
		t.Fatal(err)
	}
	if s := g.Status(t.Context()); s.Policy == first.Policy || s.Since.Equal(first.Since) {
		t.Errorf("after a reload of another policy: %q since %v", s.Policy, s.Since)
	}
	g.Report(t.Context(), event.Event{Kind: event.ReloadFailed, Err: errors.New("a.json: no such file")})
	if s := g.Status(t.Context()); s.Reload == nil || s.Reload.Error != "a.json: no such file" {
		t.Errorf("after a reload that failed: %+v", s.Reload)
	}
}

// fullStore has no room.
type fullStore struct{ queue.Store }

func (fullStore) Usage(context.Context) (queue.Usage, error) {
	return queue.Usage{Free: 1, Capacity: 1000}, nil
}

// TestReady: a gateway isn't ready when it refuses all mail, when its directory can't be
// written, without bindings, and when it stops.
func TestReady(t *testing.T) {
	w := &world{t: t}
	full := w.gateway(config("fabrikam.com", server+":25"))
	full.Store = fullStore{newRecorder().Store}
	w.start(full)
	if err := full.Ready(t.Context()); err == nil || err.Error() != "mail is refused, because too little disk space is free" {
		t.Errorf("without free disk space: %v", err)
	}

	none := w.gateway(connector.Config{})
	w.start(none)
	if err := none.Ready(t.Context()); err == nil || err.Error() != "no binding is open" {
		t.Errorf("without Receive connectors: %v", err)
	}

	g := w.gateway(config("fabrikam.com", server+":2525"))
	g.Dir = filepath.Join(t.TempDir(), "data")
	if err := g.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(g.Dir, "write-test"), 0o700); err != nil { // in the way of the file
		t.Fatal(err)
	}
	if err := g.Ready(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "no file can be written in "+g.Dir) {
		t.Errorf("with a directory that can't be written: %v", err)
	}
	if err := g.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := g.Ready(t.Context()); err == nil || err.Error() != "it is stopped" {
		t.Errorf("after Shutdown: %v", err)
	}
}

// TestRefusalsAreBounded: a flood of refusals with all kinds of replies leaves a bounded number of
// reasons, whose counts add up.
func TestRefusalsAreBounded(t *testing.T) {
	w := &world{t: t}
	g := w.gateway(config("fabrikam.com", server+":25"))
	w.start(g)
	const n = 5000
	for i := range n {
		g.Report(t.Context(), event.Event{Kind: event.CommandRefused, Connector: fmt.Sprint("C", i), Reply: fmt.Sprintf("550 5.%d.%d no", i%90, i%70), Time: time.Now()})
	}
	g.Report(t.Context(), event.Event{Kind: event.CommandRefused, Reply: "a reply that a filter made up"})
	sum := 0
	refused := g.Status(t.Context()).Refused
	for _, r := range refused {
		sum += r.Count
	}
	if len(refused) > 600 || sum != n+1 {
		t.Errorf("%d reasons with %d refusals, %d were made", len(refused), sum, n+1)
	}
	g.Report(t.Context(), event.Event{Kind: event.CommandRefused, Reply: "550 5.7.1 no", Time: time.Now().Add(-time.Hour)})
	for _, r := range g.Status(t.Context()).Refused {
		if r.Reason == "550 5.7.1" && r.Connector == "" {
			t.Error("a refusal of an hour ago is counted")
		}
	}
}
