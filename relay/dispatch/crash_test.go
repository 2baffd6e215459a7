package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

var errCrash = errors.New("crashed")

// faulty is a Store in front of another one that fails as it is told.
type faulty struct {
	queue.Store
	mu    sync.Mutex
	fails func(op string) error // nil: nothing fails
	after func(op string)       // told of what was done
}

func (s *faulty) set(fails func(op string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = fails
}

// do is one call.
func (s *faulty) do(op string, call func() error) error {
	s.mu.Lock()
	fails, after := s.fails, s.after
	s.mu.Unlock()
	if fails != nil {
		if err := fails(op); err != nil {
			return err
		}
	}
	err := call()
	if after != nil {
		after(op)
	}
	return err
}

func (s *faulty) Put(ctx context.Context, m *queue.Message, body io.Reader, l queue.Lease) error {
	return s.do("put", func() error { return s.Store.Put(ctx, m, body, l) })
}

func (s *faulty) Save(ctx context.Context, m *queue.Message, holder string) error {
	return s.do("save", func() error { return s.Store.Save(ctx, m, holder) })
}

func (s *faulty) Remove(ctx context.Context, id, holder string) error {
	return s.do("remove", func() error { return s.Store.Remove(ctx, id, holder) })
}

func (s *faulty) Open(ctx context.Context, id string) (b io.ReadCloser, err error) {
	err = s.do("open "+id, func() error { b, err = s.Store.Open(ctx, id); return err })
	return b, err
}

func (s *faulty) Renew(ctx context.Context, l queue.Lease) (held []string, err error) {
	err = s.do("renew", func() error { held, err = s.Store.Renew(ctx, l); return err })
	return held, err
}

func (s *faulty) Claim(ctx context.Context, l queue.Lease, limit int) (list []*queue.Message, err error) {
	err = s.do("claim", func() error { list, err = s.Store.Claim(ctx, l, limit); return err })
	return list, err
}

// TestCrash ends the process before and after each change of the Store, and
// goes on with another. What was acknowledged is delivered or reported.
func TestCrash(t *testing.T) {
	for at := 1; ; at++ {
		crashed := false
		for _, done := range []bool{false, true} {
			bubble(t, func(t *testing.T) { crashed = crash(t, at, done) })
		}
		if !crashed {
			if at < 8 {
				t.Errorf("the Store was changed %d times only", at)
			}
			return
		}
	}
}

// crash is a crash at the n-th change of the Store, before it or when it was
// done. It reports whether there were so many.
func crash(t *testing.T, n int, done bool) bool {
	store := &faulty{}
	cfg := config(byDNS())
	cfg.Services = []connector.Service{{MessageRetryInterval: 12 * time.Hour}}
	cfg.Transport = copied("5.1.1")
	w := newWorld(t, cfg, func(w *world) {
		store.Store = w.mem
		w.store = store
	})
	var mu sync.Mutex
	changes, dead := 0, false
	step := func(op string, before bool) error {
		mu.Lock()
		defer mu.Unlock()
		if before && (op == "put" || op == "save" || op == "remove") {
			changes++
		}
		if changes >= n && before != done {
			dead = true
		}
		if dead {
			return errCrash
		}
		return nil
	}
	store.fails = func(op string) error { return step(op, true) }
	store.after = func(op string) { step(op, false) }
	dial := w.sender.Dial
	w.sender.Dial = func(ctx context.Context, from netip.Addr, to netip.AddrPort) (net.Conn, error) {
		if step("renew", true) != nil {
			return nil, errCrash
		}
		return dial(ctx, from, to)
	}
	b := w.sink("192.0.2.1", hopB(), "b.example")
	home, post := w.home(), w.postmaster()
	var promised [][]string
	for _, tr := range []string{"deliver-first 1@b.example bad1@b.example later1@b.example", "deliver-first 2@b.example bad2@b.example",
		"queue-first 3@b.example", "queue-first bad4@b.example later4@b.example", "deliver-first later5@b.example 5@b.example"} {
		f := strings.Fields(tr)
		reply := w.mail(f[0], f[1:]...)
		if mu.Lock(); reply == "250" && !dead {
			promised = append(promised, f[1:])
		}
		mu.Unlock()
	}
	time.Sleep(10 * time.Hour)
	mu.Lock()
	crashed := dead
	mu.Unlock()
	over, cancel := context.WithCancel(context.Background())
	cancel()
	w.d.Shutdown(over)
	w.sender.Close()
	w.store = w.mem
	w.start()
	time.Sleep(72 * time.Hour)
	checkPromises(t, promised, b, home, post, crashed)
	if q := w.queued(); q != "" {
		t.Errorf("crash at %d (%v): queued %q", n, done, q)
	}
	return crashed
}

// checkPromises looks for everybody in what was delivered and reported, and for the bad ones in what was copied.
func checkPromises(t *testing.T, promised [][]string, b, home, post *relaytest.Sink, crashed bool) {
	t.Helper()
	delivered, reported, copies := make(map[string]int), make(map[string]int), make(map[string]int)
	for _, m := range b.Messages() {
		for _, to := range m.To {
			delivered[to]++
		}
	}
	for _, r := range reports(home) {
		for to := range strings.SplitSeq(strings.TrimPrefix(r, "a@contoso.com: "), ", ") {
			if name, ok := strings.CutSuffix(to, " failed 5.1.1"); ok {
				reported[name]++
			} else if name, ok := strings.CutSuffix(to, " failed 4.4.7"); ok {
				reported[name]++
			}
		}
	}
	for _, r := range reports(post) {
		copies[strings.TrimSuffix(strings.TrimPrefix(r, "post@admin.example: "), " failed 5.1.1")]++
	}
	most := 1
	if crashed {
		most = 2
	}
	for _, list := range promised {
		for _, to := range list {
			n, what := delivered[to], "delivered"
			if to[0] == 'b' || to[0] == 'l' {
				n, what = reported[to], "reported"
			}
			if n < 1 || n > most {
				t.Errorf("%s was %s %d times", to, what, n)
			}
			if n := copies[to]; to[0] == 'b' && (n < 1 || n > most) {
				t.Errorf("the report on %s was copied %d times", to, n)
			}
		}
	}
}

// TestFullDisk: what the Store doesn't take isn't acknowledged, and nothing that
// was delivered comes again.
func TestFullDisk(t *testing.T) {
	for _, cause := range []error{queue.ErrFull, errCrash} {
		bubble(t, func(t *testing.T) {
			store := &faulty{}
			w := newWorld(t, config(byDNS()), func(w *world) { store.Store, w.store = w.mem, store })
			b := w.sink("192.0.2.1", hopB(), "b.example")
			want := "451 4.3.0"
			if cause == queue.ErrFull {
				want = "452 4.3.1"
			}
			store.set(func(string) error { return cause })
			expect(t, "queue first", w.mail(queueFirst, "1@b.example"), want)
			expect(t, "temporary", w.mail(deliverFirst, "later@b.example"), want)
			expect(t, "mixed", w.mail(deliverFirst, "1@b.example", "bad@b.example"), want)
			expect(t, "delivered", w.mail(deliverFirst, "2@b.example"), "250")
			time.Sleep(time.Hour)
			if q := w.queued(); q != "" {
				t.Errorf("queued: %q", q)
			}
			arrived(t, "b", b, 2) // of the mixed one, one recipient
		})
	}
}

// TestFullDiskLater: when the disk is full only after the 250, nothing is lost
// and nothing doubled, and all is well when it has room again.
func TestFullDiskLater(t *testing.T) {
	bubble(t, func(t *testing.T) {
		store := &faulty{}
		w := newWorld(t, config(byDNS()), func(w *world) { store.Store, w.store = w.mem, store })
		b := w.sink("192.0.2.1", hopB(), "b.example")
		home := w.home()
		puts := 0
		store.set(func(op string) error {
			if op == "put" {
				if puts++; puts == 1 {
					return nil
				}
			}
			return queue.ErrFull
		})
		expect(t, "reply", w.mail(queueFirst, "1@b.example", "bad@b.example"), "250")
		time.Sleep(90 * time.Second) // leases can't be renewed either, but still hold
		arrived(t, "delivered", b, 1)
		arrived(t, "reports while the disk is full", home, 0)
		store.set(nil)
		time.Sleep(time.Hour)
		arrived(t, "delivered", b, 1)
		if got := reports(home); len(got) != 1 || got[0] != "a@contoso.com: bad@b.example failed 5.1.1" {
			t.Errorf("reports: %q", got)
		}
		if q := w.queued(); q != "" {
			t.Errorf("queued: %q", q)
		}
	})
}

// TestUnreadable: a message that can't be read now is tried again, and of one
// that is damaged its sender gets a report.
func TestUnreadable(t *testing.T) {
	for cause, want := range map[error]string{errCrash: "", queue.ErrDamaged: "a@contoso.com: 1@b.example failed 5.3.0"} {
		bubble(t, func(t *testing.T) {
			store := &faulty{}
			w := newWorld(t, config(byDNS()), func(w *world) { store.Store, w.store = w.mem, store })
			home := w.home()
			w.at("192.0.2.1", "b.example")
			expect(t, "reply", w.mail(queueFirst, "1@b.example"), "250")
			synctest.Wait() // the first attempt has failed
			store.set(func(op string) error {
				if strings.HasPrefix(op, "open ") && !strings.Contains(op, "-") { // not the report
					return fmt.Errorf("store: %w", cause)
				}
				return nil
			})
			b := w.sink("192.0.2.1", &relaytest.Sink{})
			time.Sleep(2 * time.Minute)
			store.set(nil)
			time.Sleep(10 * time.Minute)
			if got := strings.Join(reports(home), "; "); got != want || len(b.Messages()) != 1 && want == "" {
				t.Errorf("%v: reports %q, want %q; %d arrived", cause, got, want, len(b.Messages()))
			}
			if q := w.queued(); q != "" {
				t.Errorf("%v: queued %q", cause, q)
			}
		})
	}
}

// TestLostLease: a process that can't renew its leases keeps its hands off what
// another one has claimed.
func TestLostLease(t *testing.T) {
	bubble(t, func(t *testing.T) {
		store := &faulty{}
		w := newWorld(t, config(byDNS()), func(w *world) { store.Store, w.store = w.mem, store })
		b := w.sink("192.0.2.1", &relaytest.Sink{})
		w.dns.AddHost("x.example", netip.MustParseAddr("192.0.2.2"))
		expect(t, "reply", w.mail(queueFirst, "1@x.example"), "250")
		one := w.d
		store.set(func(string) error { return errCrash })
		time.Sleep(5 * time.Minute)
		w.store = w.mem
		w.start() // another process
		t.Cleanup(func() { one.Shutdown(context.Background()) })
		store.set(nil)
		l, err := w.net.Listen("192.0.2.2:25")
		if err != nil {
			t.Fatal(err)
		}
		go b.Serve(l)
		time.Sleep(time.Hour)
		arrived(t, "from two processes", b, 1)
	})
}

// TestAbandonedQueue: what a process left behind that never came back is taken
// over by another, without a restart.
func TestAbandonedQueue(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		b := w.sink("192.0.2.1", &relaytest.Sink{}, "b.example")
		m := &queue.Message{Envelope: envelope.Envelope{ID: "LEFT"}, Arrived: time.Now(), Recipients: []queue.Recipient{{Recipient: envelope.Recipient{To: address("1@b.example")}}}}
		lease := queue.Lease{Holder: "gone", For: 3 * time.Minute}
		if err := w.mem.Put(context.Background(), m, strings.NewReader(letter), lease); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		arrived(t, "held by another", b, 0)
		time.Sleep(2 * time.Minute)
		arrived(t, "held by no process", b, 1)
	})
}
