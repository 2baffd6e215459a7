package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/dispatch"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/queue/queuetest"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestShutdownEndsHolds: a client that waits hears 250 at once, for the message
// is on the queue; its attempt may end, and nothing is sent twice.
func TestShutdownEndsHolds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		b := w.sink("192.0.2.1", slow(20*time.Second), "b.example")
		begun := time.Now()
		var group sync.WaitGroup
		group.Go(func() {
			expect(t, "reply", w.mail(deliverFirst, "1@b.example"), "250")
			if d := time.Since(begun); d != 5*time.Second {
				t.Errorf("answered after %v", d)
			}
		})
		time.Sleep(5 * time.Second)
		w.stop()
		if d := time.Since(begun); d != 20*time.Second {
			t.Errorf("shut down after %v", d)
		}
		group.Wait()
		expect(t, "after it", w.mail(deliverFirst, "2@b.example"), "250")
		w.start()
		time.Sleep(time.Hour)
		arrived(t, "in the end", b, 2)
	})
}

// TestShutdownCutsOff: attempts that take longer than the context are cut off,
// and made again at the next start.
func TestShutdownCutsOff(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		hangs := w.sink("192.0.2.1", answering(relaytest.StageMail, "", relaytest.Hang), "b.example")
		expect(t, "reply", w.mail(queueFirst, "1@b.example"), "250")
		time.Sleep(time.Second)
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		begun := time.Now()
		if err := w.d.Shutdown(ctx); err != context.DeadlineExceeded || time.Since(begun) > 11*time.Second {
			t.Errorf("Shutdown: %v after %v", err, time.Since(begun))
		}
		hangs.Close()
		if q := w.queued(); q != "1@b.example waiting" {
			t.Errorf("queued: %q", q)
		}
		b := w.sink("192.0.2.1", &relaytest.Sink{})
		w.start()
		time.Sleep(time.Second)
		arrived(t, "after a restart", b, 1)
	})
}

// TestRestart: who waited before waits as long after it.
func TestRestart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		later := w.sink("192.0.2.1", answering(relaytest.StageRcpt, "", "450 4.2.0 later"), "b.example")
		expect(t, "reply", w.mail(queueFirst, "1@b.example"), "250")
		time.Sleep(time.Second)
		w.stop()
		time.Sleep(3 * time.Minute)
		w.start()
		time.Sleep(time.Minute)
		if n := later.Connections(); n != 1 {
			t.Errorf("%d attempts before the time", n)
		}
		time.Sleep(2 * time.Minute)
		if n := later.Connections(); n != 2 {
			t.Errorf("%d attempts at the time", n)
		}
		for m := range w.d.List(context.Background(), queue.Filter{All: true}) {
			if n := m.Recipients[0].Attempts; n != 2 {
				t.Errorf("%d attempts are known, want 2", n)
			}
		}
	})
}

// TestShutdownEndsLeases starts the next Dispatcher on a Store that is still open: it has
// all messages at once, also one that arrived after the shutdown.
func TestShutdownEndsLeases(t *testing.T) {
	withBoth(t, func(t *testing.T, kind func(*world)) {
		bubble(t, func(t *testing.T) {
			w := newWorld(t, config(byDNS()), kind)
			w.at("192.0.2.1", "b.example")
			for i := range 3 {
				expect(t, "reply", w.mail(queueFirst, fmt.Sprintf("%d@b.example", i)), "250")
			}
			synctest.Wait() // the first attempt has failed
			w.stop()
			expect(t, "after it", w.mail(queueFirst, "late@b.example"), "250")
			if _, err := w.d.Suspend(t.Context(), queue.Filter{All: true}, nil); !errors.Is(err, dispatch.ErrStopped) {
				t.Errorf("Suspend after Shutdown: %v", err)
			}
			w.start()
			if q := w.d.Queues(); len(q) != 1 || q[0].Waiting+q[0].Active != 4 {
				t.Errorf("the next Dispatcher has %+v, want 4 messages", q)
			}
			b := w.sink("192.0.2.1", &relaytest.Sink{})
			time.Sleep(time.Hour)
			arrived(t, "after a restart", b, 4)
		})
	})
}

// TestShutdownKeepsLeases shuts down when the Store can't end the leases: they expire.
func TestShutdownKeepsLeases(t *testing.T) {
	bubble(t, func(t *testing.T) {
		store := &faulty{}
		w := newWorld(t, config(byDNS()), func(w *world) { store.Store, w.store = w.mem, store })
		w.at("192.0.2.1", "b.example")
		expect(t, "reply", w.mail(queueFirst, "1@b.example"), "250")
		synctest.Wait()
		store.set(func(op string) error { return errCrash })
		w.stop()
		if text := w.log.String(); strings.Count(text, "cannot end the leases of queued messages") != 1 {
			t.Errorf("log: %s", text)
		}
		store.set(nil)
		b := w.sink("192.0.2.1", &relaytest.Sink{})
		w.start()
		time.Sleep(5 * time.Minute)
		arrived(t, "after the leases have expired", b, 1)
	})
}

func TestNotStarted(t *testing.T) {
	w := &world{t: t, policy: compile(t, config(byDNS())), mem: new(queuetest.Store)}
	w.d = &dispatch.Dispatcher{Store: w.mem, Policy: w.policy}
	if err := w.d.Start(context.Background()); err == nil {
		t.Error("it starts without a Transport")
	}
	env := w.envelope(deliverFirst, "a@contoso.com")
	_, err := w.d.Begin(context.Background(), env)
	expect(t, "before Start", said(t, err), "451 4.3.0")
	if err := w.d.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}

// TestPolicyUnderLoad changes the policy while mail comes and goes.
func TestPolicyUnderLoad(t *testing.T) {
	w := newWorld(t, config(byDNS()))
	one := w.sink("192.0.2.1", &relaytest.Sink{}, "b.example")
	two := w.sink("192.0.2.2", &relaytest.Sink{})
	smart := byDNS()
	smart.SmartHosts = smartHosts("192.0.2.2")
	policies := []*connector.Policy{compile(t, config(smart)), compile(t, config()), w.policy}
	var group sync.WaitGroup
	const clients, each = 8, 50
	for c := range clients {
		group.Go(func() {
			for i := range each {
				expect(t, "reply", w.mail([]string{queueFirst, deliverFirst}[i%2], fmt.Sprintf("%d.%d@b.example", c, i)), "250")
			}
		})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 60 {
			w.d.SetPolicy(policies[i%3])
			w.d.Queues()
			time.Sleep(time.Millisecond)
		}
	}()
	group.Wait()
	<-done
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for len(one.Messages())+len(two.Messages()) < clients*each && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	if n := len(one.Messages()) + len(two.Messages()); n != clients*each {
		t.Errorf("%d messages arrived, want %d; queued: %s", n, clients*each, w.queued())
	}
}

// TestSavedWhenItEnds: next hops had a message and refused another when the Store took nothing.
// It takes it at the end, however soon that is: nothing is sent again after a restart.
func TestSavedWhenItEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var store *faulty
		w := newWorld(t, config(byDNS()), func(w *world) {
			store = &faulty{Store: w.mem}
			w.store = store
		})
		home := w.home()
		sink := w.sink("192.0.2.1", &relaytest.Sink{Script: func(s relaytest.Stage, argument string) string {
			if s != relaytest.StageRcpt {
				return ""
			}
			time.Sleep(time.Second)
			if strings.HasPrefix(argument, "bad") {
				return "550 5.1.1 unknown"
			}
			return ""
		}}, "b.example")
		expect(t, "reply", w.mail(queueFirst, "1@b.example"), "250")
		expect(t, "reply", w.mail(queueFirst, "bad@b.example"), "250")
		store.set(func(string) error { return queue.ErrFull })
		time.Sleep(3 * time.Second)
		arrived(t, "when the Store takes nothing", sink, 1)
		store.set(nil)
		w.stop()
		w.start()
		time.Sleep(time.Hour)
		arrived(t, "after a restart", sink, 1)
		if r := reports(home); len(r) != 1 {
			t.Errorf("%d reports, want 1: %q", len(r), r)
		}
	})
}

// TestPressure refuses mail before trouble, and no longer than that.
func TestPressure(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()), func(w *world) {
			w.tune = func(d *dispatch.Dispatcher) { d.MaxMessages = 20 }
		})
		w.at("192.0.2.1", "b.example")
		const full = "452 4.3.1"
		mail := func(i int) string { // each from another client
			client := from(fmt.Sprintf("198.51.100.%d", i))
			return w.mailFrom(queueFirst, "a@contoso.com", letter, client, fmt.Sprintf("%d@b.example", i))
		}
		for i := range 20 {
			expect(t, "reply", mail(i), "250")
		}
		expect(t, "full", mail(20), full)
		synctest.Wait() // the first attempt has failed
		drop := func(to string) {
			for m := range w.d.List(context.Background(), queue.Filter{All: true}) {
				if m.Recipients[0].To == address(to) {
					w.d.Drop(context.Background(), queue.Filter{IDs: []string{m.ID}}, false, nil)
				}
			}
		}
		drop("0@b.example")
		expect(t, "a little less than full", mail(20), full)
		drop("1@b.example")
		expect(t, "nine tenths", mail(20), "250")
		expect(t, "less than full", mail(21), "250")
		expect(t, "full again", mail(22), full)
		if n := strings.Count(w.log.String(), "refusing mail") + strings.Count(w.log.String(), "accepting mail again"); n != 3 {
			t.Errorf("%d lines on refused mail, want 3", n)
		}
	})
}

// TestDiskPressure does the same for the room that is left.
func TestDiskPressure(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()), func(w *world) {
			w.mem.Limit = 100_000
			w.tune = func(d *dispatch.Dispatcher) { d.MinFree = 40_000 }
		})
		w.at("192.0.2.1", "b.example")
		body := letter + strings.Repeat("0123456789abcdef\r\n", 600) // 10.8 kB
		for i := range 6 {
			expect(t, "reply", w.mailFrom(queueFirst, "a@contoso.com", body, from(fmt.Sprintf("198.51.100.%d", i)), "1@b.example"), "250")
		}
		expect(t, "full", w.mail(queueFirst, "2@b.example"), "452 4.3.1")
		synctest.Wait()
		one := ""
		for m := range w.d.List(context.Background(), queue.Filter{All: true}) {
			one = m.ID
		}
		w.d.Drop(context.Background(), queue.Filter{IDs: []string{one}}, false, nil)
		expect(t, "not much less", w.mail(queueFirst, "2@b.example"), "452 4.3.1")
		w.d.Drop(context.Background(), queue.Filter{All: true}, false, nil)
		expect(t, "empty", w.mail(queueFirst, "2@b.example"), "250")
		env := w.envelope(queueFirst, "a@contoso.com")
		env.Size = 70_000
		_, err := w.d.Begin(context.Background(), env)
		expect(t, "a message too large for the rest", said(t, err), "452 4.3.1")
		synctest.Wait()
	})
}
