package dispatch

import (
	"context"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// hold is what a client waits with.
type hold struct {
	timer *time.Timer
	done  chan struct{} // gets a value when nothing is awaited any more
}

// getHold returns a hold whose timer doesn't run.
func (d *Dispatcher) getHold() *hold {
	if h, ok := d.holds.Get().(*hold); ok {
		return h
	}
	h := &hold{timer: time.NewTimer(time.Hour), done: make(chan struct{}, 1)}
	h.timer.Stop()
	return h
}

// putHold takes h back. Nobody may know it any more.
func (d *Dispatcher) putHold(h *hold) {
	h.timer.Stop()
	select {
	case <-h.done:
	default:
	}
	d.holds.Put(h)
}

// holdFor delivers m while the client waits, at most for the delay, and puts on
// the queue what isn't settled then.
func (d *Dispatcher) holdFor(ctx context.Context, env *relay.Envelope, m *message, delay time.Duration) error {
	h := d.getHold()
	d.mu.Lock()
	m.hold = h
	d.place(m, m.Arrived)
	wait := m.awaited > 0
	d.pump()
	d.mu.Unlock()
	vain := false
	if wait {
		h.timer.Reset(delay)
		select {
		case <-h.done:
		case <-h.timer.C:
			vain = true
		case <-d.stop:
		case <-ctx.Done(): // there is nobody to be told of anything
		}
	}
	d.mu.Lock()
	if vain {
		m.waitedInVain()
	}
	verdict := d.conclude(m)
	d.mu.Unlock()
	var err error
	switch verdict {
	case settled:
		env.Delivered = m.delivered()
		d.tellRelayed(ctx, m)
		m.unload()
	case refused:
		err = m.refusal()
		m.unload()
	case unsettled:
		if err = ctx.Err(); err == nil {
			err = d.queueRest(ctx, env, m)
		} else {
			d.abandon(m)
		}
	}
	d.putHold(h)
	return err
}

// waitedInVain notes of the next hops that are still awaited that it is no use:
// the client of the next message gets its answer at once. It may be no trouble
// but a slow check, so they are as good as others as soon as they have answered.
func (m *message) waitedInVain() {
	for _, tr := range m.work {
		if tr != nil && tr.awaited {
			tr.hop.silent = true
		}
	}
}

// verdict is what becomes of a message when its client has waited.
type verdict uint8

const (
	unsettled verdict = iota // some of it must go on the queue
	settled                  // delivered to everybody
	refused                  // refused for good, by everybody
)

// conclude ends the wait. From here on what attempts tell is for the Store.
func (d *Dispatcher) conclude(m *message) verdict {
	m.hold = nil
	switch n := m.count(); len(m.Recipients) {
	case n[queue.Delivered]:
		m.phase = gone
		return settled
	case n[queue.Failed]:
		m.phase = gone
		return refused
	}
	m.phase = storing
	return unsettled
}

// refusal returns what the client is told of a message that everybody refused.
func (m *message) refusal() error { return m.errs[0] }

// delivered returns what the Server's log says of a message that everybody
// has.
func (m *message) delivered() string {
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
		b.WriteString(r.Hop)
		b.WriteString(" to ")
		b.WriteString(r.Host)
		b.WriteString(": ")
		b.WriteString(r.Reply)
	}
	return b.String()
}

// queueRest puts what isn't settled of m on the queue: first the reports on
// those who refused it, then the rest.
func (d *Dispatcher) queueRest(ctx context.Context, env *relay.Envelope, m *message) error {
	env.Delivered = "queued"
	rest, reports, err := d.told(ctx, m)
	if err != nil {
		d.abandon(m)
		d.withdraw(reports)
		return err
	}
	_, waits := rest.Next()
	if waits {
		err = d.put(ctx, m, rest, nil)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	defer d.pump()
	switch {
	case err != nil:
		d.forget(m)
		d.mu.Unlock()
		d.withdraw(reports)
		d.mu.Lock()
		return err
	case !waits:
		d.forget(m)
	default:
		d.adopt(m)
		if m.dirty {
			d.attend(m)
		}
		if !d.promising(m) {
			m.unload()
		}
	}
	m.reports = append(m.reports, reports...)
	d.release(m)
	return nil
}

// told returns m as it is when all reports on it are on the Store: attempts may
// end while one is put there.
func (d *Dispatcher) told(ctx context.Context, m *message) (rest *queue.Message, reports []*message, err error) {
	for {
		made, err := d.report(ctx, m)
		reports = append(reports, made...)
		if err != nil {
			return nil, reports, err
		}
		d.mu.Lock()
		if !m.untold() {
			m.dirty = false
			rest = m.Clone()
		}
		d.mu.Unlock()
		if rest != nil {
			return rest, reports, nil
		}
	}
}

// abandon gives m up: the client was not told that we have it. Attempts under
// way may yet deliver it, and when the client comes back it arrives twice.
func (d *Dispatcher) abandon(m *message) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.forget(m)
	d.pump()
}
