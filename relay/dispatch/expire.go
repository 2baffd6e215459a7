package dispatch

import (
	"time"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// plan sets when m needs attention next.
func (d *Dispatcher) plan(m *message) {
	if m.phase != stored {
		d.at(&m.event, time.Time{})
		return
	}
	next := m.unsaved
	sooner := func(t time.Time) {
		if next.IsZero() || t.Before(next) {
			next = t
		}
	}
	for i := range m.Recipients {
		r, tr := &m.Recipients[i], m.work[i]
		if r.Status != queue.Waiting || tr != nil && tr.running {
			continue
		}
		sooner(d.expiry(m))
		if !m.Suspended && tr == nil {
			sooner(later(r.Next, m.Arrived))
		}
		if !m.Suspended && !r.Delayed && m.unsaved.IsZero() {
			sooner(m.Arrived.Add(d.limits.delay))
		}
	}
	d.at(&m.event, next)
}

// later returns t, or other if t is the zero time, which is never due.
func later(t, other time.Time) time.Time {
	if t.IsZero() {
		return other
	}
	return t
}

// messageDue does what a message waited for.
func (d *Dispatcher) messageDue(m *message, now time.Time) {
	late := !now.Before(d.expiry(m)) || d.delays(m, now) ||
		!m.unsaved.IsZero() && !now.Before(m.unsaved)
	if late {
		d.attend(m)
		return
	}
	d.place(m, now)
	d.plan(m)
}

// lastChance is for how long a message is tried, whose time is up, when we have not
// been there to try it.
const lastChance = 10 * time.Minute

// expiry is when m is given up. It isn't because nobody was at work.
func (d *Dispatcher) expiry(m *message) time.Time {
	end := m.Arrived.Add(d.limits.expiration)
	if chance := d.sched.awake.Add(min(lastChance, d.limits.expiration)); end.Before(chance) {
		return chance
	}
	return end
}

// delays reports whether a recipient of m has waited for so long that the
// sender is to be told.
func (d *Dispatcher) delays(m *message, now time.Time) bool {
	if m.Suspended || now.Before(m.Arrived.Add(d.limits.delay)) {
		return false
	}
	for i := range m.Recipients {
		if r := &m.Recipients[i]; r.Status == queue.Waiting && !r.Delayed {
			return true
		}
	}
	return false
}

// expire gives up the recipients that have waited for too long, and have no
// attempt under way.
func (d *Dispatcher) expire(m *message, now time.Time) {
	if now.Before(d.expiry(m)) {
		return
	}
	d.recall(m)
	for i := range m.Recipients {
		r := &m.Recipients[i]
		if r.Status != queue.Waiting || m.work[i] != nil {
			continue
		}
		r.Status = queue.Expired
		d.Logger.Warn("message expired", "id", m.ID, "from", printable(m.From.String()), "to", printable(r.To.String()),
			"hop", r.Hop, "host", printable(r.Host), "reply", printable(r.Reply))
	}
}

// recall takes m out of the queues it waits in, and has each recipient know
// what its next hop said last. When that is tried again is the hop's affair and
// stays out: m may go to another one next.
func (d *Dispatcher) recall(m *message) {
	for i := range m.Recipients {
		next := m.Recipients[i].Next
		m.Recipients[i] = m.seen(i)
		m.Recipients[i].Next = next
	}
	d.unqueue(m)
}

// seen returns the recipient i with what is known of the next hop it waits
// for.
func (m *message) seen(i int) queue.Recipient {
	r, tr := m.Recipients[i], m.work[i]
	if r.Status != queue.Waiting || tr == nil {
		return r
	}
	h := tr.hop
	r.Hop = h.name
	if h.failures > 0 && h.last.at.After(r.Tried) {
		r.Reply, r.Host, r.Tried = h.last.reply, h.last.host, h.last.at
	}
	if h.retryAt.After(r.Next) {
		r.Next = h.retryAt
	}
	return r
}
