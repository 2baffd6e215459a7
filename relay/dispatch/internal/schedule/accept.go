package schedule

import (
	"time"

	"github.com/interchange-smtp/interchange/relay/dsn"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// Accept takes a message whose client waits for the reply, and reports whether there is a next hop to
// wait for: then Answer follows unless Conclude is called before. The message isn't on the Store.
func (s *Scheduler) Accept(m *Message, now time.Time) (wait bool) {
	s.place(m, now)
	m.clientWaits = m.awaited > 0
	return m.clientWaits
}

// Queued takes a message that has just been put on the Store.
func (s *Scheduler) Queued(m *Message, now time.Time) {
	s.adopt(m, now)
	s.emitStored(m, m.inSave)
	if m.changed { // while it was put there
		s.saveSoon(m)
	}
	if !m.attemptExpected(now) {
		s.emit(Unload{m})
	}
	s.sendReports(m, now)
}

// adopt takes over a message that is on the Store.
func (s *Scheduler) adopt(m *Message, now time.Time) {
	if holder, ok := s.lease.arriving[m.ID]; ok {
		m.holder = holder
		delete(s.lease.arriving, m.ID)
	}
	m.phase, m.round = stored, s.lease.round
	s.messages[m.ID] = m
	s.addLoad(m, 1)
	if m.stale(s.policy) { // SetPolicy hasn't rerouted it
		s.unqueue(m)
	}
	s.resume(m, now)
}

// Forget ends the work on m. Attempts under way end without consequences. If m is on the Store, the
// events that wait for the Store are lost.
func (s *Scheduler) Forget(m *Message, now time.Time) {
	if m.phase != stored {
		s.emitStored(m, len(m.unstored))
	}
	m.phase, m.unstored = gone, nil
	s.sendReports(m, now)
	s.unqueue(m)
	s.messageAlarms.set(&m.alarm, time.Time{})
	if s.messages[m.ID] == m {
		delete(s.messages, m.ID)
		s.addLoad(m, -1)
	}
	s.emit(Unload{m})
}

// sendReports sends the reports on m, now that the Store knows that they were made.
func (s *Scheduler) sendReports(m *Message, now time.Time) {
	reports := m.reports
	m.reports = nil
	for _, r := range reports {
		s.adopt(r, now)
	}
}

// Abandon ends the work on m, which the client was told is not accepted. Attempts under way may yet
// deliver it, and when the client comes back it arrives twice. The reports on m, which are returned,
// are withdrawn: each must be saved, if not now then when that is possible.
func (s *Scheduler) Abandon(m *Message, now time.Time) (withdrawn []*Message) {
	withdrawn, m.reports = m.reports, nil
	m.withdrawReports()
	s.Forget(m, now)
	for _, r := range withdrawn {
		for i := range r.Recipients {
			r.Recipients[i].Status, r.Recipients[i].Reported = queue.Dropped, true
		}
		s.adopt(r, now)
		s.beginSave(r, caller)
	}
	return withdrawn
}

// Verdict is the result of a client's wait for the delivery of its message.
type Verdict uint8

// The verdicts.
const (
	Unsettled Verdict = iota // some recipients must go on the queue
	Settled                  // delivered to all recipients
	Refused                  // refused for good for all recipients
)

// EndWait ends the wait of the client of m. Later results of attempts go to the Store. timedOut says
// that the client has waited as long as it may: then the next clients don't wait for the next hops
// that haven't answered, until these do. The next hop need not be faulty: it may only check mail
// slowly.
func (s *Scheduler) EndWait(m *Message, timedOut bool) Verdict {
	for _, t := range m.transfers {
		if timedOut && t != nil && t.awaited {
			t.hop.slow = true
		}
	}
	m.clientWaits = false
	verdict := Refused
	switch {
	case m.allHave(queue.Delivered):
		verdict = Settled
	case !m.allHave(queue.Failed):
		m.phase = storing
		return Unsettled
	}
	s.emitStored(m, len(m.unstored))
	m.phase = gone
	return verdict
}

// stopAwaiting ends the wait of a client for t.
func (t *Transfer) stopAwaiting() {
	if t.awaited {
		t.awaited = false
		t.Message.awaited--
		t.hop.awaited--
	}
}

// answer lets the client of m go if it waits for nothing more.
func (s *Scheduler) answer(m *Message) {
	if m.clientWaits && m.awaited == 0 {
		s.emit(Answer{m})
	}
}

// settle is stopAwaiting and answer.
func (s *Scheduler) settle(t *Transfer) {
	if t.awaited {
		t.stopAwaiting()
		s.answer(t.Message)
	}
}

// WantsRelayed reports whether the sender of m, which was delivered, has asked for a report on it that
// no next hop will send.
func (m *Message) WantsRelayed() bool {
	return m.any(func(r *queue.Recipient) bool { return !r.Reported && dsn.Wants(r.Notify, dsn.Relayed) })
}
