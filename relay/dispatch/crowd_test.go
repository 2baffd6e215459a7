package dispatch_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// stocked is a Store in which a crowd of messages is found when it is opened.
type stocked struct {
	faulty
	left  int // messages yet to be claimed
	ids   []string
	saves atomic.Int64
}

// Claim puts messages there as they are claimed, which is faster than to look for
// them among all.
func (s *stocked) Claim(ctx context.Context, l queue.Lease, limit int) (list []*queue.Message, err error) {
	if s.left == 0 {
		return s.faulty.Claim(ctx, l, limit)
	}
	for ; s.left > 0 && len(list) < limit; s.left-- {
		m := &queue.Message{Envelope: envelope.Envelope{ID: fmt.Sprint("M", s.left), From: address("a@contoso.com")}, Arrived: time.Now(),
			Recipients: []queue.Recipient{{Recipient: envelope.Recipient{To: address("1@down.example")}}}}
		if err := s.Store.Put(ctx, m, strings.NewReader(letter), l); err != nil {
			return nil, err
		}
		s.ids = append(s.ids, m.ID)
		list = append(list, m)
	}
	return list, nil
}

// TestCrowd: 200,000 messages wait for a next hop that is down. Whatever an
// operator does with them, and when the policy changes, it costs one connection,
// and work that grows with their number and not with its square.
func TestCrowd(t *testing.T) {
	crowd := 200_000
	if raceEnabled {
		crowd = 10_000
	}
	bubble(t, func(t *testing.T) {
		store := &stocked{left: crowd}
		var c *calls
		smart := byDNS()
		smart.SmartHosts = smartHosts("192.0.2.3")
		w := newWorld(t, config(smart), func(w *world) { store.Store, w.store = w.mem, store })
		store.set(func(op string) error {
			if op == "save" {
				store.saves.Add(1)
			}
			return nil
		})
		c = watch(w)
		time.Sleep(30 * time.Second) // the first attempt has failed
		ctx, all := context.Background(), queue.Filter{All: true}
		step := func(what, address string, want int, saves int, do func() (int, error)) {
			t.Helper()
			calls, saved := len(c.to(address)), store.saves.Load()
			n, err := do()
			time.Sleep(time.Second)
			if n != crowd || err != nil {
				t.Errorf("%s: %d messages, %v", what, n, err)
			}
			if got := len(c.to(address)) - calls; got != want {
				t.Errorf("%s: %d connections, want %d", what, got, want)
			}
			if got := store.saves.Load() - saved; got != int64(saves+want) {
				t.Errorf("%s: %d messages are saved, want %d", what, got, saves+want) // attempts save what came of them
			}
		}
		step("retry", "192.0.2.3", 1, 0, func() (int, error) { return w.d.Retry(ctx, all, nil) })
		step("suspend", "192.0.2.3", 0, crowd, func() (int, error) { return w.d.Suspend(ctx, all, nil) })
		step("resume", "192.0.2.3", 0, crowd, func() (int, error) { return w.d.Resume(ctx, all, nil) })
		step("retry by ID", "192.0.2.3", 1, 0, func() (int, error) { return w.d.Retry(ctx, queue.Filter{IDs: store.ids}, nil) })
		smart.SmartHosts = smartHosts("192.0.2.4")
		step("another smart host", "192.0.2.4", 1, 0, func() (int, error) {
			w.d.SetPolicy(compile(t, config(smart)))
			return crowd, nil
		})
		step("list", "192.0.2.4", 0, 0, func() (n int, err error) {
			for _, failed := range w.d.List(ctx, queue.Filter{IDs: store.ids, Hop: "out [192.0.2.4]"}) {
				n++
				err = failed
			}
			return n, err
		})
		step("drop by ID", "192.0.2.4", 0, 0, func() (int, error) { return w.d.Drop(ctx, queue.Filter{IDs: store.ids}, false, nil) })
		if q := w.queued(); q != "" {
			t.Errorf("queued: %.200q", q)
		}
	})
}

// TestSuspendedWhileRerouted: what an operator has suspended while its next hop was replaced
// goes to the new one as soon as it is resumed, and nothing is said of the new
// one that only the old one has earned.
func TestSuspendedWhileRerouted(t *testing.T) {
	bubble(t, func(t *testing.T) {
		dead, alive := byDNS(), byDNS()
		dead.SmartHosts, alive.SmartHosts = smartHosts("192.0.2.3"), smartHosts("192.0.2.4")
		w := newWorld(t, config(dead))
		up := w.sink("192.0.2.4", slow(20*time.Second))
		expect(t, "reply", w.mail(queueFirst, "1@b.example"), "250")
		time.Sleep(10 * time.Second)
		ctx, all := context.Background(), queue.Filter{All: true}
		if n, err := w.d.Suspend(ctx, all, nil); n != 1 || err != nil {
			t.Errorf("Suspend: %d, %v", n, err)
		}
		w.d.SetPolicy(compile(t, config(alive)))
		if n, err := w.d.Resume(ctx, all, nil); n != 1 || err != nil {
			t.Errorf("Resume: %d, %v", n, err)
		}
		time.Sleep(time.Second)
		for m, err := range w.d.List(ctx, all) {
			if r := m.Recipients[0]; err != nil || r.Hop != "out [192.0.2.4]" || !r.Next.IsZero() {
				t.Errorf("released: %+v, %v", r, err)
			}
		}
		if q := w.d.Queues(); len(q) != 1 || q[0].Failures != 0 || q[0].Active != 1 {
			t.Errorf("queues: %+v", q)
		}
		time.Sleep(time.Minute)
		arrived(t, "at the new one", up, 1)
		if log := w.log.String(); strings.Contains(log, "reachable again") {
			t.Errorf("the log tells of failures of a next hop that had none:\n%s", log)
		}
	})
}
