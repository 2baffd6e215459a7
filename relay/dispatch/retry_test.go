package dispatch_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// calls notes when next hops are called.
type calls struct {
	mu    sync.Mutex
	begun time.Time
	list  map[netip.Addr][]time.Duration
}

// watch notes the calls of w's Sender.
func watch(w *world) *calls {
	c := &calls{begun: time.Now(), list: make(map[netip.Addr][]time.Duration)}
	dial := w.sender.Dial
	w.sender.Dial = func(ctx context.Context, from netip.Addr, to netip.AddrPort) (net.Conn, error) {
		c.mu.Lock()
		c.list[to.Addr()] = append(c.list[to.Addr()], time.Since(c.begun))
		c.mu.Unlock()
		return dial(ctx, from, to)
	}
	return c
}

// to returns when an address was called.
func (c *calls) to(address string) []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.list[netip.MustParseAddr(address)])
}

// TestDeadHop: thousands of messages for a next hop that is down cost one call
// per interval: 4 after a minute each, 6 after five minutes, then one every ten
// minutes.
func TestDeadHop(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		c := watch(w)
		w.at("192.0.2.3", "down.example")
		for i := range 2000 {
			expect(t, "reply", w.mail(queueFirst, fmt.Sprint(i, "@down.example")), "250")
		}
		time.Sleep(90 * time.Minute)
		var want []time.Duration
		at := time.Duration(0)
		for i := range 20 {
			want = append(want, at)
			switch {
			case i < 4:
				at += time.Minute
			case i < 10:
				at += 5 * time.Minute
			default:
				at += 10 * time.Minute
			}
		}
		got := c.to("192.0.2.3")
		if !slices.Equal(got, want[:min(len(got), len(want))]) || len(got) < 15 {
			t.Errorf("called at %v, want %v", got, want)
		}
		q := w.d.Queues()
		if len(q) != 1 || q[0].Name != "out down.example" || q[0].Waiting != 2000 || q[0].Failures != len(got) || q[0].Reply == "" {
			t.Errorf("queues: %+v", q)
		}
		up := w.sink("192.0.2.3", &relaytest.Sink{})
		time.Sleep(11 * time.Minute)
		arrived(t, "when it is up", up, 2000)
		if s := w.queued(); s != "" {
			t.Errorf("queued: %q", s)
		}
	})
}

// TestHangingHop: neither does one that takes calls and says nothing get more.
func TestHangingHop(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		c := watch(w)
		w.at("192.0.2.3", "hung.example")
		w.net.Silence(netip.MustParseAddrPort("192.0.2.3:25"))
		for i := range 1000 {
			expect(t, "reply", w.mail(queueFirst, fmt.Sprint(i, "@hung.example")), "250")
		}
		time.Sleep(4*time.Minute - time.Second)
		if got := c.to("192.0.2.3"); len(got) != 3 {
			t.Errorf("called at %v", got)
		}
	})
}

// TestMessageRetry: what a next hop says of a recipient holds for that
// recipient.
func TestMessageRetry(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		var mu sync.Mutex
		var asked []time.Duration
		begun := time.Now()
		b := w.sink("192.0.2.1", &relaytest.Sink{Script: func(s relaytest.Stage, a string) string {
			if s == relaytest.StageRcpt && a == "grey@b.example" {
				mu.Lock()
				defer mu.Unlock()
				asked = append(asked, time.Since(begun))
				if len(asked) < 4 {
					return "450 4.2.0 greylisted"
				}
			}
			return ""
		}}, "b.example")
		expect(t, "reply", w.mail(deliverFirst, "grey@b.example", "1@b.example"), "250")
		expect(t, "others", w.mail(deliverFirst, "2@b.example"), "250")
		arrived(t, "at once", b, 2)
		time.Sleep(time.Hour)
		mu.Lock()
		defer mu.Unlock()
		if want := []time.Duration{0, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute}; !slices.Equal(asked, want) {
			t.Errorf("asked at %v, want %v", asked, want)
		}
		arrived(t, "in the end", b, 3)
		if s := w.queued(); s != "" {
			t.Errorf("queued: %q", s)
		}
	})
}

// TestUnreachable waits for a policy that knows better, and not a moment longer.
func TestUnreachable(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config())
		b := w.sink("192.0.2.1", &relaytest.Sink{}, "b.example")
		expect(t, "reply", w.mail(deliverFirst, "1@b.example"), "250")
		time.Sleep(time.Hour)
		arrived(t, "without a connector", b, 0)
		if q := w.d.Queues(); len(q) != 1 || q[0].Name != "Unreachable" || q[0].Waiting != 1 {
			t.Errorf("queues: %+v", q)
		}
		w.d.SetPolicy(compile(t, config(byDNS())))
		time.Sleep(time.Second)
		arrived(t, "with one", b, 1)
		if s := w.queued(); s != "" {
			t.Errorf("queued: %q", s)
		}
	})
}

// TestRouteAnew: what waits for a next hop that is down goes another way as soon
// as the policy says so.
func TestRouteAnew(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		w.at("192.0.2.3", "down.example", "other.example")
		up := w.sink("192.0.2.1", &relaytest.Sink{})
		expect(t, "reply", w.mail(queueFirst, "1@down.example", "2@down.example", "1@other.example"), "250")
		time.Sleep(time.Hour)
		s := byDNS()
		s.SmartHosts = smartHosts("192.0.2.1")
		w.d.SetPolicy(compile(t, config(s)))
		time.Sleep(time.Second)
		m := up.Messages()
		if len(m) != 1 || len(m[0].To) != 3 {
			t.Errorf("arrived: %v", m)
		}
		if s := w.queued(); s != "" {
			t.Errorf("queued: %q", s)
		}
	})
}

func TestExpiry(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		w.at("192.0.2.3", "down.example")
		expect(t, "reply", w.mailFrom(queueFirst, "", letter, nil, "1@down.example"), "250")
		time.Sleep(48*time.Hour - time.Second)
		if s := w.queued(); s != "1@down.example waiting" {
			t.Errorf("queued: %q", s)
		}
		time.Sleep(time.Minute)
		if s := w.queued(); s != "" {
			t.Errorf("queued: %q", s)
		}
	})
}

// TestHopHangsUpOnOneMessage: a message on which the next hop hangs up without a
// word looks like a dead hop, and doesn't hold up other mail for long.
func TestHopHangsUpOnOneMessage(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		sink := w.sink("192.0.2.3", &relaytest.Sink{Script: func(s relaytest.Stage, sender string) string {
			if s == relaytest.StageMail && sender == "bad@contoso.com" {
				return relaytest.Close
			}
			return ""
		}}, "x.example")
		expect(t, "reply", w.mailFrom(queueFirst, "bad@contoso.com", letter, nil, "b@x.example"), "250")
		time.Sleep(time.Second) // it has failed
		for round := range 3 {
			for i := range 10 {
				expect(t, "reply", w.mail(queueFirst, fmt.Sprint(i, "@x.example")), "250")
			}
			time.Sleep(3 * time.Minute)
			if n := len(sink.Messages()); n != 10*(round+1) {
				t.Errorf("round %d: %d messages arrived, want %d", round, n, 10*(round+1))
			}
		}
	})
}

// TestPoison: such a message is put off like one that was refused, and the next
// hop isn't taken for dead again and again because of it.
func TestPoison(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		w.sink("192.0.2.3", &relaytest.Sink{Script: func(s relaytest.Stage, sender string) string {
			if s == relaytest.StageMail && sender == "bad@contoso.com" {
				return relaytest.Close
			}
			return ""
		}}, "x.example")
		expect(t, "reply", w.mailFrom(queueFirst, "bad@contoso.com", letter, nil, "b@x.example"), "250")
		var failures []int
		for range 10 {
			time.Sleep(3 * time.Minute)
			expect(t, "reply", w.mail(deliverFirst, "1@x.example"), "250")
			failures = append(failures, strings.Count(w.log.String(), "next hop failed"))
		}
		if failures[9] != failures[2] {
			t.Errorf("the next hop failed so often in half an hour: %v", failures)
		}
		if q := w.queued(); q != "b@x.example waiting" {
			t.Errorf("queued: %q", q)
		}
	})
}
