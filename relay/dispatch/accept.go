package dispatch

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"strings"
	"syscall"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/content"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/dispatch/internal/schedule"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/routing"
)

// transaction is a message on its way to the Dispatcher.
type transaction struct {
	d   *Dispatcher
	env *relay.Envelope
	m   *message
}

// Begin implements relay.Handler: it refuses mail with 452 4.3.1 while the queue is longer than
// MaxMessages, less than MinFree is free, or more than MaxMemory is in use, and a message whose declared size would leave less than
// that. Mail is accepted again when queue and memory have shrunk to nine tenths, and when a fourth more than
// MinFree is free. One client is refused earlier: it gets three quarters of what the others leave.
func (d *Dispatcher) Begin(ctx context.Context, env *relay.Envelope) (relay.Transaction, error) {
	if d.Store == nil {
		return nil, schedule.Refusal(reply.TemporaryError, ErrStopped)
	}
	d.init()
	u, err := d.usage(ctx)
	if err != nil {
		d.Logger.Error("cannot tell how full the queue is", "error", event.Printable(err.Error()))
		return nil, schedule.Refusal(reply.TemporaryError, err)
	}
	d.event(func(now time.Time) {
		if !d.started {
			err = schedule.Refusal(reply.TemporaryError, ErrStopped)
			return
		}
		err = d.sched.Admit(u, env.Remote.Addr(), env.Size, now)
	})
	if err != nil {
		return nil, err
	}
	return &transaction{d, env, newMessage(env)}, nil
}

// Rcpt implements relay.Transaction: a recipient that no Send connector will ever take is refused. One
// that no Send connector takes yet is accepted and waits.
func (tx *transaction) Rcpt(_ context.Context, rcpt envelope.Recipient) error {
	var route connector.Route
	if name := tx.d.sendConnector(&tx.env.Envelope, rcpt.To); name != "" {
		route = tx.env.Policy.RouteBy(name, rcpt.To, tx.env.Size)
	} else {
		route = tx.env.Route(rcpt.To)
	}
	switch route.Outcome {
	case routing.Routed, routing.Unreachable, routing.NonSMTP:
		tx.m.Recipients = append(tx.m.Recipients, queue.Recipient{Recipient: rcpt})
		return nil
	default:
		return &relay.Error{Reply: route.Decision().Reply()}
	}
}

// Close implements relay.Transaction.
func (tx *transaction) Close() {}

// Deliver implements relay.Transaction. If the Receive connector has a MaxAcknowledgementDelay, Deliver
// waits that long for the next hops before it queues what isn't settled; otherwise it queues the
// message first. nil means that every recipient was delivered, is on the queue, or is in a report that
// is on the queue.
//
// Lines of a message that no Server received may end in LF, and become CRLF; a bare CR and NUL are refused,
// unless it is binary.
func (tx *transaction) Deliver(ctx context.Context, r io.Reader) (relay.Receipt, error) {
	if tx.env.Inbound == nil && !tx.env.Report && tx.env.Body != envelope.BinaryMIME {
		lines, err := content.WithCRLF(r)
		if err != nil {
			return relay.Receipt{}, refuseUnread(err)
		}
		r = lines
	}
	return tx.deliver(ctx, r)
}

// deliver is Deliver for a message whose lines end in CRLF.
func (tx *transaction) deliver(ctx context.Context, r io.Reader) (relay.Receipt, error) {
	d := tx.d
	tx.m.NetworkID, tx.m.MessageID, tx.m.Subject = cmp.Or(tx.env.NetworkID, tx.m.NetworkID), tx.env.MessageID, tx.env.Subject
	delay := d.enter(tx.env)
	defer d.leave()
	b, unread, err := d.bodies.Read(r, delay <= 0)
	if err != nil {
		return relay.Receipt{}, refuseUnread(err)
	}
	tx.m.arrive(b)
	result := "queued"
	if delay <= 0 {
		err = d.queueFirst(ctx, tx.m, unread, tx.env.Size)
	} else {
		result, err = d.deliverFirst(ctx, tx.m, delay)
	}
	if err != nil {
		return relay.Receipt{}, err
	}
	return relay.Receipt{Result: result}, nil
}

// refuseUnread returns the reply for the client of a message that can't be read.
func refuseUnread(err error) error {
	switch {
	case errors.Is(err, content.ErrSpill):
		return schedule.Refusal(reply.InsufficientResources, err)
	case content.IsLineError(err):
		return schedule.Refusal(reply.BareLinefeed, err)
	}
	return schedule.Refusal(reply.TemporaryError, err)
}

// enter begins a Deliver, and returns how long the client may wait. Once Shutdown has begun, messages
// are only queued.
func (d *Dispatcher) enter(env *relay.Envelope) (delay time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.busy++
	if env.Inbound != nil && !d.stopping {
		delay = env.Inbound.Settings().MaxAcknowledgementDelay.Or(0)
	}
	return delay
}

// leave ends a Deliver.
func (d *Dispatcher) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.busy--
	d.signalIfIdle()
}

// queueFirst puts m on the queue before any attempt, with the part of the body that is still unread.
// Rcpt has judged its recipients by the declared size.
func (d *Dispatcher) queueFirst(ctx context.Context, m *message, unread io.Reader, declared int64) error {
	if unread == nil && m.Size > declared {
		var err error
		if d.event(func(time.Time) { err = d.sched.Unroutable(&m.Message) }); err != nil {
			m.unload()
			return err
		}
	}
	m.Arrived = time.Time{} // which Put sets: the body may take long to come
	if err := d.put(ctx, m, &m.Message.Message, unread); err != nil {
		m.unload()
		return err
	}
	d.event(func(now time.Time) {
		d.emitAccepted(m, now)
		d.sched.Queued(&m.Message, now)
		if unread != nil || m.body.InFile() || d.bodies.Crowded() {
			m.unload()
		}
	})
	return nil
}

// put stores m with the recipient states of q. The body is the part in memory, followed by unread. The
// error is for the client.
func (d *Dispatcher) put(ctx context.Context, m *message, q *queue.Message, unread io.Reader) error {
	var all io.Reader
	switch {
	case m.body == nil:
		all = unread
	case unread != nil:
		all = &content.Prefixed{Head: m.body.Bytes(), Rest: unread}
	default:
		all = m.body.Reader(new(bytes.Reader))
	}
	if err := d.enqueue(ctx, q, all); err != nil {
		return d.refuseUnstored(m, err)
	}
	if m.Size != q.Size { // it wasn't known, so that the Scheduler doesn't work on m yet
		m.Size = q.Size
	}
	return nil
}

// refuseUnstored returns the reply for the client of m, which the Store didn't take.
func (d *Dispatcher) refuseUnstored(m *message, err error) error {
	if content.IsLineError(err) {
		return refuseUnread(err)
	}
	d.Logger.Error("cannot write to the queue", "id", m.ID, "error", event.Printable(err.Error()))
	if errors.Is(err, queue.ErrFull) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return schedule.Refusal(reply.InsufficientResources, err)
	}
	return schedule.Refusal(reply.TemporaryError, err)
}

// wait waits until c is released or the delay is over, which it reports. It waits no longer when the
// Dispatcher stops or ctx ends.
func (d *Dispatcher) wait(ctx context.Context, c *client, delay time.Duration) (timedOut bool) {
	c.timer.Reset(delay)
	select {
	case <-c.done:
	case <-c.timer.C:
		return true
	case <-d.stop:
	case <-ctx.Done(): // the client is gone
	}
	return false
}

// deliverFirst delivers m while the client waits, at most for the delay, and then queues the unsettled
// recipients. It returns the result for the log.
func (d *Dispatcher) deliverFirst(ctx context.Context, m *message, delay time.Duration) (result string, err error) {
	c := d.clients.Get().(*client)
	waits, timedOut, verdict := false, false, schedule.Unsettled
	d.event(func(now time.Time) {
		m.client = c
		waits = d.sched.Accept(&m.Message, now)
	})
	if waits {
		timedOut = d.wait(ctx, c, delay)
	}
	d.event(func(time.Time) {
		verdict = d.sched.EndWait(&m.Message, timedOut)
		m.client = nil
	})
	c.reset()
	d.clients.Put(c)
	switch verdict {
	case schedule.Settled:
		result = m.deliveries()
		d.reportDelivery(ctx, m)
		m.unload()
		return result, nil
	case schedule.Refused:
		m.unload()
		return "", m.Refusal()
	}
	return "queued", d.queueRest(ctx, m)
}

// deliveries returns the result, for the Server's log, of a message that all recipients have.
func (m *message) deliveries() string {
	var b strings.Builder
	for i := range m.Recipients {
		r := &m.Recipients[i]
		if i > 0 && r.Hop == m.Recipients[i-1].Hop && r.Reply == m.Recipients[i-1].Reply {
			continue
		}
		b.Grow(len("; ") + len(r.Hop) + len(" to ") + len(r.Host) + len(": ") + len(r.Reply))
		if i > 0 {
			b.WriteString("; ")
		}
		for _, part := range [...]string{r.Hop, " to ", r.Host, ": ", r.Reply} {
			b.WriteString(part)
		}
	}
	return b.String()
}

// reportDelivery reports on the recipients of m, which was delivered to all, whose sender has asked for
// it and whose next hops won't report. A failure of that is no reason to refuse the message.
func (d *Dispatcher) reportDelivery(ctx context.Context, m *message) {
	if !m.WantsRelayed() {
		return
	}
	var due []schedule.Report
	d.event(func(now time.Time) { due = d.sched.DueReports(&m.Message, now) })
	if err := d.putReports(ctx, m, due); err != nil {
		_ = d.refuseUnstored(m, err) // for its line in the log
	}
	d.event(func(now time.Time) { d.sched.Forget(&m.Message, now) })
}

// queueRest queues the unsettled recipients of m: first it stores the reports on the refused ones, then
// the message.
func (d *Dispatcher) queueRest(ctx context.Context, m *message) error {
	err := ctx.Err()
	for queued := false; err == nil && !queued; {
		queued, err = d.queueStep(ctx, m)
	}
	if err != nil {
		d.abandon(m)
	}
	return err
}

// queueStep is one step of queueRest. queued says that it was the last one. The error is for the
// client.
func (d *Dispatcher) queueStep(ctx context.Context, m *message) (queued bool, err error) {
	var step schedule.Step
	d.event(func(now time.Time) { step, _ = d.sched.NextStep(&m.Message, now) })
	switch {
	case step.Reports != nil:
		if err := d.putReports(ctx, m, step.Reports); err != nil {
			return false, d.refuseUnstored(m, err)
		}
		return false, nil
	case step.Remove: // no recipient waits any more
		d.event(func(now time.Time) { d.sched.Forget(&m.Message, now) })
		return true, nil
	}
	if err := d.put(ctx, m, step.Message, nil); err != nil {
		return false, err
	}
	d.event(func(now time.Time) { d.sched.Queued(&m.Message, now) })
	return true, nil
}

// abandon gives m up, whose client gets an error, and withdraws the reports on it.
func (d *Dispatcher) abandon(m *message) {
	var withdrawn []*schedule.Message
	d.event(func(now time.Time) { withdrawn = d.sched.Abandon(&m.Message, now) })
	for _, r := range withdrawn {
		d.persist(messageOf(r))
	}
}
