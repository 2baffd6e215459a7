package schedule

import (
	"errors"
	"iter"
	"log/slog"
	"time"

	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// Dropping is how an operator gives up recipients.
type Dropping struct {
	Match  func(*queue.Recipient) bool // which recipients
	Report bool                        // their sender gets a delivery report
	By     []slog.Attr                 // who does it, for the events; nil: that isn't known
}

// Suspend makes m wait until Resume. Attempts under way go on, and it expires as ever. It reports
// whether m has changed, as Resume and Drop do.
func (s *Scheduler) Suspend(m *Message) bool {
	if m.Suspended {
		return false
	}
	s.recall(m)
	m.Suspended = true
	s.plan(m)
	return true
}

// Resume undoes Suspend.
func (s *Scheduler) Resume(m *Message, now time.Time) bool {
	if !m.Suspended {
		return false
	}
	m.Suspended = false
	s.resume(m, now)
	return true
}

// Drop gives up the recipients of m that how selects and that still wait. Those in an attempt are dropped
// only if it fails.
func (s *Scheduler) Drop(m *Message, how Dropping, now time.Time) bool {
	dropped := false
	s.recall(m)
	for i := range m.Recipients {
		r := &m.Recipients[i]
		if r.Status != queue.Waiting || !how.Match(r) {
			continue
		}
		if m.dropping == nil {
			m.dropping = make([]*Dropping, len(m.Recipients))
		}
		m.dropping[i] = &how
		dropped = true
	}
	s.dropMarked(m, now)
	s.resume(m, now)
	return dropped
}

// dropMarked gives up those recipients of m that are to be dropped and aren't in an attempt.
func (s *Scheduler) dropMarked(m *Message, now time.Time) {
	left := false
	for i, how := range m.dropping {
		r := &m.Recipients[i]
		switch {
		case how == nil || r.Status != queue.Waiting:
		case m.transfers[i] != nil && m.transfers[i].running:
			left = true
		default:
			r.Status, r.Reported = queue.Dropped, !how.Report
			e := lastAttempt(m, r, event.Dropped, now)
			if e.Attrs = how.By; r.Host == "" && r.Reply != "" {
				e.Reply, e.Err = "", errors.New(r.Reply)
			}
			s.Emit(m, e)
		}
	}
	if !left {
		m.dropping = nil
	}
}

// Retry makes recipients due, and then their next hops that have failed: each is tried once, however
// many messages wait for it.
type Retry struct {
	s      *Scheduler
	failed map[*hop]struct{}
}

// NewRetry begins a Retry.
func (s *Scheduler) NewRetry() *Retry { return &Retry{s: s, failed: make(map[*hop]struct{})} }

// Add makes the recipients of m due that match selects, and reports whether m may be tried. Nothing
// needs to be saved.
func (r *Retry) Add(m *Message, match func(*queue.Recipient) bool, now time.Time) bool {
	if m.Suspended {
		return false
	}
	for i := range m.Recipients {
		if to := m.recipient(i); to.Status != queue.Waiting || !match(&to) {
			continue
		}
		m.Recipients[i].Next = time.Time{}
		if t := m.transfers[i]; t != nil && t.hop.failures > 0 && !t.hop.never {
			r.failed[t.hop] = struct{}{}
		}
	}
	r.s.resume(m, now)
	return true
}

// End makes the next hops due.
func (r *Retry) End(now time.Time) {
	for h := range r.failed {
		h.retryAt = time.Time{}
		r.s.queues.wake(h, now)
	}
}

// Stored reports whether m is on the Store and this process works on it.
func (m *Message) Stored() bool { return m.phase == stored }

// Find returns the message on the Store of an ID; nil if this process doesn't work on one.
func (s *Scheduler) Find(id string) *Message { return s.messages[id] }

// Hops yields the states at now of all next hops that have mail or failed a short while ago, in no order.
func (s *Scheduler) Hops(now time.Time) iter.Seq[State] {
	return func(yield func(State) bool) {
		if state, ok := s.nowhere.state(now); ok && !yield(state) {
			return
		}
		for _, h := range s.hops {
			if state, ok := h.state(now); ok && !yield(state) {
				return
			}
		}
	}
}
