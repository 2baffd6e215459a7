package schedule

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// fickle returns next hops of four kinds that answer soon, late, or not as they should, by
// chance.
func fickle(rnd *rand.Rand) func(*Transfer) (time.Duration, []delivery.Outcome, error) {
	kinds := [...]struct{ slow, bad int }{{0, 0}, {100, 0}, {20, 20}, {90, 5}}
	return func(t *Transfer) (after time.Duration, outcomes []delivery.Outcome, err error) {
		n := 0
		_, _ = fmt.Sscanf(t.Message.Recipients[t.To[0]].To.Domain().String(), "d%d", &n) // all are of this form
		k := kinds[n%len(kinds)]
		if rnd.IntN(100) < k.bad {
			return unreachableHop(t)
		}
		if rnd.IntN(100) < k.slow {
			after = time.Duration(rnd.IntN(290)) * time.Second
		}
		if rnd.IntN(100) < k.bad {
			_, outcomes, err = crowdedHop(t)
			return after, outcomes, err
		}
		outcomes = accepted(t)
		for k, i := range t.To {
			if strings.HasPrefix(t.Message.Recipients[i].To.String(), "bad@") {
				outcomes[k].Err = &relay.Error{Reply: reply.Reply{Code: 550, Text: "unknown"}}
				outcomes[k].Reply = "550 5.1.1 unknown"
			}
		}
		return after, outcomes, nil
	}
}

// TestRuleOfShares compares who has a connection with the plain rule, after many an event,
// while sources, next hops, operators and policies do what they like.
func TestRuleOfShares(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { chance(t, rand.New(rand.NewPCG(seed, 1))) })
	}
}

// chance is one course of TestRuleOfShares.
func chance(t *testing.T, rnd *rand.Rand) {
	limits := func(total, perHop int) connector.Config {
		return config(connector.Service{MaxOutboundConnections: param.Limit(total), MaxPerDomainOutboundConnections: param.Limit(perHop)})
	}
	w := newWorld(t, limits(24, 6))
	w.hop = fickle(rnd)
	step, events := 0, 0
	w.afterEach = func() {
		if events++; events%8 > 0 { // the plain rule is slow
			return
		}
		if s := w.s.unfair(w.now); s != "" {
			t.Fatalf("step %d: %s", step, s)
		}
	}
	const hops = 20
	sources, burst, pause := 1+rnd.IntN(6), 2+rnd.IntN(20), time.Duration(1+rnd.IntN(60))*time.Second
	each := func(do func(m *Message) bool) {
		w.event(func() {
			for _, m := range w.s.Messages() {
				if do(m) && w.s.BeginSave(m) {
					w.save(m)
				}
			}
		})
	}
	every := func(*queue.Recipient) bool { return true }
	for ; step < 100; step++ {
		source := rnd.IntN(sources)
		some := fmt.Sprintf("d%d.example", rnd.IntN(hops))
		of := func(m *Message) bool { return m.From.Domain().String() == some }
		switch rnd.IntN(12) {
		case 0:
			p := compile(t, limits(8+rnd.IntN(40), 1+rnd.IntN(8)))
			// In between, the plain rule needs no patience: all of it is one event.
			w.event(func() {
				w.s.SetPolicy(p, w.now)
				for _, m := range w.s.Messages() {
					w.s.Reroute(m, w.now)
				}
				w.s.WakeAll(w.now)
			})
		case 1:
			w.event(func() {
				retry := w.s.NewRetry(false)
				for _, m := range w.s.Messages() {
					retry.Add(m, every, w.now)
				}
				retry.End(w.now)
			})
		case 2:
			each(func(m *Message) bool { return of(m) && w.s.Suspend(m) })
		case 3:
			each(func(m *Message) bool { return w.s.Resume(m, w.now) })
		case 4:
			each(func(m *Message) bool { return of(m) && w.s.Drop(m, Dropping{Match: every, Report: true}, w.now) })
		default:
			for range rnd.IntN(1 + burst*rnd.IntN(4)) {
				d := rnd.IntN(1 + rnd.IntN(hops)) // some have more mail than others
				to := []string{fmt.Sprintf("a@d%d.example", d), fmt.Sprintf("b@d%d.example", rnd.IntN(hops)), fmt.Sprintf("bad@d%d.example", d)}
				from := fmt.Sprintf("x%d@d%d.example", source, rnd.IntN(hops))
				m := w.message(fmt.Sprintf("2001:db8:0:%d::%d", source, 1+rnd.IntN(9)), from, to[rnd.IntN(2):2+rnd.IntN(2)]...)
				w.event(func() { w.put(m) })
			}
		}
		w.run(time.Duration(rnd.Int64N(int64(pause))))
	}
	each(func(m *Message) bool { return w.s.Resume(m, w.now) })
	w.run(4 * 24 * time.Hour)
	w.empty()
}
