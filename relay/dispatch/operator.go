package dispatch

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/relay/dispatch/internal/schedule"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// Queue is a next hop and its messages, as operators see it.
type Queue struct {
	Name    string // as in queue.Recipient.Hop; "Unreachable": no Send connector takes the recipients
	Waiting int    // messages, without those of Active
	Active  int    // attempts under way

	// Failures is how often the next hop has failed since it last answered. If it has, it is tried
	// again at Retry; Reply is the reply of Host at Tried, and Advice what an administrator can do
	// about it, if that is known.
	Failures     int
	Retry, Tried time.Time
	Reply, Host  string
	Advice       string

	// Paced is when SmartHostMessageRateLimit and SmartHostRecipientRateLimit of the connector let the
	// next message go; zero: they don't keep it waiting.
	Paced time.Time
}

// Queues returns a Queue for each next hop that has messages, or that failed a short while ago, in the
// order of their names.
func (d *Dispatcher) Queues() []Queue {
	d.init()
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []Queue
	for h := range d.sched.Hops(time.Now()) {
		all = append(all, Queue(h))
	}
	slices.SortFunc(all, func(a, b Queue) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// List returns the messages on the Store that f selects, in the order of their arrival, with what is
// known of next hops that failed. What can't be read is an error, and the rest follows. The messages
// are the caller's; Store.Open returns their bodies.
func (d *Dispatcher) List(ctx context.Context, f queue.Filter) iter.Seq2[*queue.Message, error] {
	d.init()
	s := newSelection(f)
	return func(yield func(*queue.Message, error) bool) {
		if d.Store == nil {
			yield(nil, ErrStopped)
			return
		}
		for m, err := range d.Store.All(ctx) {
			if err == nil {
				d.event(func(now time.Time) {
					if known := d.sched.Find(m.ID); known != nil {
						m = known.Snapshot(now)
					}
				})
				if !s.match(m) {
					continue
				}
			}
			if !yield(m, err) {
				return
			}
		}
	}
}

// Progress is called with how much of a long piece of work is done.
type Progress func(done, total int)

// Retry makes the recipients that f selects due, and then their next hops, also those that have failed
// and those that a transport leaves alone: it calls the method Retry() of transports that have it. A next
// hop that is still down costs one connection, however many messages wait for it. Retry returns how many
// messages it concerns; it leaves those of other processes alone. progress may be nil, here and below.
func (d *Dispatcher) Retry(ctx context.Context, f queue.Filter, progress Progress) (int, error) {
	d.init()
	for _, t := range append(slices.Collect(maps.Values(d.own)), d.Transport) {
		if r, ok := t.(interface{ Retry() }); ok {
			r.Retry()
		}
	}
	retry := d.sched.NewRetry()
	n, err := d.each(ctx, f, progress, false, func(m *schedule.Message, now time.Time) bool {
		return retry.Add(m, f.MatchRecipient, now)
	})
	d.event(func(now time.Time) { retry.End(now) })
	return n, err
}

// Suspend makes the messages that f selects wait until Resume. Attempts under way go on, and messages
// expire as ever.
func (d *Dispatcher) Suspend(ctx context.Context, f queue.Filter, progress Progress) (int, error) {
	return d.each(ctx, f, progress, true, func(m *schedule.Message, _ time.Time) bool { return d.sched.Suspend(m) })
}

// Resume undoes Suspend.
func (d *Dispatcher) Resume(ctx context.Context, f queue.Filter, progress Progress) (int, error) {
	return d.each(ctx, f, progress, true, func(m *schedule.Message, now time.Time) bool { return d.sched.Resume(m, now) })
}

// Drop gives up the recipients that f selects and that still wait; with report, their sender gets a
// delivery report. An attempt under way isn't broken off: its recipients are dropped only if it fails.
func (d *Dispatcher) Drop(ctx context.Context, f queue.Filter, report bool, progress Progress) (int, error) {
	return d.each(ctx, f, progress, true, func(m *schedule.Message, now time.Time) bool {
		return d.sched.Drop(m, schedule.Dropping{Match: f.MatchRecipient, Report: report, By: operatorOf(ctx)}, now)
	})
}

// selection is a Filter with its IDs in a map.
type selection struct {
	filter queue.Filter
	ids    map[string]bool // nil: all
}

func newSelection(f queue.Filter) *selection {
	s := &selection{filter: f}
	if len(f.IDs) > 0 {
		s.ids = make(map[string]bool, len(f.IDs))
		for _, id := range f.IDs {
			s.ids[id] = true
		}
		s.filter.IDs, s.filter.All = nil, true
	}
	return s
}

// match reports whether the Filter selects m.
func (s *selection) match(m *queue.Message) bool {
	return (s.ids == nil || s.ids[m.ID]) && s.filter.Match(m)
}

// has reports whether the Filter selects m, by what is known of its next hops if that matters.
func (s *selection) has(m *schedule.Message) bool {
	if s.filter.Hop == "" {
		return s.match(&m.Message)
	}
	return s.match(m.Snapshot(time.Now()))
}

// batch is how many messages are dealt with before other work gets its turn.
const batch = 256

// each calls do for each message that f selects, and saves those for which it returns true if save is
// set. It returns how many these are.
func (d *Dispatcher) each(ctx context.Context, f queue.Filter, progress Progress, save bool,
	do func(m *schedule.Message, now time.Time) bool) (n int, err error) {
	d.init()
	sel := newSelection(f)
	var selected []*schedule.Message
	if d.leasesEnded.Load() {
		return 0, ErrStopped
	}
	d.event(func(time.Time) {
		if !d.started {
			err = ErrStopped
		}
		selected = slices.DeleteFunc(d.sched.Messages(), func(m *schedule.Message) bool { return !sel.has(m) })
	})
	if err != nil {
		return 0, err
	}
	slices.SortFunc(selected, byArrival)
	done := 0
	for some := range slices.Chunk(selected, batch) {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		var changed []*schedule.Message
		d.event(func(now time.Time) {
			for _, m := range some {
				if !m.Stored() || !sel.has(m) || !do(m, now) {
					continue
				}
				n++
				if e, ok := changedBy(ctx, m, now); ok && save {
					d.sched.Emit(m, e)
				} else if ok {
					d.sched.EmitNow(m, e)
				}
				if save && d.sched.BeginSave(m) {
					changed = append(changed, m)
				}
			}
		})
		d.persistAll(changed)
		for range some {
			done++
			if progress != nil {
				progress(done, len(selected))
			}
		}
	}
	return n, nil
}

// byArrival compares messages by arrival.
func byArrival(a, b *schedule.Message) int {
	return cmp.Or(a.Arrived.Compare(b.Arrived), cmp.Compare(a.ID, b.ID))
}
