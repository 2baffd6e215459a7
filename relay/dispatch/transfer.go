package dispatch

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/dsn"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// transfer is a message and those of its recipients that go to one next hop
// together.
type transfer struct {
	m      *message
	hop    *hop
	policy *connector.Policy // by which it was routed
	to     []int             // recipients, in order

	lane *lane           // where it waits, or from where its attempt came; nil: neither
	turn place[transfer] // in lane

	awaited  bool // a client waits for it
	running  bool
	next     delivery.NextHop // of the attempt
	doubtful bool             // the attempt began when the hop was in doubt
	short    bool             // it is one of a report with the header of the original
	round    int              // of the hop when the attempt began
	among    int              // how many there could be at once then

	out *outgoing // of the attempt; nil: none is under way
	one [1]int
}

// outgoing is what only an attempt needs. A message that waits does without.
type outgoing struct {
	env envelope.Envelope
	to  []envelope.Recipient
	mem bytes.Reader
	one [1]envelope.Recipient
}

// recycle gives back what an attempt needed.
func (d *Dispatcher) recycle(out *outgoing) {
	*out = outgoing{}
	d.outgoings.Put(out)
}

// newTransfer returns a delivery without recipients.
func (m *message) newTransfer(h *hop, p *connector.Policy) *transfer {
	tr := &m.first
	if tr.m != nil { // it is, or was, in use
		tr = new(transfer)
	}
	tr.m, tr.hop, tr.policy = m, h, p
	tr.to = tr.one[:0]
	return tr
}

// fill makes the envelope of an attempt.
func (tr *transfer) fill(out *outgoing) {
	m := tr.m
	tr.short, tr.out = m.short, out
	out.env, out.to = m.Envelope, out.one[:0]
	for _, i := range tr.to {
		out.to = append(out.to, m.Recipients[i].Recipient)
	}
}

// shorten returns a report without the body of the original. It is in memory then,
// for the next hop wants to know its size first.
func (out *outgoing) shorten(report io.Reader) (io.Reader, error) {
	r, err := dsn.HeaderOnly(report)
	if err != nil {
		return nil, err
	}
	octets, err := io.ReadAll(r)
	out.env.Size = int64(len(octets))
	if !out.env.UTF8 {
		out.env.Body = envelope.SevenBit
	}
	out.mem.Reset(octets)
	return &out.mem, err
}

// task is what a worker does: an attempt, or what else a message needs.
type task struct {
	transfer *transfer
	chore    *message
}

// maxIdleWorkers bounds how many goroutines wait for work.
const maxIdleWorkers = 64

// worker does tasks as long as there are any, and some wait for more.
func (d *Dispatcher) worker(t task) {
	for ok := true; ok; {
		if t.transfer != nil {
			d.attempt(t.transfer)
		} else {
			d.tend(t.chore)
		}
		d.mu.Lock()
		if t.chore != nil {
			d.sched.tending--
		}
		d.sched.busy--
		d.rest()
		if t, ok = d.next(); !ok && !d.stopping && d.sched.idlers < maxIdleWorkers {
			t, ok = d.idle()
		}
		d.mu.Unlock()
	}
}

// idle waits for work. It returns false if there won't be any.
func (d *Dispatcher) idle() (t task, ok bool) {
	d.sched.idlers++
	d.mu.Unlock()
	select {
	case t = <-d.work:
		ok = true
	case <-d.stop:
	}
	d.mu.Lock()
	d.sched.idlers--
	return t, ok
}

// attempt makes one attempt.
func (d *Dispatcher) attempt(tr *transfer) {
	out := tr.out
	defer d.recycle(out)
	body, closer, err := d.open(d.hard, tr.m, &out.mem)
	if err == nil && tr.short {
		body, err = out.shorten(body)
		if err != nil {
			_ = closer.Close() // it was only read
		}
	}
	if err != nil {
		d.unreadable(tr, err)
		return
	}
	outcomes, err := d.Sender.Send(d.hard, tr.next, &out.env, out.to, body)
	_ = closer.Close() // it was only read
	d.mu.Lock()
	d.end(tr)
	d.judge(tr, outcomes, err)
	save := tr.m.phase == stored
	if save {
		d.sched.saving++
	}
	d.pump()
	if save {
		d.persist(tr.m)
		d.sched.saving--
	}
	d.mu.Unlock()
}

// open returns the octets of m, in memory or on the Store; mem is a reader to
// use.
func (d *Dispatcher) open(ctx context.Context, m *message, mem *bytes.Reader) (io.Reader, io.Closer, error) {
	d.mu.Lock()
	b := m.body
	if b != nil {
		b.hold()
	}
	d.mu.Unlock()
	if b != nil {
		return b.reader(mem), b, nil
	}
	body, err := d.Store.Open(ctx, m.ID)
	return body, body, err
}

// unreadable ends an attempt whose message can't be read: now, or ever if the
// Store has lost some of it. Then its sender is told.
func (d *Dispatcher) unreadable(tr *transfer, err error) {
	m := tr.m
	d.mu.Lock()
	d.end(tr)
	switch now := tr.hop.used; {
	case errors.Is(err, queue.ErrNotFound):
		d.forget(m)
	case d.hard.Err() != nil: // it was cut off
		d.plan(m)
	default:
		d.Logger.Error("message can't be read", "id", m.ID, "error", printable(err.Error()))
		reason := reply.TemporaryError
		if errors.Is(err, queue.ErrDamaged) {
			reason = reply.MessageDamaged
		}
		for _, i := range tr.to {
			m.note(i, delivery.Outcome{Err: refusal(reason, err)}, tr.hop.name, now, &d.limits)
		}
		d.changed(m, now)
	}
	d.wake(tr.hop)
	d.pump()
	d.persist(m)
	d.mu.Unlock()
}

// Close implements io.Closer for who has read the body.
func (b *body) Close() error {
	b.release()
	return nil
}
