package schedule

import (
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// patience is how long one connection may keep a next hop waiting that isn't proven, before another is
// tried beside it. One that is dead has mostly failed by then; one that accepts the call may need five
// minutes for its greeting.
const patience = 3*time.Minute + 10*time.Second

// stoppedFor is how late an alarm is when the process was stopped rather than slow.
const stoppedFor = time.Minute

// Next returns the next Action; nil if nothing is. It must be called after every event until it returns
// nil.
func (s *Scheduler) Next(now time.Time) Action {
	if a := s.nextAction(); a != nil {
		return a
	}
	l := &s.lease
	if s.stopping || s.saving[afterEnd] >= maxAfterEnd || !now.Before(l.until) {
		return nil // without leases, another process may work on the messages
	}
	for s.queues.active < s.limits.total {
		t := s.queues.next(now)
		if t == nil {
			break
		}
		if t.policy == s.policy {
			s.begin(t, now)
			return Start{t}
		}
		s.Reroute(t.Message, now) // each attempt follows the policy in use
		s.queues.wake(t.hop, now)
	}
	s.queues.tellTotal(now)
	return s.nextAction() // rerouting may have made some
}

// nextAction returns the next action that isn't Start; nil if nothing is to be done.
func (s *Scheduler) nextAction() Action {
	if len(s.actions) > 0 {
		a := s.actions[s.taken]
		s.actions[s.taken] = nil
		if s.taken++; s.taken == len(s.actions) {
			s.actions, s.taken = s.actions[:0], 0
		}
		return a
	}
	for len(s.saves) > 0 && s.saving[background] < maxBackground {
		m := s.saves[0]
		s.saves[0] = nil
		if s.saves = s.saves[1:]; len(s.saves) == 0 {
			s.saves = nil
		}
		m.saveQueued, m.saveAt = false, time.Time{}
		if s.beginSave(m, background) {
			return Save{m}
		}
	}
	return nil
}

// begin begins an attempt.
func (s *Scheduler) begin(t *Transfer, now time.Time) {
	s.queues.begin(t, now)
	t.HeaderOnly, t.started = t.Message.headerOnly, now
	if t.doubtful && t.hop.waiting > 0 {
		s.hopAlarms.set(&t.hop.alarm, now.Add(patience))
	}
	s.queues.wake(t.hop, now)
}

// Tick does what is due.
func (s *Scheduler) Tick(now time.Time) {
	if first := s.NextAlarm(); !first.IsZero() && now.Sub(first) > stoppedFor {
		s.workingSince = now
	}
	if s.stopping {
		return
	}
	for h := s.hopAlarms.due(now); h != nil; h = s.hopAlarms.due(now) {
		s.hopDue(h, now)
	}
	for a := s.queues.room.due(now); a != nil; a = s.queues.room.due(now) {
		s.queues.wakeWaiting(a, now)
	}
	for m := s.messageAlarms.due(now); m != nil; m = s.messageAlarms.due(now) {
		s.messageDue(m, now)
	}
}

// hopDue lets a next hop be tried again, allows one more connection beside those that get no answer, or
// forgets it.
func (s *Scheduler) hopDue(h *hop, now time.Time) {
	next := now.Add(hopIdle)
	switch {
	case h.waiting == 0 && h.active == 0:
		if next = h.usedAt.Add(hopIdle); !next.After(now) {
			h.room.remove()
			delete(s.hops, h.next.Key())
			return
		}
	case h.active == 0 && h.down(now):
		next = h.retryAt
	case !h.proven && h.active > 0 && h.waiting > 0:
		h.extra++
		next = now.Add(patience)
	}
	s.hopAlarms.set(&h.alarm, next)
	s.queues.wake(h, now)
}

// messageDue does what m was waiting for.
func (s *Scheduler) messageDue(m *Message, now time.Time) {
	expired := !now.Before(s.expiry(m))
	if expired || s.isLate(m, now) || !m.saveAt.IsZero() && !now.Before(m.saveAt) {
		if expired {
			s.expire(m, now)
		}
		s.place(m, now)
		s.saveSoon(m) // which sets the next alarm
		return
	}
	s.resume(m, now)
}

// expire gives up the recipients of m that have waited for too long and aren't in an attempt.
func (s *Scheduler) expire(m *Message, now time.Time) {
	s.recall(m)
	for i := range m.Recipients {
		r := &m.Recipients[i]
		if r.Status != queue.Waiting || m.transfers[i] != nil {
			continue
		}
		r.Status = queue.Expired
		s.emitRecipient(m, r, event.Expired, now)
	}
}

// SetPolicy makes p the policy, and each next hop due that has failed, because it may be another one
// now. All Messages must be rerouted then, in the order of arrival.
func (s *Scheduler) SetPolicy(p *connector.Policy, now time.Time) {
	s.policy, s.limits = p, limitsOf(p)
	s.limitAccounts(now)
	for _, h := range s.hops {
		if h.failures > 0 {
			h.retryAt = time.Time{}
		}
	}
}

// WakeAll gives all next hops a turn that have work.
func (s *Scheduler) WakeAll(now time.Time) {
	for _, h := range s.hops {
		s.queues.wake(h, now)
	}
}
