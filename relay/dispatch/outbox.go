package dispatch

import (
	"context"
	"log/slog"
	"time"

	"github.com/interchange-smtp/interchange/relay/dispatch/internal/schedule"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/routing"
)

// outgoingEvents puts the Scheduler's events into their outboxes, and returns those that the caller must
// pass on when it has released d.mu.
func (d *Dispatcher) outgoingEvents() (list *outbox) {
	for t := d.sched.NextNotice(); t != nil; t = d.sched.NextNotice() {
		o := &d.hops
		if t.Message != nil {
			o = &messageOf(t.Message).outbox
		}
		if o.events.Add(t); !o.passing {
			o.passing, o.next = true, list
			list = o
		}
	}
	return list
}

// passOn passes the events of o to the Readers, also those that come meanwhile: one goroutine at a time
// does that for an outbox. A Reader may call methods of d.
func (d *Dispatcher) passOn(o *outbox) {
	for t := d.nextNotice(o, nil); t != nil; t = d.nextNotice(o, t) {
		d.emit(context.Background(), t.Event)
	}
}

// nextNotice takes an event out of o. If o is empty, the caller has passed all of o on. last is the one that
// was taken out before; nil: none was.
func (d *Dispatcher) nextNotice(o *outbox, last *schedule.Notice) *schedule.Notice {
	d.mu.Lock()
	defer d.mu.Unlock()
	if last != nil {
		d.sched.Recycle(last)
	}
	t := o.events.Take()
	if t == nil {
		o.passing, o.next = false, nil
	}
	return t
}

// emitAccepted adds the events of a message that an application has handed in. d.mu is held.
func (d *Dispatcher) emitAccepted(m *message, now time.Time) {
	e := m.accepted
	if m.accepted = nil; e == nil {
		return
	}
	e.Time = now
	for i := range m.Recipients {
		e.To, e.Following = m.Recipients[i].To, len(m.Recipients)-1-i
		d.sched.Emit(&m.Message, *e)
	}
}

// changedBy returns the event of a message that an operator changes, before the change: with the recipients
// that wait. ok is false if WithOperator made no parent of ctx.
func changedBy(ctx context.Context, m *schedule.Message, now time.Time) (e event.Event, ok bool) {
	attrs := operatorOf(ctx)
	if attrs == nil {
		return e, false
	}
	var waiting []routing.Address
	for i := range m.Recipients {
		if m.Recipients[i].Status == queue.Waiting {
			waiting = append(waiting, m.Recipients[i].To)
		}
	}
	return event.Event{Kind: event.ChangedByOperator, Time: now, Attrs: attrs, AllTo: waiting, Recipients: len(m.Recipients)}, true
}

type operatorKey struct{}

// operatorOf returns the attrs of WithOperator; nil if it made no parent of ctx.
func operatorOf(ctx context.Context) []slog.Attr {
	attrs, _ := ctx.Value(operatorKey{}).([]slog.Attr)
	return attrs
}

// WithOperator returns a context in which Retry, Resubmit, Suspend, Resume, Redirect and Drop make an event of
// each message that they change, with its sender, the recipients that wait, and attrs: which operator did what, by
// which filter. The events of SuspendHop and ResumeHop have attrs, too; "user" is the operator's name.
func WithOperator(ctx context.Context, attrs ...slog.Attr) context.Context {
	return context.WithValue(ctx, operatorKey{}, append([]slog.Attr{}, attrs...))
}
