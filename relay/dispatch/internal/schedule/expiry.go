package schedule

import (
	"time"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// plan sets the alarm of m to when it needs attention next.
func (s *Scheduler) plan(m *Message) {
	if m.phase != stored {
		s.messageAlarms.set(&m.alarm, time.Time{})
		return
	}
	next := m.saveAt
	atLatest := func(t time.Time) {
		if next.IsZero() || t.Before(next) {
			next = t
		}
	}
	for i := range m.Recipients {
		r, t := &m.Recipients[i], m.transfers[i]
		if r.Status != queue.Waiting || t != nil && t.running {
			continue
		}
		atLatest(s.expiry(m))
		if m.Suspended {
			continue
		}
		switch {
		case t != nil:
		case r.Next.IsZero(): // the zero time would clear the alarm
			atLatest(m.Arrived)
		default:
			atLatest(r.Next)
		}
		if !r.Delayed && m.saveAt.IsZero() {
			atLatest(m.Arrived.Add(s.limits.delay))
		}
	}
	s.messageAlarms.set(&m.alarm, next)
}

// lastChance is how long a message is tried that has expired while the process didn't run or was
// stopped.
const lastChance = 10 * time.Minute

// expiry returns when m expires.
func (s *Scheduler) expiry(m *Message) time.Time {
	end := m.Arrived.Add(s.limits.expiration)
	if chance := s.workingSince.Add(min(lastChance, s.limits.expiration)); end.Before(chance) {
		return chance
	}
	return end
}

// isLate reports whether a recipient of m has waited for so long that the sender is to get a report.
func (s *Scheduler) isLate(m *Message, now time.Time) bool {
	return !m.Suspended && !now.Before(m.Arrived.Add(s.limits.delay)) &&
		m.any(func(r *queue.Recipient) bool { return r.Status == queue.Waiting && !r.Delayed })
}
