package dispatch_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// moods is what a next hop may do at a stage, the most frequent ones often.
var moods = []string{"", "", "", "", "", "", "", "451 4.3.0 later", "550 5.7.1 never", relaytest.Drop, relaytest.Close, relaytest.Hang, relaytest.Raw("what?\r\n")}

// moody returns a next hop that does as it likes, and the same for the same
// seed and conversation. It takes everything after a day.
func moody(seed uint64, begun time.Time) *relaytest.Sink {
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(seed, 1))
	return &relaytest.Sink{Script: func(s relaytest.Stage, _ string) string {
		mu.Lock()
		defer mu.Unlock()
		if time.Since(begun) > 24*time.Hour || s == relaytest.StageReset {
			return ""
		}
		mood := moods[rng.IntN(len(moods))]
		if s == relaytest.StageStored && mood != relaytest.Drop {
			return "" // the answer may be lost, but not belie itself
		}
		return mood
	}}
}

// TestSoak lets everything go wrong for a day, under changing policies and with
// an operator at work. In the end every recipient has the message, or its
// sender has a report, or the client heard an error.
func TestSoak(t *testing.T) {
	for seed := range uint64(4) {
		bubble(t, func(t *testing.T) { soak(t, seed) })
	}
}

func soak(t *testing.T, seed uint64) {
	const hops, messages = 6, 150
	rng := rand.New(rand.NewPCG(seed, 2))
	w := newWorld(t, config(byDNS()))
	home := w.home()
	var sinks []*relaytest.Sink
	for i := range hops {
		sinks = append(sinks, w.sink(fmt.Sprintf("192.0.2.%d", i+1), moody(seed*100+uint64(i), time.Now()), fmt.Sprintf("d%d.example", i)))
	}
	some := byDNS()
	some.AddressSpaces = []routing.AddressSpace{routing.MustParseAddressSpace("d1.example"), routing.MustParseAddressSpace("contoso.com")}
	policies := []*connector.Policy{w.policy, compile(t, config(some)), w.policy, compile(t, config())}
	var mu sync.Mutex
	var promised []string
	var group sync.WaitGroup
	for i := range messages {
		var to []string
		for k := range 1 + rng.IntN(4) {
			to = append(to, fmt.Sprintf("m%d.%d@d%d.example", i, k, rng.IntN(hops)))
		}
		in := []string{holds, first}[rng.IntN(2)]
		group.Go(func() {
			if w.mail(in, to...) == "250" {
				mu.Lock()
				promised = append(promised, to...)
				mu.Unlock()
			}
		})
		time.Sleep(time.Duration(rng.IntN(600)) * time.Second)
		switch rng.IntN(20) {
		case 0:
			w.d.SetPolicy(policies[rng.IntN(len(policies))])
		case 1:
			w.d.Retry(context.Background(), queue.Filter{All: true}, nil)
		case 2:
			w.d.Suspend(context.Background(), queue.Filter{To: routing.MustParseAddressSpace("d2.example")}, nil)
		case 3:
			w.d.Resume(context.Background(), queue.Filter{All: true}, nil)
		}
	}
	group.Wait()
	w.d.SetPolicy(w.policy)
	w.d.Resume(context.Background(), queue.Filter{All: true}, nil)
	time.Sleep(96 * time.Hour)
	if q := w.queued(); q != "" {
		t.Errorf("seed %d: queued %q", seed, q)
	}
	var told []string
	for _, s := range sinks {
		for _, m := range s.Messages() {
			told = append(told, m.To...)
		}
	}
	failures := make(map[string]int)
	for _, r := range reports(home) {
		for on := range strings.SplitSeq(strings.TrimPrefix(r, "a@contoso.com: "), ", ") {
			if name, how, _ := strings.Cut(on, " "); strings.HasPrefix(how, "failed") {
				failures[name]++
				told = append(told, name)
			}
		}
	}
	for _, to := range promised {
		if !slices.Contains(told, to) || failures[to] > 1 {
			t.Errorf("seed %d: %s was delivered or reported: %v; %d reports", seed, to, slices.Contains(told, to), failures[to])
		}
	}
	if len(promised) < messages {
		t.Errorf("seed %d: only %d recipients were promised anything", seed, len(promised))
	}
}
