package schedule

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/delivery"
)

// paced is config with smart hosts and limits for them.
func paced(change func(*connector.Send)) connector.Config {
	cfg := config()
	cfg.Send[0].SmartHosts = []param.SmartHost{param.MustParseSmartHost("smtp.office365.com")}
	change(&cfg.Send[0])
	return cfg
}

// sending lets attempts at w take a time, and returns a function that says how many attempts began and how
// many recipients they had in the worst span of a length, and how many attempts ran at a time at most.
func sending(w *world, takes time.Duration) func(span time.Duration) (attempts, recipients, atOnce int) {
	type sent struct {
		at time.Time
		n  int
	}
	var all []sent
	w.hop = func(t *Transfer) (time.Duration, []delivery.Outcome, error) {
		all = append(all, sent{w.now, len(t.To)})
		return takes, accepted(t), nil
	}
	return func(span time.Duration) (attempts, recipients, atOnce int) {
		for i, first := range all {
			a, r, running := 0, 0, 0
			for _, s := range all[i:] {
				if s.at.Sub(first.at) < span {
					a, r = a+1, r+s.n
				}
				if s.at.Sub(first.at) < takes {
					running++
				}
			}
			attempts, recipients, atOnce = max(attempts, a), max(recipients, r), max(atOnce, running)
		}
		return attempts, recipients, atOnce
	}
}

// TestMicrosoft365Limits: with the preset no minute has more than 30 messages, no more than three are
// under way, and everything is sent soon.
func TestMicrosoft365Limits(t *testing.T) {
	w := newWorld(t, paced(func(s *connector.Send) { s.SmartHostLimits = param.SmartHostLimitsMicrosoft365 }))
	worst := sending(w, 2*time.Second)
	for i := range 100 {
		w.queue(fmt.Sprint("198.51.100.", i%7), fmt.Sprint(i, "@b.example"))
	}
	w.run(5 * time.Minute)
	attempts, _, atOnce := worst(time.Minute)
	if attempts > 30 || attempts < 28 || atOnce > 3 || len(w.attempts) != 100 {
		t.Errorf("%d attempts in the worst minute, %d at once, %d in all", attempts, atOnce, len(w.attempts))
	}
	w.empty()
	w.run(49 * time.Hour)
	if len(w.s.hops) != 0 {
		t.Error("the next hop is never forgotten")
	}
}

// TestRecipientsADay: the recipients of 24 hours are bounded, a message with many of them too, and a
// change of the limit counts at once.
func TestRecipientsADay(t *testing.T) {
	limit := func(n param.Limit) connector.Config {
		return paced(func(s *connector.Send) { s.SmartHostRecipientRateLimit = n })
	}
	w := newWorld(t, limit(50))
	worst := sending(w, time.Second)
	var to []string
	for i := range 30 {
		to = append(to, fmt.Sprint(i, "@b.example"))
	}
	for range 4 {
		w.queue("", to...)
	}
	w.run(time.Hour)
	if _, n, _ := worst(24 * time.Hour); n > 50 || n < 46 {
		t.Errorf("%d recipients on the first day", n)
	}
	var waiting State
	for s := range w.s.Hops(w.now) {
		waiting = s
	}
	if wait := waiting.Paced.Sub(w.now); waiting.Waiting == 0 || wait < 22*time.Hour || wait > 24*time.Hour || waiting.Failures != 0 {
		t.Errorf("the next hop: %+v", waiting)
	}
	for _, m := range w.s.Messages() {
		for _, r := range m.Snapshot(w.now).Recipients {
			if r.Status.String() == "waiting" && (!strings.Contains(r.Reply, "at most 50 recipients") || !r.Next.Equal(waiting.Paced)) {
				t.Errorf("a recipient: %+v", r)
			}
		}
	}
	w.run(24*time.Hour + time.Hour)
	if _, n, _ := worst(24 * time.Hour); n > 50 || len(w.attempts) < 18 {
		t.Errorf("%d recipients on the worst day, %d attempts", n, len(w.attempts))
	}
	w.event(func() {
		w.s.SetPolicy(compile(t, limit(1000)))
		for _, m := range w.s.Messages() {
			w.s.Reroute(m, w.now)
		}
		w.s.WakeAll(w.now)
	})
	w.run(time.Minute)
	w.empty()
}

// TestPacedClientsDontWait: a client waits for a next hop only as long as its limits leave room.
func TestPacedClientsDontWait(t *testing.T) {
	w := newWorld(t, paced(func(s *connector.Send) { s.SmartHostMessageRateLimit = 2 }))
	sending(w, time.Second)
	var waits []bool
	for i := range 3 {
		m := w.message("", "a@contoso.com", fmt.Sprint(i, "@b.example"))
		w.event(func() { waits = append(waits, w.s.Accept(m, w.now)) })
		w.run(2 * time.Second)
	}
	if fmt.Sprint(waits) != "[true true false]" {
		t.Errorf("clients wait: %v", waits)
	}
}

// TestLimitsOfOthers: limits for smart hosts don't slow other connectors, nor mail for other servers.
func TestLimitsOfOthers(t *testing.T) {
	var p pace
	p.setLimits(delivery.NextHop{})
	if p != (pace{}) || !p.next(start).Equal(start) || p.most() != maxRecipients {
		t.Errorf("without a connector: %+v", p)
	}
}

// TestWindow compares window with a list of all times: it never allows more than the limit in any
// length of time, and what it allows later is allowed by the list, too.
func TestWindow(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		w := window{limit: 1 + r.IntN(40), length: []time.Duration{time.Minute, 24 * time.Hour}[r.IntN(2)]}
		var all []time.Time
		now := start
		for range 300 {
			n := 1 + r.IntN(w.limit)
			at := w.next(now, n)
			if at.Before(now) || at.Sub(now) > w.length+w.length/parts {
				t.Fatalf("next is %v after now", at.Sub(now))
			}
			if again := w.next(at, n); !again.Equal(at) {
				t.Fatalf("at %v it is %v more", at, again.Sub(at))
			}
			recent := 0
			for _, then := range all {
				if at.Sub(then) < w.length {
					recent++
				}
			}
			if recent+n > w.limit {
				t.Fatalf("%d and %d more in %v, the limit is %d", recent, n, w.length, w.limit)
			}
			w.add(n, at)
			for range n {
				all = append(all, at)
			}
			now = at.Add(time.Duration(r.Int64N(int64(w.length / 5))))
		}
	}
}
