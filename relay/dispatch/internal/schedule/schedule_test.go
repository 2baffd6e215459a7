package schedule

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/routing"
)

// attempt is how a next hop answers an attempt.
type attempt = func(*Transfer) (time.Duration, []delivery.Outcome, error)

// script makes the next hop answer one attempt after the other, and the last way from
// then on.
func (w *world) script(answers ...attempt) {
	n := 0
	w.hop = func(t *Transfer) (time.Duration, []delivery.Outcome, error) {
		n++
		return answers[min(n, len(answers))-1](t)
	}
}

// say returns the answer of a next hop that gives all recipients a reply.
func say(code int, text string) attempt {
	return func(t *Transfer) (time.Duration, []delivery.Outcome, error) { return says(t, code, text) }
}

// accept accepts the message.
func accept(t *Transfer) (time.Duration, []delivery.Outcome, error) { return 0, accepted(t), nil }

// after makes an answer take its time.
func after(d time.Duration, a attempt) attempt {
	return func(t *Transfer) (time.Duration, []delivery.Outcome, error) {
		_, outcomes, err := a(t)
		return d, outcomes, err
	}
}

// TestRetries: a next hop that can't be reached is tried again as Exchange does; its
// message is reported as delayed and then as failed.
func TestRetries(t *testing.T) {
	w := newWorld(t, config())
	w.script(unreachableHop)
	w.queue("", "1@b.example")
	w.queue("", "2@b.example") // costs nothing more
	w.run(55 * time.Minute)
	var times []string
	for _, a := range w.attempts {
		minute, _, _ := strings.Cut(a, " ")
		times = append(times, minute)
	}
	equal(t, "attempts", []string{strings.Join(times, " ")}, "0 1 2 3 4 9 14 19 24 29 34 44 54")
	w.run(3 * 24 * time.Hour)
	slices.Sort(w.reports)
	equal(t, "reports", w.reports, "240 delayed 1@b.example", "240 delayed 2@b.example", "2880 failed 1@b.example", "2880 failed 2@b.example")
}

// TestAttempts: what the next hop answers decides when the message is tried again, and what
// is reported.
func TestAttempts(t *testing.T) {
	for _, tc := range []struct {
		name    string
		answers []attempt
		to      string
		want    []string // attempts
		status  string   // on the Store after a quarter of an hour; "": removed
		reports []string
	}{
		{"accepted", []attempt{accept}, "1@b.example", []string{"0 1@b.example"}, "", nil},
		{"refused for good", []attempt{say(550, "5.1.1 no")}, "1@b.example", []string{"0 1@b.example"}, "", []string{"0 failed 1@b.example"}},
		{"refused for now", []attempt{say(450, "4.2.0 later"), accept}, "1@b.example", []string{"0 1@b.example", "5 1@b.example"}, "", nil},
		{"still refused", []attempt{say(450, "4.2.0 later")}, "1@b.example", []string{"0 1@b.example", "5 1@b.example", "10 1@b.example", "15 1@b.example"}, "waiting", nil},
		{"two next hops", []attempt{accept, say(550, "5.1.1 no")}, "1@b.example 1@c.example", []string{"0 1@b.example", "0 1@c.example"}, "", []string{"0 failed 1@c.example"}},
		{"one next hop", []attempt{accept}, "1@b.example 2@b.example", []string{"0 1@b.example,2@b.example"}, "", nil},
		{"unreachable, then back", []attempt{unreachableHop, accept}, "1@b.example", []string{"0 1@b.example", "1 1@b.example"}, "", nil},
		// After an answer by a next hop that works, hanging up on the same message twice
		// is the message's affair.
		{"crowded on the only connection", []attempt{crowdedHop, accept}, "1@b.example", []string{"0 1@b.example", "1 1@b.example"}, "", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, config())
			w.script(tc.answers...)
			m := w.queue("", strings.Fields(tc.to)...)
			w.run(15 * time.Minute)
			var got []string
			for _, a := range w.attempts {
				if !strings.HasSuffix(a, "@contoso.com") { // reports
					got = append(got, a)
				}
			}
			equal(t, "attempts", got, tc.want...)
			equal(t, "reports", w.reports, tc.reports...)
			if got := w.saved[m.ID]; got != tc.status {
				t.Errorf("on the Store: %q, want %q", got, tc.status)
			}
		})
	}
}

// TestTooManyRecipients: recipients that are only too many for one transaction go at once
// with the next.
func TestTooManyRecipients(t *testing.T) {
	w := newWorld(t, config())
	first := true
	w.hop = func(t *Transfer) (time.Duration, []delivery.Outcome, error) {
		outcomes := accepted(t)
		if first {
			outcomes[1].Err = &relay.Error{Reply: reply.Reply{Code: 452, Enhanced: [3]int{4, 5, 3}, Text: "too many"}}
			outcomes[1].Reply = "452 4.5.3 too many"
		}
		first = false
		return 0, outcomes, nil
	}
	w.queue("", "1@b.example", "2@b.example")
	w.run(0)
	equal(t, "attempts", w.attempts, "0 1@b.example,2@b.example", "0 2@b.example")
	w.empty()
}

// TestWaitingClients: a client waits for its reply as long as that is worthwhile.
func TestWaitingClients(t *testing.T) {
	for _, tc := range []struct {
		name     string
		before   attempt // the answer to an earlier message; nil: there was none
		answer   attempt
		waits    bool
		answered bool // within ten seconds
		verdict  Verdict
	}{
		{"accepted", nil, accept, true, true, Settled},
		{"refused", nil, say(550, "5.1.1 no"), true, true, Refused},
		{"refused for now", nil, say(450, "4.2.0 later"), true, true, Unsettled},
		{"unreachable", nil, unreachableHop, true, true, Unsettled},
		{"slow", nil, after(time.Minute, accept), true, false, Unsettled},
		{"known to be down", unreachableHop, accept, false, false, Unsettled},
		{"known to work", accept, accept, true, true, Settled},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, config())
			if tc.before != nil {
				w.script(tc.before)
				w.queue("", "0@b.example")
				w.run(time.Second)
			}
			w.script(tc.answer)
			m := w.message("", "a@contoso.com", "1@b.example")
			waits := false
			w.event(func() { waits = w.s.Accept(m, w.now) })
			w.run(10 * time.Second)
			verdict := Unsettled
			w.event(func() { verdict = w.s.EndWait(m, !w.answered[m]) })
			if waits != tc.waits || w.answered[m] != tc.answered || verdict != tc.verdict {
				t.Errorf("waits %v, answered %v, verdict %v; want %v, %v, %v", waits, w.answered[m], verdict, tc.waits, tc.answered, tc.verdict)
			}
		})
	}
}

// TestVainWait: after a client has waited for a next hop until its time was up, the next
// ones don't, until the next hop has answered.
func TestVainWait(t *testing.T) {
	w := newWorld(t, config())
	w.script(after(time.Minute, accept))
	for i, want := range []bool{true, false, true} {
		m := w.message("", "a@contoso.com", fmt.Sprint(i, "@b.example"))
		waits := false
		w.event(func() { waits = w.s.Accept(m, w.now) })
		if waits != want {
			t.Errorf("client %d waits: %v", i, waits)
		}
		w.run(30 * time.Second)
		w.event(func() { w.s.EndWait(m, true) })
		w.run(15 * time.Second)
		if i == 1 {
			w.run(time.Hour)
		}
	}
}

// TestTurns: the mail of sources takes turns, each in the order of arrival.
func TestTurns(t *testing.T) {
	w := newWorld(t, config(connector.Service{MaxPerDomainOutboundConnections: 1}))
	w.script(after(time.Minute, accept))
	for i := range 4 {
		w.queue("198.51.100.1", fmt.Sprint("a", i, "@b.example"))
	}
	w.queue("198.51.100.2", "other@b.example")
	w.run(time.Hour)
	equal(t, "attempts", w.attempts, "0 a0@b.example", "1 a1@b.example", "2 other@b.example", "3 a2@b.example", "4 a3@b.example")
}

// TestShares: no source gets all connections, nor all of those to one next hop.
func TestShares(t *testing.T) {
	w := newWorld(t, config(connector.Service{MaxOutboundConnections: 16, MaxPerDomainOutboundConnections: 8}))
	w.script(after(10*time.Minute, accept))
	w.hop = func(t *Transfer) (time.Duration, []delivery.Outcome, error) {
		return 10 * time.Minute, accepted(t), nil
	}
	for i := range 40 {
		w.queue("198.51.100.1", fmt.Sprintf("1@d%d.example", i))
	}
	w.run(0)
	if n := len(w.attempts); n != 9 { // three quarters of the 12 for next hops in doubt
		t.Errorf("one source has %d connections", n)
	}
	for i := range 40 {
		w.queue("198.51.100.2", fmt.Sprintf("2@d%d.example", i+40))
	}
	if n := len(w.attempts); n != 12 {
		t.Errorf("two sources have %d connections to next hops in doubt", n)
	}
	w.run(24 * time.Hour)
	w.empty()
}

// TestCeiling: a next hop that works and says that too much comes at once is asked for
// fewer connections, and for more again later.
func TestCeiling(t *testing.T) {
	w := newWorld(t, config())
	busy, most := 0, 0
	w.hop = func(t *Transfer) (time.Duration, []delivery.Outcome, error) {
		most = max(most, w.s.queues.active)
		if busy++; w.s.queues.active > 3 {
			return crowdedHop(t)
		}
		return time.Second, accepted(t), nil
	}
	w.queue("198.51.100.9", "0@b.example")
	w.run(time.Minute)
	for _, want := range []int{12, 4} {
		busy, most = 0, 0
		for i := range 12 {
			w.queue(fmt.Sprint("198.51.100.", i), fmt.Sprint(i, "@b.example"))
		}
		w.run(time.Minute)
		w.empty()
		if busy > 24 || most > want {
			t.Errorf("%d attempts for 12 messages, %d at a time, want %d", busy, most, want)
		}
	}
}

// TestPatience: a next hop that says nothing gets one connection, and after a while one
// more beside it.
func TestPatience(t *testing.T) {
	w := newWorld(t, config())
	w.script(unreachableHop, after(30*time.Minute, accept))
	for i := range 4 {
		w.queue(fmt.Sprint("198.51.100.", i), fmt.Sprint(i, "@b.example"))
	}
	w.run(8 * time.Minute)
	equal(t, "attempts", w.attempts, "0 0@b.example", "1 1@b.example", "4.16667 2@b.example", "7.33333 3@b.example")
}

// TestPolicy: SetPolicy routes what waits at once, unreachable recipients included.
func TestPolicy(t *testing.T) {
	w := newWorld(t, connector.Config{})
	m := w.queue("", "1@b.example")
	w.run(time.Hour)
	if s := m.Snapshot(w.now); len(w.attempts) > 0 || s.Recipients[0].Hop != "Unreachable" {
		t.Errorf("%v; %+v", w.attempts, s.Recipients)
	}
	cfg := config()
	cfg.Send[0].AddressSpaces = []routing.AddressSpace{routing.MustParseAddressSpace("b.example")}
	w.event(func() {
		w.s.SetPolicy(compile(t, cfg), w.now)
		w.s.Reroute(m, w.now)
	})
	equal(t, "attempts", w.attempts, "60 1@b.example")
}

// TestOperator: what an operator asks for.
func TestOperator(t *testing.T) {
	every := func(*queue.Recipient) bool { return true }
	w := newWorld(t, config())
	w.script(unreachableHop, unreachableHop, after(time.Minute, say(450, "4.2.0 later")), after(time.Minute, accept))
	m := w.queue("", "1@b.example")
	w.run(30 * time.Second)
	w.event(func() { w.s.Suspend(m) })
	w.run(time.Hour)
	w.event(func() { w.s.Resume(m, w.now) })
	w.run(30 * time.Second)
	w.event(func() {
		r := w.s.NewRetry(false)
		r.Add(m, every, w.now)
		r.End(w.now)
	})
	equal(t, "attempts", w.attempts, "0 1@b.example", "60.5 1@b.example", "61 1@b.example")
	w.event(func() { w.s.Drop(m, Dropping{Match: every, Report: true}, w.now) })
	if m.Recipients[0].Status != queue.Waiting {
		t.Error("dropped during an attempt")
	}
	w.run(time.Minute)
	equal(t, "reports", w.reports, "62 failed 1@b.example")
	other := w.queue("", "2@b.example")
	w.event(func() { w.s.Drop(other, Dropping{Match: every, Report: true}, w.now) })
	w.run(time.Hour)
	equal(t, "reports", w.reports, "62 failed 1@b.example") // the attempt was successful
	w.empty()
}

// TestStoppedProcess: what expires while the process is stopped is tried for ten minutes
// more.
func TestStoppedProcess(t *testing.T) {
	w := newWorld(t, config())
	w.script(unreachableHop)
	w.queue("", "1@b.example")
	w.run(time.Hour)
	w.now = w.now.Add(72 * time.Hour)
	w.run(9 * time.Minute)
	equal(t, "reports", w.reports, "4380 delayed 1@b.example")
	w.run(2 * time.Minute)
	equal(t, "reports", w.reports, "4380 delayed 1@b.example", "4390 failed 1@b.example")
}

// TestAdmit: mail is refused from a limit on, and accepted again some way below.
func TestAdmit(t *testing.T) {
	s := New(Config{Events: true, Route: byPolicy, MaxMessages: 100, MinFree: 1000, MaxMemory: 5000})
	client := netip.MustParseAddr("198.51.100.1")
	for i, tc := range []struct {
		messages   int
		free, size int64
		memory     int64
		refused    bool
	}{
		{50, 10_000, 0, 0, false},
		{100, 10_000, 0, 0, true},
		{91, 10_000, 0, 0, true},
		{90, 10_000, 0, 0, false},
		{95, 10_000, 0, 0, false},
		{0, 2000, 500, 0, false},
		{0, 2000, 800, 0, true},  // beyond the client's share
		{0, 2000, 1500, 0, true}, // too large
		{0, 999, 0, 0, true},
		{0, 1250, 0, 0, false},
		{0, 10_000, 0, 4999, false},
		{0, 10_000, 0, 5000, true},
		{0, 10_000, 0, 4501, true},
		{0, 10_000, 0, 4500, false},
	} {
		err := s.Admit(Used{queue.Usage{Messages: tc.messages, Free: tc.free, Capacity: 100_000}, tc.memory}, client, tc.size, time.Unix(0, 0))
		if (err != nil) != tc.refused {
			t.Errorf("%d: %v", i, err)
		}
	}
}

// TestEventsThatNeedNoSave: an event that needs no save waits for the events of its message in front
// of it, and not for the save after theirs.
func TestEventsThatNeedNoSave(t *testing.T) {
	w := newWorld(t, config())
	w.script(after(time.Hour, accept))
	m := w.queue("", "1@b.example")
	emit := func(kind event.Kind) event.Event { return event.Event{Kind: kind, Time: w.now} }
	w.log = nil
	w.event(func() {
		w.s.Emit(m, emit(event.Deferred))
		if !w.s.BeginSave(m) {
			t.Fatal("the message is being saved")
		}
	})
	step, ok := w.s.NextStep(m, w.now)
	w.event(func() {
		w.s.EmitNow(m, emit(event.ChangedByOperator))
		w.s.Emit(m, emit(event.Dropped)) // this one waits for the next save
	})
	equal(t, "events during the save", w.log)
	w.event(func() {
		for ok {
			step, ok = w.s.StepDone(m, &step, nil, w.now)
		}
	})
	equal(t, "events after the save", w.log, "0 "+event.Deferred.String(), "0 "+event.ChangedByOperator.String())
	w.event(func() { w.s.EmitNow(m, emit(event.ChangedByOperator)) })
	if w.s.BeginSave(m) {
		w.event(func() { w.save(m) })
	}
	equal(t, "events after the next save", w.log[2:], "0 "+event.Dropped.String(), "0 "+event.ChangedByOperator.String())
}
