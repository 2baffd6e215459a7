package dispatch

import (
	"context"
	"log/slog"
	"time"

	"github.com/interchange-smtp/interchange/relay/dispatch/internal/schedule"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/routing"
)

// outgoingEvents puts the Scheduler's events into their outboxes, and returns those that the caller must
// tell when it has released d.mu.
func (d *Dispatcher) outgoingEvents() (list *outbox) {
	for t := d.sched.Told(); t != nil; t = d.sched.Told() {
		o := &d.hops
		if t.Message != nil {
			o = &owner(t.Message).outbox
		}
		if o.events.Add(t); !o.telling {
			o.telling, o.next = true, list
			list = o
		}
	}
	return list
}

// tell passes the events of o to the Readers, also those that come meanwhile: one goroutine at a time
// does that for an outbox. A Reader may call methods of d.
func (d *Dispatcher) tell(o *outbox) {
	for t := d.nextTold(o, nil); t != nil; t = d.nextTold(o, t) {
		d.emit(context.Background(), t.Event)
	}
}

// nextTold takes an event out of o. If o is empty, the caller tells o no longer. last is the one that
// was taken out before; nil: none was.
func (d *Dispatcher) nextTold(o *outbox, last *schedule.Told) *schedule.Told {
	d.mu.Lock()
	defer d.mu.Unlock()
	if last != nil {
		d.sched.Recycle(last)
	}
	t := o.events.Take()
	if t == nil {
		o.telling, o.next = false, nil
	}
	return t
}

// tellAccepted adds the events of a message that an application has handed in. d.mu is held.
func (d *Dispatcher) tellAccepted(m *message, now time.Time) {
	e := m.accepted
	if m.accepted = nil; e == nil {
		return
	}
	e.Time = now
	for i := range m.Recipients {
		e.To = m.Recipients[i].To
		d.sched.Tell(&m.Message, *e)
	}
}

// changedBy returns the event of a message that an operator has changed. ok is false if WithOperator
// made no parent of ctx.
func changedBy(ctx context.Context, m *schedule.Message, now time.Time) (e event.Event, ok bool) {
	attrs, ok := ctx.Value(operatorKey{}).([]slog.Attr)
	if !ok {
		return e, false
	}
	all := make([]routing.Address, len(m.Recipients))
	for i := range m.Recipients {
		all[i] = m.Recipients[i].To
	}
	return event.Event{Kind: event.ChangedByOperator, Time: now, Attrs: attrs, AllTo: all, Recipients: len(all)}, true
}

type operatorKey struct{}

// WithOperator returns a context in which Retry, Suspend, Resume and Drop make an event of each message
// that they change, with its sender, all its recipients, and attrs: which operator did what, by which
// filter.
func WithOperator(ctx context.Context, attrs ...slog.Attr) context.Context {
	return context.WithValue(ctx, operatorKey{}, attrs)
}
