package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/dispatch"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// tracker is a Reader that keeps what becomes of recipients.
type tracker struct {
	mu     sync.Mutex
	events []event.Event
}

func (tr *tracker) read(_ context.Context, e event.Event) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.events = append(tr.events, e)
}

// all returns all events.
func (tr *tracker) all() []event.Event {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return slices.Clone(tr.events)
}

// of returns the kinds of the events of a message in order.
func (tr *tracker) of(id string) (kinds []string) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for _, e := range tr.events {
		if e.ID == id {
			kinds = append(kinds, e.Kind.String())
		}
	}
	return kinds
}

// ids returns the IDs of the messages that have an event of a kind.
func (tr *tracker) ids(kind event.Kind) (ids []string) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for _, e := range tr.events {
		if e.Kind == kind && !slices.Contains(ids, e.ID) {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// tracked makes a world with a tracker.
func tracked(t *testing.T, options ...func(*world)) (*world, *tracker) {
	tr := new(tracker)
	options = append(options, func(w *world) {
		tune := w.tune
		w.tune = func(d *dispatch.Dispatcher) {
			d.Events = []event.Reader{tr.read}
			if tune != nil {
				tune(d)
			}
		}
	})
	return newWorld(t, config(byDNS()), options...), tr
}

// TestEventsAreComplete: what an event of an attempt has.
func TestEventsAreComplete(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w, tr := tracked(t)
		w.sink("192.0.2.1", &relaytest.Sink{}, "b.example")
		expect(t, "reply", w.mail(queueFirst, "1@b.example"), "250")
		time.Sleep(time.Minute)
		ids := tr.ids(event.Delivered)
		if len(ids) != 1 || len(tr.all()) != 1 {
			t.Fatalf("%d events, delivered: %q", len(tr.all()), ids)
		}
		e := tr.all()[0]
		if e.To.String() != "1@b.example" || e.From.String() != "a@contoso.com" || e.NextHop != "out b.example" || e.Host != "b.example" || e.Addr != "192.0.2.1:25" ||
			e.Reply != "250 2.0.0 OK: queued" || e.Err != nil || e.Attempts != 1 || e.Delay < 0 || e.Time.IsZero() || e.Size == 0 || e.Connector != queueFirst {
			t.Errorf("%+v", e)
		}
	})
}

// brittle is a Store that saves and removes nothing while it is broken.
type brittle struct {
	queue.Store
	broken atomic.Bool
}

var errBroken = errors.New("disk broken")

func (b *brittle) Save(ctx context.Context, m *queue.Message, holder string) error {
	if b.broken.Load() {
		return errBroken
	}
	return b.Store.Save(ctx, m, holder)
}

func (b *brittle) Remove(ctx context.Context, id, holder string) error {
	if b.broken.Load() {
		return errBroken
	}
	return b.Store.Remove(ctx, id, holder)
}

// TestEventsWaitForTheStore: no Reader learns of an outcome that the Store doesn't know yet;
// when the Store works again, the Reader learns of it once.
func TestEventsWaitForTheStore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		disk := new(brittle)
		w, tr := tracked(t, func(w *world) {
			disk.Store = w.mem
			w.store = disk
		})
		home := w.home()
		w.sink("192.0.2.1", &relaytest.Sink{Script: func(s relaytest.Stage, _ string) string {
			if s == relaytest.StageRcpt {
				return "550 5.1.1 no such user"
			}
			return ""
		}}, "b.example")
		disk.broken.Store(true)
		expect(t, "reply", w.mail(queueFirst, "1@b.example"), "250")
		time.Sleep(30 * time.Second)
		if len(tr.all()) != 0 {
			t.Errorf("while the Store is broken: %v", tr.all()[0].Kind)
		}
		disk.broken.Store(false)
		time.Sleep(5 * time.Minute)
		ids := tr.ids(event.Refused)
		if len(ids) != 1 || len(reports(home)) != 1 {
			t.Fatalf("refused: %q, %d reports", ids, len(reports(home)))
		}
		if got := fmt.Sprint(tr.of(ids[0])); got != "[refused delivery report queued]" {
			t.Error(got)
		}
		if sent := tr.ids(event.ReportSent); len(sent) != 1 {
			t.Errorf("reports sent: %q", sent)
		}
	})
}

// TestReadersMayCallTheDispatcher: a Reader is called without locks, and what it causes for
// the same message comes after it.
func TestReadersMayCallTheDispatcher(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var w *world
		tr := new(tracker)
		w, _ = tracked(t, func(w *world) {
			w.tune = func(d *dispatch.Dispatcher) {
				d.Events = []event.Reader{func(ctx context.Context, e event.Event) {
					if e.Kind == event.Deferred {
						if n, err := d.Drop(ctx, queue.Filter{IDs: []string{e.ID}}, false, nil); n != 1 || err != nil {
							t.Errorf("Drop: %d, %v", n, err)
						}
					}
				}, tr.read}
			}
		})
		w.at("192.0.2.1", "b.example")
		expect(t, "reply", w.mail(queueFirst, "1@b.example"), "250")
		time.Sleep(time.Minute)
		ids := tr.ids(event.Deferred)
		if len(ids) != 1 {
			t.Fatalf("deferred: %q", ids)
		}
		if got := fmt.Sprint(tr.of(ids[0])); got != "[deferred dropped]" {
			t.Error(got)
		}
	})
}

// TestSlowReader: a Reader that doesn't return holds up one message, and no other.
func TestSlowReader(t *testing.T) {
	bubble(t, func(t *testing.T) {
		release := make(chan struct{})
		tr := new(tracker)
		w, _ := tracked(t, func(w *world) {
			w.tune = func(d *dispatch.Dispatcher) {
				d.Events = []event.Reader{func(_ context.Context, e event.Event) {
					if e.To.String() == "slow@b.example" {
						<-release
					}
				}, tr.read}
			}
		})
		w.sink("192.0.2.1", &relaytest.Sink{}, "b.example")
		expect(t, "reply", w.mail(queueFirst, "slow@b.example"), "250")
		time.Sleep(time.Second)
		for range 10 {
			expect(t, "reply", w.mail(queueFirst, "1@b.example"), "250")
		}
		time.Sleep(time.Second)
		if n := len(tr.ids(event.Delivered)); n != 10 {
			t.Errorf("%d messages were delivered beside the slow one", n)
		}
		close(release)
		time.Sleep(time.Second)
		if n := len(tr.ids(event.Delivered)); n != 11 {
			t.Errorf("%d messages were delivered", n)
		}
	})
}

// TestEventsOfTheEnd: the last event of a recipient that wasn't delivered has its last attempt,
// also if another process made that.
func TestEventsOfTheEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w, tr := tracked(t)
		w.sink("192.0.2.1", answering(relaytest.StageRcpt, "", "452 4.2.2 mailbox full"), "b.example", "c.example")
		expect(t, "reply", w.mail(queueFirst, "1@b.example", "2@c.example"), "250")
		time.Sleep(time.Hour)
		w.stop()
		w.start()
		if n, err := w.d.Drop(t.Context(), queue.Filter{To: routing.MustParseAddressSpace("b.example")}, false, nil); n != 1 || err != nil {
			t.Fatalf("Drop: %d, %v", n, err)
		}
		time.Sleep(5 * 24 * time.Hour)
		for kind, domain := range map[event.Kind]string{event.Dropped: "b.example", event.Expired: "c.example"} {
			all := tr.all()
			i := slices.IndexFunc(all, func(e event.Event) bool { return e.Kind == kind })
			if i < 0 {
				t.Fatalf("nothing was %v", kind)
			}
			if e := &all[i]; e.NextHop != "out "+domain || e.Host != domain || e.Addr != "192.0.2.1:25" ||
				e.Reply != "452 4.2.2 mailbox full" || e.Delay < time.Hour || e.Attempts == 0 {
				t.Errorf("%+v", e)
			}
		}
	})
}

// TestEventsAtShutdown: an outcome that the Store doesn't know at the end of a process is no
// event, because the next process works on.
func TestEventsAtShutdown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		disk := new(brittle)
		w, tr := tracked(t, func(w *world) {
			disk.Store = w.mem
			w.store = disk
		})
		w.sink("192.0.2.1", &relaytest.Sink{}, "b.example")
		disk.broken.Store(true)
		expect(t, "reply", w.mail(queueFirst, "1@b.example"), "250")
		time.Sleep(30 * time.Second)
		w.stop()
		if all := tr.all(); len(all) != 0 {
			t.Errorf("after a shutdown: %v", all[0].Kind)
		}
		disk.broken.Store(false)
		w.start()
		time.Sleep(time.Minute)
		if ids := tr.ids(event.Delivered); len(ids) != 1 || len(tr.all()) != 1 {
			t.Errorf("%d events, delivered: %q", len(tr.all()), ids)
		}
	})
}
