package dispatch_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// fickle is a next hop that answers soon, late, or not as it should, by chance.
func fickle(seed uint64, slow, bad int) *relaytest.Sink {
	var mu sync.Mutex
	rnd := rand.New(rand.NewPCG(seed, 2))
	chance := func(n int) int {
		mu.Lock()
		defer mu.Unlock()
		return rnd.IntN(n)
	}
	return &relaytest.Sink{Script: func(s relaytest.Stage, argument string) string {
		switch {
		case s == relaytest.StageRcpt && strings.HasPrefix(argument, "bad@"):
			return "550 5.1.1 unknown"
		case s == relaytest.StageMail && chance(100) < slow:
			time.Sleep(time.Duration(chance(290)) * time.Second)
		case s == relaytest.StageConnect && chance(100) < bad:
			return "421 4.3.2 not now"
		case s == relaytest.StageMail && chance(100) < bad:
			return "432 4.3.2 too many at once"
		}
		return ""
	}}
}

// TestRuleOfShares compares who has a connection with the plain rule, while sources, next
// hops, operators and policies do what they like.
func TestRuleOfShares(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			bubble(t, func(t *testing.T) { chance(t, rand.New(rand.NewPCG(seed, 1))) })
		})
	}
}

// chance is one course of TestRuleOfShares.
func chance(t *testing.T, rnd *rand.Rand) {
	limits := func(total, perHop int) connector.Config {
		cfg := config(byDNS())
		cfg.Services = []connector.Service{{MaxOutboundConnections: param.Limit(total), MaxPerDomainOutboundConnections: param.Limit(perHop)}}
		return cfg
	}
	w := newWorld(t, limits(24, 6))
	const hops = 20
	sources, burst, pause := 1+rnd.IntN(6), 2+rnd.IntN(20), time.Duration(1+rnd.IntN(60))*time.Second
	kinds := [...]struct{ slow, bad int }{{0, 0}, {100, 0}, {20, 20}, {90, 5}}
	for i := range hops {
		k := kinds[i%len(kinds)]
		w.sink(fmt.Sprintf("192.0.2.%d", i+1), fickle(rnd.Uint64(), k.slow, k.bad), fmt.Sprintf("d%d.example", i))
	}
	ctx := context.Background()
	some := func() queue.Filter {
		return queue.Filter{All: true, From: fmt.Sprintf("d%d.example", rnd.IntN(hops))}
	}
	for step := range 100 {
		source := rnd.IntN(sources)
		switch rnd.IntN(12) {
		case 0:
			w.d.SetPolicy(compile(t, limits(8+rnd.IntN(40), 1+rnd.IntN(8))))
		case 1:
			w.d.Retry(ctx, queue.Filter{All: true}, nil)
		case 2:
			w.d.Suspend(ctx, some(), nil)
		case 3:
			w.d.Resume(ctx, queue.Filter{All: true}, nil)
		case 4:
			w.d.Drop(ctx, some(), true, nil)
		default:
			for range rnd.IntN(1 + burst*rnd.IntN(4)) {
				d := rnd.IntN(1 + rnd.IntN(hops)) // some have more mail than others
				to := []string{fmt.Sprintf("a@d%d.example", d), fmt.Sprintf("b@d%d.example", rnd.IntN(hops)), fmt.Sprintf("bad@d%d.example", d)}
				sender := fmt.Sprintf("x%d@d%d.example", source, rnd.IntN(hops))
				w.mailFrom(first, sender, letter, from(fmt.Sprintf("2001:db8:0:%d::%d", source, 1+rnd.IntN(9))), to[rnd.IntN(2):2+rnd.IntN(2)]...)
			}
		}
		time.Sleep(time.Duration(rnd.Int64N(int64(pause))))
		synctest.Wait()
		if s := w.d.Unfair(); s != "" {
			t.Errorf("step %d: %s", step, s)
			break
		}
	}
	w.d.Resume(ctx, queue.Filter{All: true}, nil)
	time.Sleep(4 * 24 * time.Hour)
	if q := w.queued(); q != "" || w.d.Remains() != "" {
		t.Errorf("queued: %.300q, %s", q, w.d.Remains())
	}
}
