package schedule

import (
	"log/slog"
	"time"

	"github.com/interchange-smtp/interchange/relay/queue"
)

const (
	// LeaseRenewal is the interval in which leases are renewed: twice before they expire.
	LeaseRenewal = LeaseTime / 3

	// keepUnsaved is how long results are kept that couldn't be saved before this process lost the
	// lease of the message: it may yet be claimed again.
	keepUnsaved = 3 * LeaseTime
)

// lease is the name under which this process leases messages, and until when.
type lease struct {
	holder   string
	until    time.Time         // no lease of this process expires before
	round    int               // counts renewals
	arriving map[string]string // holder, by the ID of messages that are being put on the Store or wait to be adopted
}

// SetHolder makes this process lease messages under a name from now on. Under the old one it holds no
// messages any more. Leases last until the given time.
func (s *Scheduler) SetHolder(holder string, until time.Time) {
	s.lease.holder, s.lease.until = holder, until
}

// Holder returns the name under which messages are leased.
func (s *Scheduler) Holder() string { return s.lease.holder }

// LeasedUntil returns the time before which no lease expires.
func (s *Scheduler) LeasedUntil() time.Time { return s.lease.until }

// BeginPut notes that a message is about to be put on the Store, and returns the holder of its lease.
// ok is false if a message of that ID is being put there already.
func (s *Scheduler) BeginPut(id string) (holder string, ok bool) {
	if _, ok := s.lease.arriving[id]; ok {
		return "", false
	}
	s.lease.arriving[id] = s.lease.holder
	return s.lease.holder, true
}

// PutFailed undoes BeginPut.
func (s *Scheduler) PutFailed(id string) { delete(s.lease.arriving, id) }

// BeginRenewal begins to renew the leases of the holder that it returns.
func (s *Scheduler) BeginRenewal() (holder string) {
	s.lease.round++
	return s.lease.holder
}

// Renewed takes the IDs of the messages that the holder holds after a renewal, and until when. It
// returns those of messages that this process doesn't know of: they must be released, or no process
// could ever claim them. What another process has claimed, while this one was stopped, isn't tried any
// more.
func (s *Scheduler) Renewed(holder string, held []string, until, now time.Time) (unknown []string) {
	s.lease.until = until
	for _, id := range held {
		if m := s.messages[id]; m != nil {
			m.round = s.lease.round
		} else if _, ok := s.lease.arriving[id]; !ok {
			unknown = append(unknown, id)
		}
	}
	n := 0
	for _, m := range s.messages {
		if m.phase != stored || m.holder != holder || m.round == s.lease.round || m.saver != noSaver {
			continue
		}
		n++
		if s.unqueue(m); m.idle() {
			s.Forget(m, now)
		}
	}
	if n > 0 {
		s.log(slog.LevelWarn, "messages were taken over by another process", "messages", n)
	}
	return unknown
}

// LeasesLost gives up everything on the Store, because the leases couldn't be renewed and other
// processes may claim it. What they don't claim can be claimed again under the new name. Only what the
// Store doesn't know is kept: attempts under way, and results that couldn't be saved. Whether those
// messages are still leased turns out when they are saved.
func (s *Scheduler) LeasesLost(newHolder string, until, now time.Time) {
	s.SetHolder(newHolder, until)
	n := 0
	for _, m := range s.messages {
		switch {
		case m.phase != stored:
		case m.idle() && m.saveAt.IsZero() && m.saver == noSaver:
			s.Forget(m, now)
			n++
		default:
			m.leaseLost = now
			s.unqueue(m)
		}
	}
	s.log(slog.LevelWarn, "leases expired: queued messages are given up until they can be claimed again", "messages", n)
}

// Reclaimed takes a message that was claimed from the Store. It returns false if the message isn't
// known: then the driver makes one of q and calls Claimed.
func (s *Scheduler) Reclaimed(q *queue.Message, holder string, now time.Time) bool {
	if _, ok := s.lease.arriving[q.ID]; ok { // its lease expired before it was adopted
		s.lease.arriving[q.ID] = holder
		return true
	}
	m := s.messages[q.ID]
	if m == nil {
		return false
	}
	m.holder, m.leaseLost, m.round = holder, time.Time{}, s.lease.round
	for i := range m.Recipients { // another process may have worked on it
		if m.Recipients[i].Status == queue.Waiting && m.transfers[i] == nil && i < len(q.Recipients) {
			m.Recipients[i] = q.Recipients[i]
		}
	}
	s.resume(m, now)
	return true
}

// Claimed takes a message that was claimed from the Store.
func (s *Scheduler) Claimed(m *Message, holder string, now time.Time) {
	m.holder = holder
	s.adopt(m, now)
	if _, waits := m.Next(); !waits || !m.reported() {
		s.saveSoon(m)
	}
}
