package metrics

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// TestMailIsCounted: what a client and the next hop do is counted, from connect to delivery.
func TestMailIsCounted(t *testing.T) {
	w := newWorld(t, policy(t, "In"))
	c := w.client()
	w.await(`sessions{connector="In",tls="none"}`, "1")
	c.Do("EHLO client.example", 250)
	c.Do("AUTH PLAIN "+base64.StdEncoding.EncodeToString([]byte("\x00ann\x00tea")), 535)
	c.Do("MAIL FROM:<a@contoso.com>", 250)
	c.Do("RCPT TO:<kim@elsewhere.example>", 550)
	c.Do("RCPT TO:<kim@fabrikam.com>", 250)
	c.Do("DATA", 354)
	c.Send("Subject: x", "", "Hello.", ".")
	c.Expect(250)
	w.await("queue_retry_messages", "1")
	all := w.scrape()
	for series, want := range map[string]string{
		"next_hops_failing": "1", "queue_largest_messages": "1", `queue_messages{state="waiting"}`: "1", "queue_unreachable_messages": "0",
		`delivery_attempts_total{class="4.4",connector="ToMailboxes",hop="[10.2.3.9]",result="deferred"}`: "1",
		`deliveries_total{connector="In",result="deferred"}`:                                              "1",
		`auth_total{connector="In",mechanism="PLAIN",result="refused"}`:                                   "1",
		`messages_total{connector="In",reason="message-ok",result="accepted"}`:                            "1",
		`recipients_total{connector="In",reason="recipient-ok",result="accepted"}`:                        "1",
		`recipients_total{connector="In",reason="relay-denied",result="refused"}`:                         "1",
		`command_seconds_count{verb="MAIL"}`:                                                              "1",
		`message_size_bytes_count{connector="In"}`:                                                        "1",
		`hold_seconds_count{connector="In"}`:                                                              "1",
		`log_dropped_total{log="receive"}`:                                                                "0", "ready": "1", "policy_reload_successful": "1", "panics_total": "0",
	} {
		if all[series] != want {
			t.Errorf("%s is %q, want %s", series, all[series], want)
		}
	}
	w.sink()
	if _, err := w.gateway.Dispatcher.Retry(t.Context(), queue.Filter{All: true}, nil); err != nil {
		t.Fatal(err)
	}
	w.await(`deliveries_total{connector="In",result="delivered"}`, "1")
	w.await("queue_oldest_seconds", "0")
	w.await(`delivery_attempts_total{class="2.0",connector="ToMailboxes",hop="[10.2.3.9]",result="delivered"}`, "1")
	c.Do("QUIT", 221)
	w.await(`sessions{connector="In",tls="none"}`, "0")
	if n := w.scrape()[`connections_total{connector="In",result="served"}`]; n != "1" {
		t.Errorf("%s connections", n)
	}
}

// TestEveryKind: events of every kind can be counted, with nothing but the kind, too.
func TestEveryKind(t *testing.T) {
	w := newWorld(t, policy(t, "In"))
	for k := event.Kind(0); k < 255; k++ {
		w.read(event.Event{Kind: k}, event.Event{Kind: k, Err: errors.New("x"), Reason: reply.RelayDenied, Code: 550})
	}
	w.text() // the pedantic registry finds mistakes
}

// TestClass: the class of an attempt is one of few, whatever enhanced codes a host invents.
func TestClass(t *testing.T) {
	for want, err := range map[string]error{
		"2.0": nil, "4.0": errors.New("x"), "5.1": &relay.Error{Reply: reply.Reply{Code: 550, Enhanced: [3]int{5, 1, 1}}},
		"4.7": fmt.Errorf("it: %w", &relay.Error{Reply: reply.Reply{Code: 451, Enhanced: [3]int{4, 7, 999}}}),
		"5.0": &relay.Error{Reply: reply.Reply{Code: 554, Enhanced: [3]int{5, 77, 0}}},
	} {
		if got := class(err); got != want {
			t.Errorf("%v: %s, want %s", err, got, want)
		}
	}
}

// attack does what a client and a host can do to be remembered, differently for each n.
func (w *world) attack(n int) {
	mark := fmt.Sprintf("x%d", n)
	c := w.client()
	c.Do("EHLO "+mark+".example", 250)
	c.Do(mark+" "+mark, 500)
	c.Do("AUTH "+mark, 504)
	c.Send("AUTH PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00"+mark+"\x00x")))
	c.Reply() // 535, and 454 after a while
	c.Do("MAIL FROM:<"+mark+"@"+mark+".example>", 250)
	c.Do("RCPT TO:<"+mark+"@"+mark+".example>", 550)
	c.Do("RCPT TO:<"+mark+"@fabrikam.com>", 250)
	c.Do("DATA", 354)
	c.Send("Subject: "+mark, "", mark, ".")
	c.Expect(250)
	c.Do("QUIT", 221)
	c.Closed()
	w.read(
		event.Event{Kind: event.Refused, Connector: "In", SendConnector: "ToMailboxes", NextHop: mark, Host: mark + ".example", Reply: mark, Err: errors.New(mark)},
		event.Event{Kind: event.LimitReached, Connector: "In", Limit: "MaxInboundConnectionPerSource", By: "source", Key: mark},
	)
}

// TestHostileClients: whatever clients and hosts send, and however often connectors are switched, there are no
// more series than before.
func TestHostileClients(t *testing.T) {
	first := policy(t, "In")
	w := newWorld(t, first)
	w.sink()
	settle := func() []string {
		for _, series := range []string{`sessions{connector="In",tls="none"}`, `queue_messages{state="waiting"}`, `queue_messages{state="sending"}`} {
			w.await(series, "0")
		}
		return slices.Sorted(maps.Keys(w.scrape()))
	}
	switchConnectors := func(n int) {
		next := w.gateway.CurrentConfig()
		next.Policy = policy(t, fmt.Sprintf("In%d", n))
		w.reload(next)
		c := w.client()
		c.Do("EHLO x", 250)
		c.Do("QUIT", 221)
		next.Policy = first
		w.reload(next)
		w.await(`sessions{connector="In",tls="none"}`, "0")
	}
	switchConnectors(0)
	for n := range 60 {
		w.attack(n)
	}
	before := settle()
	for n := 100; n < 1100; n++ {
		w.attack(n)
		if n%20 == 0 {
			switchConnectors(n)
		}
	}
	for _, name := range settle() {
		if _, ok := slices.BinarySearch(before, name); !ok {
			t.Errorf("a series that wasn't there: %s", name)
		}
	}
	if len(before) > 500 {
		t.Errorf("%d series", len(before))
	}
}

// TestSessionsByTLS: a session is counted under its version of TLS. If a reload has removed its connector, the
// series are there until the last session has ended.
func TestSessionsByTLS(t *testing.T) {
	w := newWorld(t, policy(t, "In"))
	begun := event.Event{Kind: event.ConnectionBegun, Connector: "Old"}
	secure := event.Event{Kind: event.TLSBegun, Connector: "Old", TLS: tls.VersionTLS13}
	ended := event.Event{Kind: event.ConnectionEnded, Connector: "Old", TLS: tls.VersionTLS13}
	w.read(begun, begun, secure)
	all := w.scrape()
	if all[`sessions{connector="Old",tls="none"}`] != "1" || all[`sessions{connector="Old",tls="1.3"}`] != "1" {
		t.Error(all)
	}
	w.read(ended, event.Event{Kind: event.ConnectionEnded, Connector: "Old"})
	for name := range w.scrape() {
		if strings.Contains(name, `"Old"`) {
			t.Errorf("%s is left", name)
		}
	}
}

// TestReloadsWhileScraped: events that the gateway reports while it is locked don't stop it.
func TestReloadsWhileScraped(t *testing.T) {
	w := newWorld(t, policy(t, "In"))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 20 {
			if err := w.gateway.Reload(w.gateway.CurrentConfig()); err != nil {
				t.Error(err)
			}
		}
	}()
	for {
		select {
		case <-done:
			w.await(`policy_reload_total{result="accepted"}`, "20")
			return
		case <-ctx.Done():
			t.Fatal("the gateway stands still")
		default:
			w.text()
		}
	}
}
