package dispatch

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/dispatch/internal/schedule"
	"github.com/interchange-smtp/interchange/relay/queue"
)

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
	return d.retry(ctx, f, false, progress)
}

// Resubmit routes the recipients that f selects again by the policy in use, also those that Redirect has sent
// elsewhere, and then does what Retry does.
func (d *Dispatcher) Resubmit(ctx context.Context, f queue.Filter, progress Progress) (int, error) {
	d.init()
	return d.retry(ctx, f, true, progress)
}

// retry is Retry, and Resubmit with resubmit.
func (d *Dispatcher) retry(ctx context.Context, f queue.Filter, resubmit bool, progress Progress) (int, error) {
	retry := d.sched.NewRetry(resubmit)
	n, err := d.each(ctx, f, progress, resubmit, func(m *schedule.Message, now time.Time) bool {
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

// Redirect sends the recipients that f selects and that still wait by the Send connector of that name, from
// their next attempt on, whatever its address spaces: its size limit, TLS, logon and signatures hold for them
// as for its other mail. Attempts under way go on. A recipient whose message is too large for the connector
// stays where it is; the error says so when the others are redirected. An unknown connector, one of another
// server and one that is disabled are errors. The choice is saved with the message: it holds over a restart and
// a new policy, until Resubmit. While the policy in use doesn't have the connector, the recipient waits as
// unreachable.
func (d *Dispatcher) Redirect(ctx context.Context, f queue.Filter, connector string, progress Progress) (int, error) {
	d.init()
	if err := checkTarget(d.CurrentPolicy(), connector); err != nil {
		return 0, err
	}
	left, why := 0, error(nil)
	n, err := d.each(ctx, f, progress, true, func(m *schedule.Message, now time.Time) bool {
		changed, refused := d.sched.Redirect(m, connector, f.MatchRecipient, now)
		if refused != nil {
			left, why = left+1, refused
		}
		return changed
	})
	if err == nil && left > 0 {
		err = fmt.Errorf("%d messages were left where they are, because the Send connector %q doesn't take them: %w", left, connector, why)
	}
	return n, err
}

// checkTarget returns an error unless mail can be redirected to the Send connector of that name.
func checkTarget(p *connector.Policy, name string) error {
	if p == nil {
		return ErrStopped
	}
	for out := range p.Send() {
		switch {
		case !strings.EqualFold(out.Name(), name):
		case !out.Local():
			return fmt.Errorf("the Send connector %q belongs to another server", name)
		case !out.Settings().Enabled.Or(true):
			return fmt.Errorf("the Send connector %q is disabled", name)
		default:
			return nil
		}
	}
	return fmt.Errorf("there is no Send connector %q", name)
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
				if !m.Stored() || !sel.has(m) {
					continue
				}
				e, ok := changedBy(ctx, m, now)
				if !do(m, now) {
					continue
				}
				n++
				if ok && save {
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
