package dispatch

import (
	"cmp"
	"context"
	"io"
	"iter"
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// Queue is what waits for one next hop, as operators see it.
type Queue struct {
	Name    string // as in queue.Recipient.Hop; "Unreachable": no Send connector leads anywhere
	Waiting int    // messages, those of Active not counted
	Active  int    // attempts under way

	// Failures is how often the next hop failed since it last answered. It is
	// tried again at Retry if there were any; Reply is what was said at
	// Tried, and Host who said it.
	Failures     int
	Retry, Tried time.Time
	Reply, Host  string
}

// Queues returns a Queue for each next hop that anything waits for or is
// being sent to, or that failed a short while ago, in the order of their names.
func (d *Dispatcher) Queues() []Queue {
	d.init()
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []Queue
	add := func(h *hop) {
		if h.waiting == 0 && h.active == 0 && h.failures == 0 {
			return
		}
		q := Queue{Name: h.name, Waiting: h.waiting, Active: h.active, Failures: h.failures, Reply: h.last.reply, Host: h.last.host, Tried: h.last.at}
		if h.failures > 0 {
			q.Retry = h.retryAt
		}
		all = append(all, q)
	}
	add(d.sched.nowhere)
	for _, h := range d.sched.hops {
		add(h)
	}
	slices.SortFunc(all, func(a, b Queue) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// List returns the messages on the Store that f selects, in the order of their
// arrival. Those that wait for a next hop that failed tell how. What can't be
// read is an error, and the rest follows. The messages are the caller's.
func (d *Dispatcher) List(ctx context.Context, f queue.Filter) iter.Seq2[*queue.Message, error] {
	d.init()
	s := newSelection(f)
	return func(yield func(*queue.Message, error) bool) {
		for m, err := range d.Store.All(ctx) {
			if err == nil {
				m = d.seen(m)
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

// seen returns q as far as we know more of it than the Store.
func (d *Dispatcher) seen(q *queue.Message) *queue.Message {
	d.mu.Lock()
	defer d.mu.Unlock()
	m := d.messages[q.ID]
	if m == nil {
		return q
	}
	return m.seenWhole()
}

// seenWhole returns m with what is known of the next hops it waits for.
func (m *message) seenWhole() *queue.Message {
	q := m.Clone()
	for i := range q.Recipients {
		r := m.seen(i)
		r.Notify = q.Recipients[i].Notify
		q.Recipients[i] = r
	}
	return q
}

// Show returns one message, or queue.ErrNotFound.
func (d *Dispatcher) Show(ctx context.Context, id string) (*queue.Message, error) {
	for m, err := range d.List(ctx, queue.Filter{IDs: []string{id}}) {
		if err == nil && m.ID == id {
			return m, nil
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return nil, queue.ErrNotFound
}

// Progress is told how much of long work is done.
type Progress func(done, total int)

// Retry makes the recipients that f selects due now, and then their next hops,
// which may have failed, too. One that is still down costs one connection, however
// many messages wait for it. Retry returns how many messages that concerns; what
// another process holds is left to it. progress may be nil, here and below.
func (d *Dispatcher) Retry(ctx context.Context, f queue.Filter, progress Progress) (int, error) {
	failed := make(map[*hop]bool)
	n, err := d.each(ctx, f, progress, func(m *message) (concerned, changed bool) {
		if m.Suspended {
			return false, false
		}
		for i := range m.Recipients {
			r := &m.Recipients[i]
			if r.Status != queue.Waiting || !f.MatchRecipient(ptr(m.seen(i))) {
				continue
			}
			r.Next = time.Time{} // which needn't be saved: how the attempt ends will be
			if tr := m.work[i]; tr != nil && tr.hop.failures > 0 && tr.hop != d.sched.nowhere {
				failed[tr.hop] = true
			}
		}
		d.place(m, time.Now())
		d.plan(m)
		return true, false
	})
	d.mu.Lock()
	defer d.mu.Unlock()
	for h := range failed {
		h.retryAt = time.Time{}
		d.wake(h)
	}
	d.pump()
	return n, err
}

// Suspend keeps the messages that f selects from being tried: they are Suspended. Attempts under way
// end as they do, and messages expire as ever.
func (d *Dispatcher) Suspend(ctx context.Context, f queue.Filter, progress Progress) (int, error) {
	return d.each(ctx, f, progress, func(m *message) (concerned, changed bool) {
		if m.Suspended {
			return false, false
		}
		d.recall(m)
		m.Suspended = true
		d.plan(m)
		return true, true
	})
}

// Resume undoes Suspend.
func (d *Dispatcher) Resume(ctx context.Context, f queue.Filter, progress Progress) (int, error) {
	return d.each(ctx, f, progress, func(m *message) (concerned, changed bool) {
		if !m.Suspended {
			return false, false
		}
		m.Suspended = false
		d.place(m, time.Now())
		d.plan(m)
		return true, true
	})
}

// Drop gives up the recipients that f selects and that still wait; with report
// the sender is told so. An attempt under way isn't broken off: only if it fails
// is its recipient dropped.
func (d *Dispatcher) Drop(ctx context.Context, f queue.Filter, report bool, progress Progress) (int, error) {
	how := silently
	if report {
		how = reporting
	}
	return d.each(ctx, f, progress, func(m *message) (concerned, changed bool) {
		d.recall(m)
		for i := range m.Recipients {
			r := &m.Recipients[i]
			if r.Status != queue.Waiting || !f.MatchRecipient(r) {
				continue
			}
			if m.dropping == nil {
				m.dropping = make([]drop, len(m.Recipients))
			}
			m.dropping[i] = how
			concerned = true
		}
		d.drop(m)
		d.place(m, time.Now())
		d.plan(m)
		return concerned, concerned
	})
}

// drop is how an operator gives up a recipient.
type drop uint8

const (
	kept drop = iota
	silently
	reporting
)

// drop gives up those recipients of m that are to be dropped and have no attempt under way.
func (d *Dispatcher) drop(m *message) {
	left := false
	for i, how := range m.dropping {
		r := &m.Recipients[i]
		switch {
		case how == kept || r.Status != queue.Waiting:
		case m.work[i] != nil && m.work[i].running:
			left = true
		default:
			r.Status, r.Reported = queue.Dropped, how == silently
			d.logDropped(m, r)
		}
	}
	if !left {
		m.dropping = nil
	}
}

// Export hands the messages that f selects to write, one after the other, with
// their octets, and stops at its first error.
func (d *Dispatcher) Export(ctx context.Context, f queue.Filter, write func(m *queue.Message, octets io.Reader) error) (int, error) {
	n := 0
	for m, err := range d.List(ctx, f) {
		if err != nil {
			return n, err
		}
		body, err := d.Store.Open(ctx, m.ID)
		if err != nil {
			return n, err
		}
		err = write(m, body)
		_ = body.Close() // it was only read
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
