package dispatch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"github.com/interchange-smtp/interchange/relay/dispatch/internal/schedule"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// perform does one step of persist.
func (d *Dispatcher) perform(m *message, step *schedule.Step) error {
	ctx := context.Background()
	switch {
	case step.Reports != nil:
		return d.putReports(ctx, m, step.Reports)
	case step.Remove:
		return d.Store.Remove(ctx, m.ID, step.Holder)
	}
	return d.Store.Save(ctx, step.Message, step.Holder)
}

// putReports puts reports on m on the Store.
func (d *Dispatcher) putReports(ctx context.Context, m *message, due []schedule.Report) error {
	for i := range due {
		r, err := d.putReport(ctx, m, &due[i])
		if err != nil {
			return err
		}
		d.event(func(now time.Time) { d.sched.ReportStored(&m.Message, &due[i], r, now) })
	}
	return nil
}

// putReport writes a report on m and puts it on the Store. It returns nil if it was there already, or
// can't be written at all.
func (d *Dispatcher) putReport(ctx context.Context, m *message, n *schedule.Report) (*schedule.Message, error) {
	original, closer, err := d.open(ctx, m, new(bytes.Reader))
	if err != nil { // the sender gets a report even so
		d.reportTrouble(m, event.ReportIncomplete, err)
		original, closer = nil, io.NopCloser(nil)
	}
	defer closer.Close()
	n.Date = time.Now()
	text, err := n.Reader(original)
	if err != nil {
		d.reportTrouble(m, event.ReportUnwritable, err)
		return nil, nil
	}
	q := &queue.Message{Envelope: n.Envelope(), Recipients: []queue.Recipient{{Recipient: n.To()}}}
	switch err := d.enqueue(ctx, q, text); {
	case errors.Is(err, queue.ErrExists):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &fromStore(q).Message, nil
}

// reportTrouble adds an event of a report on m that lacks something.
func (d *Dispatcher) reportTrouble(m *message, kind event.Kind, err error) {
	d.event(func(now time.Time) { d.sched.Emit(&m.Message, event.Event{Kind: kind, Time: now, Err: err}) })
}

// enqueue puts q on the Store, leased unless Shutdown has ended the leases.
func (d *Dispatcher) enqueue(ctx context.Context, q *queue.Message, body io.Reader) error {
	id, holder, ok := q.ID, "", false
	if d.event(func(time.Time) { holder, ok = d.sched.BeginPut(id) }); !ok {
		return queue.ErrExists
	}
	err := d.Store.Put(ctx, q, body, queue.Lease{Holder: holder, For: schedule.LeaseTime})
	if err != nil {
		d.event(func(time.Time) { d.sched.PutFailed(id) })
		return err
	}
	if d.leasesEnded.Load() {
		if err := d.Store.Release(ctx, id, holder); err != nil {
			d.Logger.Error("cannot end the lease of a queued message", "id", id, "error", event.Printable(err.Error()))
		}
	}
	return nil
}

// usageAge is how long an answer of Store.Usage is used: counting the messages of a database takes
// longer than a MAIL command should.
const usageAge = time.Second

// usage returns how full the Store is: its last answer, corrected by what this process has put there
// and removed since. One caller at a time waits for a new answer, the others get the last one.
func (d *Dispatcher) usage(ctx context.Context) (schedule.Used, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	k, now := &d.known, time.Now()
	messages, bytes := d.sched.Stored()
	if !k.at.IsZero() && (k.asking || now.Sub(k.at) < usageAge) {
		u := k.answer
		u.Messages += messages - k.messages
		u.Bytes += bytes - k.bytes
		if u.Free >= 0 {
			u.Free = max(0, u.Free-(bytes-k.bytes))
		}
		return u, nil
	}
	k.asking = true
	d.mu.Unlock()
	usage, err := d.Store.Usage(ctx)
	u := schedule.Used{Usage: usage, Memory: memoryInUse()}
	d.mu.Lock()
	k.asking = false
	if err == nil {
		k.answer, k.at, k.messages, k.bytes = u, now, messages, bytes
	}
	return u, err
}

// open returns the body of m, in memory or on the Store; mem is a reader to use.
func (d *Dispatcher) open(ctx context.Context, m *message, mem *bytes.Reader) (io.Reader, io.Closer, error) {
	d.mu.Lock()
	b := m.body.Retain()
	d.mu.Unlock()
	if b != nil {
		return b.Reader(mem), b, nil
	}
	body, err := d.Store.Open(ctx, m.ID)
	return body, body, err
}
