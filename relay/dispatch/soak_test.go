package dispatch_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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
// seed and conversation. It takes everything after a day. A reliable one has no
// message whose answer is lost.
func moody(seed uint64, begun time.Time, reliable bool) *relaytest.Sink {
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(seed, 1))
	return &relaytest.Sink{Script: func(s relaytest.Stage, _ string) string {
		mu.Lock()
		defer mu.Unlock()
		if time.Since(begun) > 24*time.Hour || s == relaytest.StageReset {
			return ""
		}
		mood := moods[rng.IntN(len(moods))]
		if s == relaytest.StageStored && mood != relaytest.Drop || reliable && (s == relaytest.StageStored || s == relaytest.StageBody) {
			return "" // the answer may be lost, but not belie itself
		}
		return mood
	}}
}

// troubled is a Store with spells in which it takes nothing of what has become of
// messages, or nothing at all, or renews leases too late.
type troubled struct {
	faulty
	spell atomic.Int32
}

// The spells.
const (
	fine int32 = iota
	unsaved
	unusable
	tardy
)

func (s *troubled) trouble(op string) error {
	spell := s.spell.Load()
	for op == "renew" && s.spell.Load() == tardy {
		time.Sleep(time.Second)
	}
	if spell == unusable || spell == unsaved && (op == "save" || op == "remove") {
		return errCrash
	}
	return nil
}

// TestSoak lets everything go wrong for a day, under changing policies and with
// an operator at work, some uploads longer than a lease and a Store that has its
// troubles. In the end every recipient has the message, or its sender has a
// report, or the client heard an error. Where no answer of a next hop was lost,
// no recipient has a message twice.
func TestSoak(t *testing.T) {
	for seed := range uint64(6) {
		bubble(t, func(t *testing.T) { soak(t, seed, seed%2 == 1) })
	}
}

func soak(t *testing.T, seed uint64, reliable bool) {
	const hops, messages = 6, 150
	rng := rand.New(rand.NewPCG(seed, 2))
	store := &troubled{}
	store.fails = store.trouble
	w := newWorld(t, config(byDNS()), func(w *world) { store.Store, w.store = w.mem, store })
	home := w.home()
	var sinks []*relaytest.Sink
	for i := range hops {
		sinks = append(sinks, w.sink(fmt.Sprintf("192.0.2.%d", i+1), moody(seed*100+uint64(i), time.Now(), reliable), fmt.Sprintf("d%d.example", i)))
	}
	some := byDNS()
	some.AddressSpaces = []routing.AddressSpace{routing.MustParseAddressSpace("d1.example"), routing.MustParseAddressSpace("contoso.com")}
	tight := config(byDNS())
	tight.Services = []connector.Service{{MaxOutboundConnections: 4}}
	policies := []*connector.Policy{w.policy, compile(t, config(some)), compile(t, tight), compile(t, config())}
	var mu sync.Mutex
	var promised []string
	var group sync.WaitGroup
	for i := range messages {
		var to []string
		for k := range 1 + rng.IntN(4) {
			to = append(to, fmt.Sprintf("m%d.%d@d%d.example", i, k, rng.IntN(hops)))
		}
		in, pause := []string{deliverFirst, queueFirst}[rng.IntN(2)], time.Duration(0)
		if rng.IntN(8) == 0 {
			pause = time.Duration(rng.IntN(600)) * time.Second
		}
		group.Go(func() {
			reply := ""
			if pause > 0 {
				reply = w.upload(pause, to...)
			} else {
				reply = w.mailFrom(in, "a@contoso.com", letter, from(fmt.Sprintf("198.51.100.%d", i%3)), to...)
			}
			if reply == "250" {
				mu.Lock()
				promised = append(promised, to...)
				mu.Unlock()
			}
		})
		time.Sleep(time.Duration(rng.IntN(600)) * time.Second)
		switch rng.IntN(24) {
		case 4, 5, 6:
			store.spell.Store(rng.Int32N(4))
		case 7:
			store.spell.Store(fine)
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
	store.spell.Store(fine)
	w.d.SetPolicy(w.policy)
	w.d.Resume(context.Background(), queue.Filter{All: true}, nil)
	time.Sleep(96 * time.Hour)
	if q := w.queued(); q != "" {
		t.Errorf("seed %d: queued %q", seed, q)
	}
	if r := w.d.Remains(); r != "" {
		t.Errorf("seed %d: the scheduler has %s", seed, r)
	}
	var told []string
	copies := make(map[string]int)
	for _, s := range sinks {
		for _, m := range s.Messages() {
			told = append(told, m.To...)
			for _, to := range m.To {
				copies[to]++
			}
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
		if reliable && copies[to]+failures[to] > 1 {
			t.Errorf("seed %d: %s has %d copies, and its sender %d reports", seed, to, copies[to], failures[to])
		}
	}
	if len(promised) < messages {
		t.Errorf("seed %d: only %d recipients were promised anything", seed, len(promised))
	}
}
