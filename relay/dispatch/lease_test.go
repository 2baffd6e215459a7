package dispatch_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/queue/spool"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// withBoth runs a test with the Store in memory and with a spool.
func withBoth(t *testing.T, f func(t *testing.T, kind func(*world))) {
	t.Run("memory", func(t *testing.T) { f(t, func(*world) {}) })
	t.Run("spool", func(t *testing.T) {
		dir := t.TempDir()
		f(t, func(w *world) {
			s, err := spool.Open(dir, spool.Options{})
			if err != nil {
				t.Fatal(err)
			}
			w.store = s
			w.t.Cleanup(func() { s.Close() })
		})
	})
}

// pausing is a message whose sender pauses before the last line.
type pausing struct {
	io.Reader
	pause time.Duration
}

// Read is io.Reader's.
func (p *pausing) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	if err == io.EOF && p.pause > 0 {
		time.Sleep(p.pause)
		p.Reader, p.pause = strings.NewReader("end\r\n"), 0
		return p.Read(b)
	}
	return n, err
}

// upload is a transaction whose message, larger than what is read into memory,
// takes its time.
func (w *world) upload(pause time.Duration, to ...string) string {
	env := w.envelope(queueFirst, "a@contoso.com")
	for _, a := range to {
		env.To = append(env.To, rcpt(a))
	}
	text := letter + strings.Repeat("nothing much to say, but at length\r\n", 10_000)
	_, err := relay.Deliver(context.Background(), w.d, env, &pausing{strings.NewReader(text), pause})
	return said(w.t, err)
}

// TestSlowUpload: however long an upload takes, its message is delivered once, or
// tried again, or reported, like any other.
func TestSlowUpload(t *testing.T) {
	for _, pause := range []time.Duration{100 * time.Second, 5 * time.Minute, 3 * time.Hour} {
		withBoth(t, func(t *testing.T, kind func(*world)) {
			bubble(t, func(t *testing.T) {
				cfg := config(byDNS())
				// An upload may last longer than a message is kept: its time begins when it is there.
				cfg.Services = []connector.Service{{MessageExpirationTimeout: time.Hour, DelayNotificationTimeout: 30 * time.Minute}}
				w := newWorld(t, cfg, kind)
				var asked atomic.Int32
				b := w.sink("192.0.2.1", &relaytest.Sink{Script: func(s relaytest.Stage, a string) string {
					if s == relaytest.StageRcpt && a == "later@b.example" && asked.Add(1) < 3 {
						return "450 4.2.0 later"
					}
					return ""
				}}, "b.example")
				w.at("192.0.2.2", "down.example")
				home := w.home()
				for _, to := range []string{"1@b.example", "later@b.example", "2@down.example"} {
					expect(t, to, w.upload(pause, to), "250")
				}
				time.Sleep(20 * time.Minute)
				arrived(t, "after twenty minutes", b, 2)
				if n, err := w.d.Retry(context.Background(), queue.Filter{All: true}, nil); n != 1 || err != nil {
					t.Errorf("an operator reaches %d messages, want the one that waits (%v)", n, err)
				}
				w.stop()
				time.Sleep(5 * time.Minute)
				w.start()
				time.Sleep(2 * time.Hour)
				arrived(t, "after a restart", b, 2)
				if got := strings.Join(reports(home), "; "); got != "a@contoso.com: 2@down.example delayed 4.4.1; a@contoso.com: 2@down.example failed 4.4.7" {
					t.Errorf("reports: %q", got)
				}
				if q := w.queued(); q != "" {
					t.Errorf("queued: %q", q)
				}
			})
		})
	}
}

// TestStopped: a process that is stopped for minutes while attempts are under way
// finds its leases run out before it can renew them, and goes on as if it had been
// slow.
func TestStopped(t *testing.T) {
	withBoth(t, func(t *testing.T, kind func(*world)) {
		bubble(t, func(t *testing.T) {
			var stopped atomic.Bool
			w := newWorld(t, config(byDNS()), kind, func(w *world) {
				w.store = &faulty{Store: w.store, fails: func(op string) error {
					for op == "renew" && stopped.Load() {
						time.Sleep(time.Second)
					}
					return nil
				}}
			})
			b := w.sink("192.0.2.1", slow(150*time.Second), "b.example")
			late := 150 * time.Second
			later := w.sink("192.0.2.2", &relaytest.Sink{Script: func(s relaytest.Stage, _ string) string {
				if s == relaytest.StageData {
					time.Sleep(late)
					late = 0
					return "451 4.3.0 later"
				}
				return ""
			}}, "c.example")
			expect(t, "reply", w.mail(queueFirst, "1@b.example"), "250")
			expect(t, "reply", w.mail(queueFirst, "1@c.example"), "250")
			stopped.Store(true)
			time.Sleep(10 * time.Minute)
			if n := later.Connections(); n != 1 {
				t.Errorf("%d attempts while it is not known whose messages these are, want 1", n)
			}
			stopped.Store(false)
			time.Sleep(time.Minute)
			if n := later.Connections(); n != 2 {
				t.Errorf("%d attempts when it is known again, want 2", n)
			}
			arrived(t, "delivered", b, 1)
			w.stop()
			time.Sleep(5 * time.Minute)
			w.start()
			time.Sleep(time.Minute)
			arrived(t, "after a restart", b, 1)
			if q := w.queued(); q != "1@c.example waiting" {
				t.Errorf("queued: %q", q)
			}
		})
	})
}

// TestClaimedWhileStopped: what another process has claimed meanwhile is its own.
func TestClaimedWhileStopped(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var stopped atomic.Bool
		w := newWorld(t, config(byDNS()), func(w *world) {
			w.store = &faulty{Store: w.mem, fails: func(op string) error {
				for op == "renew" && stopped.Load() {
					time.Sleep(time.Second)
				}
				return nil
			}}
		})
		c := watch(w)
		w.at("192.0.2.1", "b.example")
		for range 5 {
			expect(t, "reply", w.mail(queueFirst, "1@b.example"), "250")
		}
		time.Sleep(time.Minute)
		stopped.Store(true)
		time.Sleep(10 * time.Minute)
		one := w.d
		w.store = w.mem
		w.start() // another process, which claims everything
		t.Cleanup(func() { one.Shutdown(context.Background()) })
		called := len(c.to("192.0.2.1"))
		stopped.Store(false)
		if n, err := one.Retry(context.Background(), queue.Filter{All: true}, nil); err != nil {
			t.Errorf("Retry: %d, %v", n, err)
		}
		time.Sleep(time.Hour)
		if n := len(c.to("192.0.2.1")) - called; n != 0 {
			t.Errorf("the first process has made %d attempts with what the other one holds", n)
		}
		b := w.sink("192.0.2.1", &relaytest.Sink{})
		time.Sleep(time.Hour)
		arrived(t, "from two processes", b, 5)
		if q := one.Queues(); len(q) > 1 || len(q) == 1 && q[0].Waiting > 0 {
			t.Errorf("the first process still has %+v", q)
		}
	})
}

// TestUnknownLease: a message that the Store has leased to the Dispatcher, whose answer was
// lost, is released and worked on.
func TestUnknownLease(t *testing.T) {
	for _, op := range []string{"put", "claim"} {
		bubble(t, func(t *testing.T) {
			answerLost := errors.New("connection reset")
			var once atomic.Bool
			store := &losing{op: op, err: answerLost, once: &once}
			w := newWorld(t, config(byDNS()), func(w *world) { store.Store, w.store = w.mem, store })
			b := w.sink("192.0.2.1", &relaytest.Sink{}, "b.example")
			once.Store(true)
			if op == "put" {
				expect(t, "reply", w.mail(queueFirst, "1@b.example"), "451 4.3.0")
			} else {
				m := &queue.Message{Envelope: envelope.Envelope{ID: "LEFT"}, Arrived: time.Now(), Recipients: []queue.Recipient{{Recipient: envelope.Recipient{To: address("1@b.example")}}}}
				if err := w.mem.Put(context.Background(), m, strings.NewReader(letter), queue.Lease{}); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(5 * time.Minute)
			if once.Load() {
				t.Errorf("no answer to %s was lost", op)
			}
			arrived(t, "after an answer to "+op+" was lost", b, 1)
			if q := w.queued(); q != "" {
				t.Errorf("queued: %q", q)
			}
		})
	}
}

// losing is a Store that does what it is asked and, once, says that it failed.
type losing struct {
	queue.Store
	op   string
	err  error
	once *atomic.Bool
}

func (s *losing) Put(ctx context.Context, m *queue.Message, body io.Reader, l queue.Lease) error {
	err := s.Store.Put(ctx, m, body, l)
	if err == nil && s.op == "put" && s.once.CompareAndSwap(true, false) {
		err = s.err
	}
	return err
}

func (s *losing) Claim(ctx context.Context, l queue.Lease, limit int) ([]*queue.Message, error) {
	list, err := s.Store.Claim(ctx, l, limit)
	if err == nil && s.op == "claim" && s.once.CompareAndSwap(true, false) {
		return nil, s.err
	}
	return list, err
}

// TestWithdrawnReport: a report on a message that wasn't taken after all is taken
// back, if not at once then later, and isn't sent.
func TestWithdrawnReport(t *testing.T) {
	bubble(t, func(t *testing.T) {
		store := &faulty{}
		w := newWorld(t, config(byDNS()), func(w *world) { store.Store, w.store = w.mem, store })
		w.sink("192.0.2.1", hopB(), "b.example")
		home := w.home()
		puts := 0
		store.set(func(op string) error {
			if op == "put" {
				if puts++; puts == 1 {
					return nil // the report
				}
			}
			return errCrash
		})
		expect(t, "reply", w.mail(deliverFirst, "bad@b.example", "later@b.example"), "451 4.3.0")
		if q := w.queued(); q == "" {
			t.Error("no report was made")
		}
		time.Sleep(time.Minute / 2)
		store.set(nil)
		time.Sleep(time.Hour)
		arrived(t, "reports", home, 0)
		if q := w.queued(); q != "" {
			t.Errorf("queued: %q", q)
		}
	})
}

// TestUnsaved: after a message was accepted the Store takes no more of it for
// hours, in one way or another. When it does again nothing is lost, and nothing was
// sent twice.
func TestUnsaved(t *testing.T) {
	hangs := func(string) error { time.Sleep(20 * time.Minute); return errCrash }
	for name, tc := range map[string]struct {
		ops   string // that fail
		fails func(op string) error
	}{
		"state":                 {"save remove", func(string) error { return errCrash }},
		"state and leases":      {"save remove renew claim", func(string) error { return errCrash }},
		"everything":            {"put save remove renew claim", func(string) error { return queue.ErrFull }},
		"without answer":        {"save remove", hangs},
		"nothing has an answer": {"put save remove renew claim", hangs},
	} {
		t.Run(name, func(t *testing.T) {
			withBoth(t, func(t *testing.T, kind func(*world)) {
				bubble(t, func(t *testing.T) {
					store := &faulty{}
					w := newWorld(t, config(byDNS()), kind, func(w *world) { store.Store, w.store = w.store, store })
					b := w.sink("192.0.2.1", hopB(), "b.example")
					home := w.home()
					accepted := make(chan struct{})
					b.Script = func(script func(relaytest.Stage, string) string) func(relaytest.Stage, string) string {
						return func(s relaytest.Stage, a string) string {
							<-accepted
							return script(s, a)
						}
					}(b.Script)
					expect(t, "reply", w.mail(queueFirst, "1@b.example"), "250")
					expect(t, "reply", w.mail(queueFirst, "2@b.example", "bad@b.example", "later@b.example"), "250")
					store.set(func(op string) error {
						if strings.Contains(tc.ops, op) {
							return tc.fails(op)
						}
						return nil
					})
					close(accepted)
					time.Sleep(3 * time.Hour)
					store.set(nil)
					time.Sleep(30 * time.Minute)
					w.d.Retry(context.Background(), queue.Filter{All: true}, nil)
					time.Sleep(96 * time.Hour)
					to := make(map[string]int)
					for _, m := range b.Messages() {
						for _, a := range m.To {
							to[a]++
						}
					}
					if to["1@b.example"] != 1 || to["2@b.example"] != 1 {
						t.Errorf("arrived: %v", to)
					}
					failed := 0
					for _, r := range reports(home) {
						failed += strings.Count(r, "bad@b.example failed 5.1.1") + strings.Count(r, "later@b.example failed 4.4.7")
					}
					if failed != 2 {
						t.Errorf("reports: %q", reports(home))
					}
					if q := w.queued(); q != "" {
						t.Errorf("queued: %q", q)
					}
				})
			})
		})
	}
}

// TestExpiredMeanwhile: what expires while no process is at work is tried before it is
// given up.
func TestExpiredMeanwhile(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		home := w.home()
		w.at("192.0.2.1", "b.example")
		w.at("192.0.2.2", "down.example")
		expect(t, "reply", w.mail(queueFirst, "1@b.example"), "250")
		expect(t, "reply", w.mail(queueFirst, "1@down.example"), "250")
		time.Sleep(time.Minute)
		w.stop()
		b := w.sink("192.0.2.1", &relaytest.Sink{})
		time.Sleep(3 * 24 * time.Hour)
		w.start()
		time.Sleep(9 * time.Minute)
		arrived(t, "after three days", b, 1)
		if q := w.queued(); q != "1@down.example waiting" {
			t.Errorf("queued: %q", q)
		}
		time.Sleep(2 * time.Minute)
		if got := strings.Join(reports(home), "; "); !strings.HasSuffix(got, "a@contoso.com: 1@down.example failed 4.4.7") {
			t.Errorf("reports: %q", got)
		}
	})
}
