package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// noon is the time of tests.
var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// hostile is text that others choose: markup, an escape sequence, and a character that turns the direction of text.
const hostile = "\"><script>alert(1)</script>\x1b[31m\u202egnp.exe"

// fakeGateway is a Gateway with a queue that doesn't change, and which notes what it is asked to change.
type fakeGateway struct {
	status   control.Status
	hops     []control.Hop
	messages []control.Message
	content  string
	fail     error // of every request; nil: none

	mu      sync.Mutex
	changes []control.Request
	asked   int
}

// newFakeGateway returns a gateway with n messages, of which the first has hostile texts.
func newFakeGateway(n int) *fakeGateway {
	g := &fakeGateway{content: "Subject: hello\r\n\r\nbody\r\n"}
	g.status = control.Status{Time: noon, State: control.Serving, Started: noon.Add(-time.Hour), Policy: "abc", Since: noon.Add(-time.Hour)}
	g.hops = []control.Hop{
		{Name: "Internet contoso.com", Connector: "Internet", Destination: "contoso.com", DeliveryType: "DnsConnectorDelivery", Messages: n, Failures: 2, Retry: noon.Add(time.Minute), Host: "mx.contoso.com", Reply: "451 4.3.0 " + hostile},
		{Name: "Internet fabrikam.com", Connector: "Internet", Destination: "fabrikam.com", DeliveryType: "DnsConnectorDelivery", Messages: 1, Sending: 1},
	}
	for i := range n {
		m := control.Message{ID: fmt.Sprintf("L6HP%04d", i), Arrived: noon.Add(-time.Hour), Size: 26, From: "ann@contoso.com", Subject: fmt.Sprintf("Invoice %d", i), Connector: "Printers", Remote: "192.0.2.1:25",
			Recipients: []control.Recipient{{To: "kim@contoso.com", Status: "waiting", NextHop: "Internet contoso.com", Attempts: 1, Tried: noon.Add(-time.Minute), Next: noon.Add(time.Minute)}}}
		if i == 0 {
			m.Subject, m.MessageID, m.Helo, m.Recipients[0].Reply, m.Recipients[0].Host = "=cmd|' /C calc'!A0 "+hostile, "<"+hostile+">", hostile, "451 "+hostile, "mx"
			m.Recipients[0].Advice = "Wait until the next hop is available."
		}
		g.messages = append(g.messages, m)
	}
	return g
}

// Do implements Gateway.
func (g *fakeGateway) Do(_ context.Context, r control.Request) iter.Seq2[control.Event, error] {
	return func(yield func(control.Event, error) bool) {
		g.mu.Lock()
		g.asked++
		hops := g.hops
		g.mu.Unlock()
		if err := r.Validate(); err != nil || g.fail != nil {
			yield(control.Event{}, cmp.Or(g.fail, err))
			return
		}
		switch r.Action {
		case control.GetStatus:
			s := g.status
			yield(control.Event{Status: &s}, nil)
		case control.Hops:
			for i := range hops {
				if !yield(control.Event{Hop: &hops[i]}, nil) {
					return
				}
			}
		case control.List, control.Show, control.Export:
			g.list(r, yield)
		default:
			g.mu.Lock()
			g.changes = append(g.changes, r)
			g.mu.Unlock()
			yield(control.Event{End: &control.End{Messages: max(len(r.Filter.IDs), 1)}}, nil)
		}
	}
}

func (g *fakeGateway) list(r control.Request, yield func(control.Event, error) bool) {
	for i := range g.messages {
		m := &g.messages[i]
		if len(r.Filter.IDs) > 0 && r.Filter.IDs[0] != m.ID {
			continue
		}
		if !yield(control.Event{Message: m}, nil) {
			return
		}
		if r.Action == control.Export && !yield(control.Event{Content: []byte(g.content)}, nil) {
			return
		}
	}
}

// changed returns the changes since the last call, in a short form.
func (g *fakeGateway) changed() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var all []string
	for _, r := range g.changes {
		text := string(r.Action)
		for _, part := range []string{r.Hop, r.To, r.Filter.NextHop} {
			if part != "" {
				text += " " + part
			}
		}
		if n := len(r.Filter.IDs); n > 0 {
			text += fmt.Sprintf(" %d", n)
		}
		if r.Report {
			text += " report"
		}
		all = append(all, text)
	}
	g.changes = nil
	return strings.Join(all, "; ")
}

// withGateway makes a tester's console show a gateway.
func withGateway(g Gateway) func(*Options) {
	return func(o *Options) { o.Gateway = g }
}

// suspend makes a queue suspended, or not.
func (g *fakeGateway) suspend(queue int, yes bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.hops = slices.Clone(g.hops)
	g.hops[queue].Suspended = yes
}

// harmlessPage fails the test if the hostile text has become markup, or its control characters are left.
func harmlessPage(t *testing.T, a answer) {
	t.Helper()
	if strings.Contains(a.body, "<script>alert") || strings.ContainsAny(a.body, "\u202e\x1b") {
		t.Errorf("%s shows a hostile text as it is", a.page)
	}
}

// unwilling is a gateway that can't suspend the second queue.
type unwilling struct{ *fakeGateway }

// Do implements Gateway.
func (f unwilling) Do(ctx context.Context, r control.Request) iter.Seq2[control.Event, error] {
	if r.Hop == "Internet fabrikam.com" {
		return func(yield func(control.Event, error) bool) { yield(control.Event{}, errors.New("disk full")) }
	}
	return f.fakeGateway.Do(ctx, r)
}

// withoutQueue is a gateway without a queue.
type withoutQueue struct{}

// Do implements Gateway.
func (withoutQueue) Do(_ context.Context, r control.Request) iter.Seq2[control.Event, error] {
	return func(yield func(control.Event, error) bool) {
		if r.Action == control.GetStatus {
			yield(control.Event{Status: &control.Status{Time: noon}}, nil)
			return
		}
		yield(control.Event{}, control.ErrNoQueue)
	}
}
