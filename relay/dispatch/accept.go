package dispatch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"syscall"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// Route implements relay.Router: a recipient that no Send connector will ever
// take is refused. One for whom there is none yet is accepted and waits.
func (d *Dispatcher) Route(_ context.Context, p *connector.Policy, env *relay.Envelope, rcpt *envelope.Recipient) error {
	if _, err := d.Sender.NextHop(p, rcpt.To, env.Size); err != nil && !errors.Is(err, delivery.ErrUnreachable) {
		return err
	}
	return nil
}

// Release implements relay.Router. Nothing is kept for a transaction.
func (d *Dispatcher) Release(*relay.Envelope) {}

// Deliver implements relay.Handler. If the Receive connector has a
// MaxAcknowledgementDelay, that is how long it waits for the next hops before
// it puts what isn't settled on the queue; without one, the message goes there
// first. nil means that every recipient was delivered, is on the queue, or is
// in a report that is on the queue.
func (d *Dispatcher) Deliver(ctx context.Context, env *relay.Envelope, r io.Reader) error {
	delay, ok := d.enter(env)
	if !ok {
		return refusal(reply.ShuttingDown, ErrStopped)
	}
	defer d.leave()
	b, rest, err := d.bodies.read(r, delay <= 0)
	switch {
	case errors.Is(err, errSpill):
		return refusal(reply.InsufficientResources, err)
	case err != nil:
		return refusal(reply.TemporaryError, err)
	}
	m := newMessage(env, b)
	if delay <= 0 {
		return d.queueFirst(ctx, env, m, rest)
	}
	return d.holdFor(ctx, env, m, delay)
}

// enter begins a Deliver: for how long may the client wait? ok is false before
// Start. Once Shutdown has begun, messages go on the queue and no further.
func (d *Dispatcher) enter(env *relay.Envelope) (delay time.Duration, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.started {
		return 0, false
	}
	d.sched.busy++
	if env.Inbound != nil && !d.stopping {
		delay = env.Inbound.Settings().MaxAcknowledgementDelay.Or(0)
	}
	return delay, true
}

// leave ends a Deliver.
func (d *Dispatcher) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sched.busy--
	d.rest()
}

// queueFirst puts m on the queue, with what is left to read of it, before
// anything else is done.
func (d *Dispatcher) queueFirst(ctx context.Context, env *relay.Envelope, m *message, rest io.Reader) error {
	if rest == nil {
		if err := d.hopeless(m); err != nil {
			m.unload()
			return err
		}
	}
	m.phase = storing
	m.Arrived = time.Time{} // which Put sets: the rest may be long in coming
	if err := d.put(ctx, m, &m.Message, rest); err != nil {
		m.unload()
		return err
	}
	env.Delivered = "queued"
	d.mu.Lock()
	defer d.mu.Unlock()
	d.adopt(m)
	if rest != nil || !d.promising(m) || d.bodies.crowded() {
		m.unload()
	}
	d.pump()
	return nil
}

// hopeless returns the refusal of a message that has nowhere to go for any of
// its recipients, now that its size is known.
func (d *Dispatcher) hopeless(m *message) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var first *relay.Error
	for i := range m.Recipients {
		_, err := d.Sender.NextHop(d.policy, m.Recipients[i].To, m.Size)
		if err == nil || isUnreachable(err) || asError(err).Reply.Code < 500 {
			return nil
		}
		if first == nil {
			first = asError(err)
		}
	}
	return first
}

// promising reports whether m waits for a next hop that isn't known to be
// down.
func (d *Dispatcher) promising(m *message) bool {
	now := time.Now()
	for _, tr := range m.work {
		if tr != nil && tr.hop != d.sched.nowhere && !tr.hop.down(now) {
			return true
		}
	}
	return false
}

// put puts m on the Store as it is in q; the error is for the client.
func (d *Dispatcher) put(ctx context.Context, m *message, q *queue.Message, rest io.Reader) error {
	var octets io.Reader
	switch {
	case m.body == nil:
		octets = rest
	case rest != nil:
		octets = &prefixed{head: m.body.buf[:m.body.n], r: rest}
	default:
		octets = m.body.reader(new(bytes.Reader))
	}
	if err := d.enqueue(ctx, q, octets); err != nil {
		return d.unstorable(m, err)
	}
	m.Size = q.Size
	return nil
}

// enqueue puts q on the Store. It is coming then, until it is adopted.
func (d *Dispatcher) enqueue(ctx context.Context, q *queue.Message, octets io.Reader) error {
	id, lease := q.ID, d.lease.next()
	d.mu.Lock()
	_, taken := d.coming[id]
	if !taken {
		d.coming[id] = lease.Holder
	}
	d.mu.Unlock()
	if taken {
		return queue.ErrExists
	}
	err := d.Store.Put(ctx, q, octets, lease)
	if err != nil {
		d.mu.Lock()
		delete(d.coming, id)
		d.mu.Unlock()
	}
	return err
}

// unstorable returns what a client is told when the Store doesn't take
// something.
func (d *Dispatcher) unstorable(m *message, err error) error {
	d.Logger.Error("queue can't be written", "id", m.ID, "error", printable(err.Error()))
	if errors.Is(err, queue.ErrFull) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return refusal(reply.InsufficientResources, err)
	}
	return refusal(reply.TemporaryError, err)
}

// adopt takes over a message that is on the Store.
func (d *Dispatcher) adopt(m *message) {
	if holder, ok := d.coming[m.ID]; ok {
		m.holder = holder
		delete(d.coming, m.ID)
	}
	m.phase, m.round = stored, d.lease.round
	d.messages[m.ID] = m
	d.weigh(m, 1)
	if m.stale(d.policy) { // SetPolicy didn't know of it
		d.unqueue(m)
	}
	d.place(m, time.Now())
	d.plan(m)
}
