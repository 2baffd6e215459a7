package gosmtp_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// kept keeps events as text.
type kept struct {
	mu  sync.Mutex
	all []string
}

func (k *kept) read(_ context.Context, e event.Event) {
	k.mu.Lock()
	defer k.mu.Unlock()
	text := fmt.Sprintf("%v %q %v", e.Kind, e.Connector, e.Remote.Addr())
	if e.Kind == event.LimitReached {
		text += fmt.Sprintf(" %s by %s %q %d/%d", e.Limit, e.By, e.Key, e.Value, e.Bound)
	} else {
		text += fmt.Sprintf(" %v", e.Reason)
	}
	k.all = append(k.all, text)
}

// has fails the test unless there are these events since the last call, and no other ones.
func (k *kept) has(t *testing.T, want ...string) {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	if !slices.Equal(k.all, want) {
		t.Errorf("events:\n%s\nwant:\n%s", strings.Join(k.all, "\n"), strings.Join(want, "\n"))
	}
	k.all = nil
}

// reporting serves a connector, and keeps the events.
func reporting(t *testing.T, in connector.Receive, rate int) (*world, *kept) {
	in.RemoteIPRanges = []param.Range{param.MustParseRange("203.0.113.0/24")}
	p, err := connector.Compile(connector.Config{
		Server: "hub.contoso.com", Receive: []connector.Receive{in}, Services: []connector.Service{{MaxConnectionRatePerMinute: rate}},
		Accepted: []routing.AcceptedDomain{{DomainName: "contoso.com"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w, k := newWorld(t, in), new(kept)
	w.backend.Policy, w.backend.Events = p, []event.Reader{k.read}
	w.start()
	return w, k
}

// TestEventsOfLimits: each limit passes at its edge, and refuses one more with an event.
func TestEventsOfLimits(t *testing.T) {
	in := internet()
	in.MaxInboundConnectionPerSource, in.MessageRateLimit, in.MessageRateSource = 2, 3, param.Value(param.RateByIPAddress)
	in.MaxLogonFailures, in.MaxProtocolErrors = param.Value(2), param.Value(param.Limit(1))
	w, k := reporting(t, in, 1200)
	relaytest.NewClient(t, w.dial(gateway)).Closed()
	k.has(t, `connection refused "" 192.168.5.77 no-connector`)
	first, second := w.hello(stranger), w.hello(stranger)
	k.has(t)
	relaytest.NewClient(t, w.dial(stranger)).Expect(421)
	k.has(t, `limit reached "Internet" 203.0.113.9 MaxInboundConnectionPerSource by source "203.0.113.9" 3/2`,
		`connection refused "Internet" 203.0.113.9 too-many-connections-per-source`)
	for range 3 {
		first.Do("MAIL FROM:<>", 250)
		first.Do("RSET", 250)
	}
	k.has(t)
	for _, c := range []*relaytest.Client{first, second} {
		c.Do("MAIL FROM:<>", 421)
		k.has(t, `limit reached "Internet" 203.0.113.9 MessageRateLimit by source "203.0.113.9" 4/3`)
	}

	c := w.encrypted("203.0.113.10")
	c.Do("AUTH PLAIN "+plain(amy, "wrong"), 535)
	k.has(t, `command refused "Internet" 203.0.113.10 bad-credentials`)
	c.Do("AUTH PLAIN "+plain(amy, "wrong"), 535)
	k.has(t, `command refused "Internet" 203.0.113.10 bad-credentials`, `limit reached "Internet" 203.0.113.10 MaxLogonFailures by connection "" 2/2`)

	errs := w.hello("203.0.113.12")
	errs.Do("MAIL FROM:<>", 250)
	errs.Do("RCPT TO:<"+elsewhere+">", 550)
	k.has(t)
	errs.Do("RCPT TO:<"+elsewhere+">", 550)
	k.has(t, `limit reached "Internet" 203.0.113.12 MaxProtocolErrors by connection "" 2/1`)
}

// TestConnectionRate: a source gets three quarters, rounded up, of what others leave of the connections of a
// minute, and all get no more than the limit.
func TestConnectionRate(t *testing.T) {
	w, k := reporting(t, internet(), 8)
	for range 6 {
		w.client(stranger)
	}
	k.has(t)
	relaytest.NewClient(t, w.dial(stranger)).Expect(421)
	k.has(t, `limit reached "Internet" 203.0.113.9 MaxConnectionRatePerMinute by source "203.0.113.9" 7/6`,
		`connection refused "Internet" 203.0.113.9 too-many-new-connections`)
	w.client("203.0.113.10")
	w.client("203.0.113.10")
	k.has(t)
	relaytest.NewClient(t, w.dial("203.0.113.11")).Expect(421)
	k.has(t, `limit reached "Internet" 203.0.113.11 MaxConnectionRatePerMinute by server "" 9/8`,
		`connection refused "Internet" 203.0.113.11 too-many-new-connections`)
	w.logs(`msg="limit reached"`, "limit=MaxConnectionRatePerMinute", "by=server", "value=9", "bound=8")
}
