package schedule

import (
	"errors"
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// hopIdle is how long a next hop is remembered that has no mail.
const hopIdle = 10 * time.Minute

// maxRecipients is how many recipients every next hop must take at once (RFC 5321, section 4.5.3.1.8).
const maxRecipients = 100

// place routes every recipient of m that is due, and puts it in the queue of its next hop. Recipients
// that can never be sent fail here.
func (s *Scheduler) place(m *Message, now time.Time) {
	if m.Suspended || m.phase == gone {
		return
	}
	var made []*Transfer
	for i := range m.Recipients {
		r := &m.Recipients[i]
		if r.Status != queue.Waiting || m.transfers[i] != nil || r.Next.After(now) {
			continue
		}
		h := s.hopFor(m, i, now)
		if h == nil {
			s.failedUnsent(m, i, now)
			continue
		}
		if r.Hop != h.name {
			h.incoming.count(now)
		}
		r.Hop = h.name
		if h.failures > 0 || h.never {
			h.lastReply.copyTo(r)
		}
		t := withRoom(made, h)
		if t == nil {
			t = m.newTransfer(h, s.policy)
			made = append(made, t)
		}
		t.To = append(t.To, i)
		m.transfers[i] = t
	}
	for _, t := range made {
		t.hop.usedAt = now
		s.queues.add(t)
		if m.phase == deliveringFirst && !t.hop.never && t.hop.worthWaiting(now) && !s.stopping {
			t.awaited = true
			m.awaited++
			t.hop.awaited++
		}
		s.queues.wake(t.hop, now)
	}
}

// withRoom returns the transfer to h that has room for one more recipient; nil if none has.
func withRoom(list []*Transfer, h *hop) *Transfer {
	for i := len(list) - 1; i >= 0; i-- {
		if t := list[i]; t.hop == h && len(t.To) < h.pace.mostRecipients() {
			return t
		}
	}
	return nil
}

// failedUnsent has the failure of the recipient i, which no attempt will report, reach the Store.
func (s *Scheduler) failedUnsent(m *Message, i int, now time.Time) {
	s.emitOutcome(m, i, &delivery.Outcome{Err: unsent{m.refusals[i], m.Recipients[i].Reply}}, event.Event{Time: now})
	switch m.phase {
	case storing:
		m.changed = true
	case stored:
		s.saveSoon(m)
	}
}

// hopFor routes the recipient i of m. It returns nil if there is no next hop, and records why.
func (s *Scheduler) hopFor(m *Message, i int, now time.Time) *hop {
	next, err := s.route(m, &m.Recipients[i])
	if errors.Is(err, delivery.ErrUnreachable) {
		if s.nowhere.lastReply.text == "" {
			s.nowhere.lastReply = lastReply{text: asRefusal(err).Reply.String()}
		}
		return s.nowhere
	}
	if err != nil {
		s.record(m, i, delivery.Outcome{Err: err}, "", now)
		return nil
	}
	h := s.hops[next.Key()]
	if h == nil {
		h = new(hop)
		h.alarm.value = h
		s.hops[next.Key()] = h
		s.hopAlarms.set(&h.alarm, now.Add(hopIdle))
	}
	if h.policy != s.policy {
		h.update(next, s.policy, s.paceOf(next))
		h.suspended = s.suspends(h)
	}
	return h
}

// route returns the next hop for the recipient r of m.
func (s *Scheduler) route(m *Message, r *queue.Recipient) (delivery.NextHop, error) {
	size := m.Size
	if m.Report {
		size = 0 // no limit of the policy holds for a report, which says that mail was lost
	}
	return s.config.Route(s.policy, &m.Envelope, r, size)
}

// Unroutable returns the refusal of m if none of its recipients can ever be sent, now that its size is
// known; else nil.
func (s *Scheduler) Unroutable(m *Message) error {
	var first error
	for i := range m.Recipients {
		_, err := s.config.Route(s.policy, &m.Envelope, &m.Recipients[i], m.Size)
		if err == nil || errors.Is(err, delivery.ErrUnreachable) || asRefusal(err).Reply.Code < 500 {
			return nil
		}
		if first == nil {
			first = asRefusal(err)
		}
	}
	return first
}

// attemptExpected reports whether m waits for a next hop that isn't known to be down.
func (m *Message) attemptExpected(now time.Time) bool {
	return slices.ContainsFunc(m.transfers, func(t *Transfer) bool { return t != nil && !t.hop.never && !t.hop.suspended && !t.hop.down(now) })
}

// unqueue takes m out of the queues in which it waits.
func (s *Scheduler) unqueue(m *Message) {
	for i, t := range m.transfers {
		if t == nil || t.running {
			continue
		}
		m.transfers[i] = nil
		if t.lane != nil {
			s.queues.remove(t)
		}
		t.stopAwaiting()
	}
}

// recall takes m out of the queues in which it waits, and records what its next hops said last, but not
// when they are tried again: m may go to other ones next.
func (s *Scheduler) recall(m *Message) {
	for i := range m.Recipients {
		next := m.Recipients[i].Next
		m.Recipients[i] = m.recipient(i)
		m.Recipients[i].Next = next
	}
	s.unqueue(m)
}

// resume places what is due of m, and sets its alarm.
func (s *Scheduler) resume(m *Message, now time.Time) {
	s.place(m, now)
	s.plan(m)
}

// Reroute routes m by the policy in use, except for attempts under way.
func (s *Scheduler) Reroute(m *Message, now time.Time) {
	s.unqueue(m)
	s.resume(m, now)
	s.answer(m)
}
