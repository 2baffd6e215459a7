package dispatch_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/dispatch"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// admit asks whether a client may send a message of a declared size.
func (w *world) admit(client func(*relay.Envelope), size int64) string {
	env := w.envelope(queueFirst, "a@contoso.com")
	client(env)
	env.Size = size
	_, err := w.d.Begin(context.Background(), env)
	return said(w.t, err)
}

// TestShareOfTheQueue: one client, whatever its addresses in an IPv6 network, fills the
// queue with mail for a next hop that is down, or has reports made that can't be delivered.
// There is room for others, and for it when its mail has gone.
func TestShareOfTheQueue(t *testing.T) {
	for name, recipients := range map[string][]string{"mail": {"1@down.example"}, "reports": {"1@b.example", "bad@b.example"}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, config(byDNS()), func(w *world) {
					w.tune = func(d *dispatch.Dispatcher) { d.MaxMessages = 100 }
				})
				w.at("192.0.2.9", "down.example")
				w.sink("192.0.2.1", hopB(), "b.example")
				reply, n := "250", 0
				for ; n < 200 && reply == "250"; n++ {
					reply = w.mailFrom(queueFirst, "x@down.example", letter, from(fmt.Sprintf("2001:db8::%x", n+1)), recipients...)
					synctest.Wait()
				}
				expect(t, "the client with too much", reply, "452 4.3.1")
				if n != 75+1 {
					t.Errorf("refused at message %d, want 76", n)
				}
				expect(t, "another client", w.admit(from("2001:db8:0:1::1"), 0), "250")
				for i := range 18 {
					expect(t, "another client", w.mailFrom(queueFirst, "a@contoso.com", letter, from("198.51.100.1"), fmt.Sprintf("%d@down.example", i)), "250")
				}
				expect(t, "its share of the rest", w.admit(from("198.51.100.1"), 0), "250")
				expect(t, "a third client", w.admit(from("198.51.100.2"), 0), "250")
				if strings.Contains(w.log.String(), "back-pressure") {
					t.Error("there is back-pressure for all")
				}
				w.d.Drop(context.Background(), queue.Filter{All: true}, false, nil)
				expect(t, "when its mail has gone", w.admit(from("2001:db8::1"), 0), "250")
				if s := w.d.Remains(); s != "" {
					t.Error(s)
				}
			})
		})
	}
}

// TestShareOfTheDisk is the same with few large messages, also after a restart.
func TestShareOfTheDisk(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()), func(w *world) {
			w.mem.Limit = 2_000_000
			w.tune = func(d *dispatch.Dispatcher) { d.MinFree = 1_000_000 }
		})
		w.at("192.0.2.9", "down.example")
		greedy := from("198.51.100.1")
		body := letter + strings.Repeat("0123456789abcdef\r\n", 100_000/18)
		reply, n := "250", 0
		for ; n < 20 && reply == "250"; n++ {
			reply = w.mailFrom(queueFirst, "a@contoso.com", body, greedy, "1@down.example")
		}
		expect(t, "the client with too much", reply, "452 4.3.1")
		if n != 8+1 {
			t.Errorf("refused at message %d, want 9", n)
		}
		w.stop()
		w.start()
		time.Sleep(time.Hour) // until then the leases from before have run out
		expect(t, "after a restart", w.admit(greedy, 0), "452 4.3.1")
		expect(t, "another client", w.admit(from("198.51.100.2"), 100_000), "250")
		expect(t, "another client with more than its share", w.admit(from("198.51.100.2"), 180_000), "452 4.3.1")
	})
}

// TestUsageAge asks the Store once a second how full it is, however much mail comes.
func TestUsageAge(t *testing.T) {
	bubble(t, func(t *testing.T) {
		store := &asked{}
		w := newWorld(t, config(byDNS()), func(w *world) { store.Store, w.store = w.mem, store })
		w.sink("192.0.2.1", &relaytest.Sink{}, "b.example")
		for i := range 50 {
			expect(t, "reply", w.mail(queueFirst, fmt.Sprintf("%d@b.example", i)), "250")
			time.Sleep(100 * time.Millisecond)
		}
		if n := store.n.Load(); n != 5 {
			t.Errorf("asked %d times in 5 seconds", n)
		}
	})
}

// asked is a Store that counts the calls of Usage.
type asked struct {
	queue.Store
	n atomic.Int32
}

func (s *asked) Usage(ctx context.Context) (queue.Usage, error) {
	s.n.Add(1)
	return s.Store.Usage(ctx)
}
