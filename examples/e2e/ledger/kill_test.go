package ledger

import (
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
)

// How long clients send: with the other tests, and with the end-to-end tests.
const (
	short = 3 * time.Second
	long  = 20 * time.Second
)

// settling bounds the time until everything deliverable is delivered.
const settling = 90 * time.Second

// duration is how long clients send.
func duration(t *testing.T) time.Duration {
	t.Helper()
	if text := os.Getenv("INTERCHANGE_LEDGER"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatalf("INTERCHANGE_LEDGER: %v", err)
		}
		return d
	}
	if os.Getenv("INTERCHANGE_E2E") == "1" {
		return long
	}
	return short
}

// seed is the seed of all choices.
func seed(t *testing.T) uint64 {
	t.Helper()
	n := rand.Uint64()
	if text := os.Getenv("INTERCHANGE_LEDGER_SEED"); text != "" {
		var err error
		if n, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("INTERCHANGE_LEDGER_SEED: %v", err)
		}
	}
	t.Logf("INTERCHANGE_LEDGER_SEED=%d", n)
	return n
}

// world is a gateway between clients and next hops.
type world struct {
	t       *testing.T
	rng     *rand.Rand
	ledger  *ledger
	hops    []*hop
	away    *hop // which is down now and then
	gateway *gateway
	hold    string        // where it delivers while the client waits …
	first   string        // … and where it queues it first
	enough  chan struct{} // closed: clients send nothing new
	clients sync.WaitGroup
	giveUp  context.CancelFunc // makes clients end at once
}

// newWorld returns a world whose gateway keeps its queue in data and isn't started. In a
// calm world no next hop fails.
func newWorld(t *testing.T, dir, data string, calm bool) *world {
	t.Helper()
	s := seed(t)
	w := &world{t: t, rng: rand.New(rand.NewPCG(s, 0)), ledger: new(ledger), enough: make(chan struct{})}
	w.hops = []*hop{
		newHop(t, w.ledger, "fine.example", s),
		newHop(t, w.ledger, "slow.example", s, takes, slow),
		newHop(t, w.ledger, "moody.example", s, takes, takes, takes, slow, busy, putsOff, putsOffData, breaksOff, breaksOffAtDot, keepsQuiet, babbles),
		newHop(t, w.ledger, "stern.example", s, refuses),
		newHop(t, w.ledger, "strict.example", s, refusesData),
		newHop(t, w.ledger, "away.example", s),
		newHop(t, w.ledger, senders, s, takes, takes, putsOff, keepsQuiet),
	}
	for _, h := range w.hops {
		h.healed = calm
	}
	w.away = w.hops[5]
	w.hops[6].reports = true
	w.hold, w.first = exampletest.Free(t), exampletest.Free(t)
	w.gateway = newGateway(t, dir, data, w.hops, w.hold, w.first)
	return w
}

// send makes clients begin to send.
func (w *world) send() {
	var ctx context.Context
	ctx, w.giveUp = context.WithCancel(context.Background())
	for i := range 8 {
		c := &client{ledger: w.ledger, address: []string{w.hold, w.first}[i%2], rng: rand.New(rand.NewPCG(w.rng.Uint64(), uint64(i)))}
		w.clients.Go(func() { c.run(ctx, w.enough) })
	}
	w.t.Cleanup(func() {
		w.giveUp()
		w.clients.Wait()
	})
}

// between returns a time between two.
func (w *world) between(from, to time.Duration) time.Duration {
	return from + time.Duration(w.rng.Int64N(int64(to-from)))
}

// timesLonger limits how much longer than asked for hardships may take.
const timesLonger = 10

// hardships kills and starts the gateway until the time is over, and on a slow machine until
// the gateway has refused a message for good and has acknowledged one that a hop refused. Every
// fourth time it is shut down instead.
func (w *world) hardships(d time.Duration) (kills int) {
	w.t.Helper()
	w.send()
	begun := time.Now()
	for rounds := 0; time.Since(begun) < d || time.Since(begun) < timesLonger*d && !w.ledger.refusedBothWays(); rounds++ {
		w.gateway.start()
		time.Sleep(w.between(100*time.Millisecond, 1500*time.Millisecond))
		switch w.rng.IntN(3) {
		case 0:
			w.away.leave()
		case 1:
			if err := w.away.comeBack(); err != nil {
				w.t.Fatal(err)
			}
		}
		from, kill := time.Now(), rounds%4 != 3
		if kill {
			w.gateway.kill()
			kills++
		} else {
			w.gateway.stop()
		}
		w.ledger.ended(from, kill)
	}
	return kills
}

// settle repairs the world, waits until everything is delivered, and judges.
func (w *world) settle() *verdict {
	w.t.Helper()
	for _, h := range w.hops {
		if err := h.heal(); err != nil {
			w.t.Fatal(err)
		}
	}
	w.gateway.start()
	return w.finish()
}

// finish ends the clients, waits until the running gateway has delivered everything,
// and judges.
func (w *world) finish() *verdict {
	w.t.Helper()
	w.drain()
	w.gateway.stop()
	w.gateway.start()
	waiting, _ := w.gateway.waiting()
	w.gateway.stop()
	return w.ledger.judge(waiting)
}

// drain ends the clients, and waits until the running gateway has delivered everything. It returns how many
// recipients still wait for a next hop.
func (w *world) drain() (reachable int) {
	w.t.Helper()
	close(w.enough)
	stuck := time.AfterFunc(settling, func() {
		w.t.Error("clients have had no answer that settles it for too long")
		w.giveUp()
	})
	w.clients.Wait()
	stuck.Stop()
	for end := time.Now().Add(settling); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if _, reachable = w.gateway.waiting(); reachable == 0 {
			break
		}
		w.gateway.queue("retry")
	}
	return reachable
}

// report fails the test if something is wrong, or if nothing was tested.
func (w *world) report(v *verdict, troubles int) {
	w.t.Helper()
	w.t.Logf("killed or paused %d times; %v", troubles, v)
	for i, wrong := range v.wrong {
		if i == 20 {
			w.t.Errorf("and %d more", len(v.wrong)-i)
			break
		}
		w.t.Error(wrong)
	}
	if troubles == 0 || v.delivered == 0 || v.reported == 0 || v.queued == 0 || v.refused == 0 {
		w.t.Error("not all that can happen has happened")
	}
}

// TestKilled is the ledger of a gateway that is killed again and again.
func TestKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := newWorld(t, dir, dir+"/data", false)
	kills := w.hardships(duration(t))
	w.report(w.settle(), kills)
}
