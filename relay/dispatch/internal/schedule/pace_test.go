package schedule

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/routing"
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
		w.s.SetPolicy(compile(t, limit(1000)), w.now)
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

// TestWithoutLimits: connectors count nothing if no connector limits their smart hosts.
func TestWithoutLimits(t *testing.T) {
	cfg := paced(func(s *connector.Send) { s.SmartHostMessageRateLimit = 1 })
	other := cfg.Send[0]
	other.Name, other.SmartHosts, other.SmartHostMessageRateLimit = "other", []param.SmartHost{param.MustParseSmartHost("other.example")}, 0
	other.AddressSpaces = []routing.AddressSpace{routing.MustParseAddressSpace("other.example")}
	direct := connector.Send{Name: "direct", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("direct.example")}}
	cfg.Send = append(cfg.Send, other, direct)
	w := newWorld(t, cfg)
	for range 5 {
		w.queue("", "a@other.example")
		w.queue("", "a@direct.example")
		w.queue("", "a@b.example")
	}
	w.run(time.Second)
	if len(w.attempts) != 11 || len(w.s.accounts) != 1 {
		t.Errorf("%d attempts, %d accounts", len(w.attempts), len(w.s.accounts))
	}
	if p := w.s.paceOf(delivery.NextHop{}); p != nil || !p.next(start).Equal(start) || p.mostRecipients() != maxRecipients || p.reason(start) != "" {
		t.Errorf("without a connector: %+v", p)
	}
}
