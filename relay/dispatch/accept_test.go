package dispatch_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

func TestHold(t *testing.T) {
	for _, tc := range []struct {
		name         string
		to           string
		reply        string
		took         time.Duration // until the reply
		queued       string        // then
		b, c         int           // arrived at the two next hops then
		after        time.Duration
		bAfter, cAft int // and later
	}{
		{"all delivered", "1@b.example 1@c.example", "250", 0, "", 1, 1, time.Hour, 1, 1},
		{"one refused, alone", "bad@b.example", "550 5.1.1 unknown", 0, "", 0, 0, time.Hour, 0, 0},
		{"all refused", "bad@b.example bad@c.example", "550 5.1.1 unknown", 0, "", 0, 0, time.Hour, 0, 0},
		{"temporary", "later@b.example", "250", 0, "later@b.example waiting", 0, 0, 3 * time.Minute, 0, 0},
		{"no such domain", "1@nowhere.example", "550 5.1.2", 0, "", 0, 0, time.Hour, 0, 0},
		{"down", "1@down.example", "250", 0, "1@down.example waiting", 0, 0, time.Hour, 0, 0},
		{"slow", "1@slow.example", "250", 30 * time.Second, "1@slow.example waiting", 0, 0, time.Hour, 0, 0},
		{"slow and fast", "1@b.example 1@slow.example", "250", 30 * time.Second, "1@b.example delivered; 1@slow.example waiting", 1, 0, time.Hour, 1, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, config(byDNS()))
				script := func(_ relaytest.Stage, a string) string {
					switch {
					case strings.HasPrefix(a, "bad@"):
						return "550 5.1.1 unknown"
					case strings.HasPrefix(a, "later@"):
						return "450 4.2.0 later"
					}
					return ""
				}
				b := w.sink("192.0.2.1", &relaytest.Sink{Script: script}, "b.example")
				c := w.sink("192.0.2.2", &relaytest.Sink{Script: script}, "c.example")
				w.at("192.0.2.3", "down.example")
				late := w.sink("192.0.2.4", slow(45*time.Second), "slow.example")
				begun := time.Now()
				expect(t, "reply", w.mail(deliverFirst, strings.Fields(tc.to)...), tc.reply)
				if took := time.Since(begun); took != tc.took {
					t.Errorf("answered after %v, want %v", took, tc.took)
				}
				if q := w.queued(); q != tc.queued {
					t.Errorf("queued: %q, want %q", q, tc.queued)
				}
				arrived(t, "b", b, tc.b)
				arrived(t, "c", c, tc.c)
				time.Sleep(tc.after)
				arrived(t, "b later", b, tc.bAfter)
				arrived(t, "c later", c, tc.cAft)
				if n := len(late.Messages()); n != strings.Count(tc.to, "slow") {
					t.Errorf("%d messages at the slow hop: %q", n, w.queued())
				}
			})
		})
	}
}

// TestHoldTellsTheLog: the Server's log says who has a message.
func TestHoldTellsTheLog(t *testing.T) {
	w := newWorld(t, config(byDNS()))
	w.sink("192.0.2.1", &relaytest.Sink{}, "b.example")
	env := w.envelope(deliverFirst, "a@contoso.com")
	env.To = append(env.To, rcpt("1@b.example"))
	receipt, err := relay.Deliver(t.Context(), w.d, env, strings.NewReader(letter))
	expect(t, "reply", said(t, err), "250")
	if want := "out b.example to b.example: 250 "; !strings.HasPrefix(receipt.Result, want) {
		t.Errorf("delivered: %q, want %q", receipt.Result, want)
	}
}

func TestQueueFirst(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		b := w.sink("192.0.2.1", slow(50*time.Second), "b.example")
		begun := time.Now()
		expect(t, "reply", w.mail(queueFirst, "1@b.example"), "250")
		if time.Since(begun) != 0 {
			t.Error("the reply waited for the next hop")
		}
		if q := w.queued(); q != "1@b.example waiting" {
			t.Errorf("queued: %q", q)
		}
		large := letter + strings.Repeat("0123456789abcdef\r\n", 100_000)
		expect(t, "reply", w.mailFrom(queueFirst, "a@contoso.com", large, nil, "2@b.example"), "250")
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		m := b.Messages()
		if len(m) != 2 || string(m[0].Data) != letter || string(m[1].Data) != large {
			t.Errorf("%d messages arrived", len(m))
		}
		if q := w.queued(); q != "" {
			t.Errorf("queued in the end: %q", q)
		}
	})
}
