package schedule

import (
	"errors"
	"log/slog"
	"strings"
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

// Redirect sends the recipients of m that match selects and that still wait by the Send connector of that
// name, from their next attempt on. It leaves those that the connector can't take, and returns why the last
// of them can't be taken.
func (s *Scheduler) Redirect(m *Message, connector string, match func(*queue.Recipient) bool, now time.Time) (changed bool, err error) {
	for i := range m.Recipients {
		r := &m.Recipients[i]
		if to := m.recipient(i); to.Status != queue.Waiting || !match(&to) || strings.EqualFold(r.Redirect, connector) {
			continue
		}
		to := *r
		to.Redirect = connector
		if _, bad := s.route(m, &to); bad != nil {
			err = bad
			continue
		}
		r.Redirect, r.Next, changed = connector, time.Time{}, true
	}
	if changed {
		s.reroute(m, now)
	}
	return changed, err
}

// reroute places m after its recipients' connectors have changed. Those in an attempt are placed when it ends.
func (s *Scheduler) reroute(m *Message, now time.Time) {
	m.rerouted = !m.idle()
	s.unqueue(m)
	s.resume(m, now)
}

// SuspendHop stops all attempts at the next hops of that name and at those of the Send connector of that
// name, also at those that it doesn't know yet, and returns how many messages wait for them. Attempts
// under way go on.
func (s *Scheduler) SuspendHop(name string) (waiting int) {
	s.suspended[strings.ToLower(name)] = true
	for _, h := range s.hops {
		if h.suspended || !s.suspends(h) {
			continue
		}
		h.suspended = true
		waiting += h.waiting
		for t := range h.transfers() {
			if h.awaited == 0 {
				break
			}
			s.settle(t)
		}
	}
	return waiting
}

// ResumeHop undoes SuspendHop of the same name, and returns how many messages wait for the next hops that
// are tried again: now, even if they have failed.
func (s *Scheduler) ResumeHop(name string, now time.Time) (waiting int) {
	delete(s.suspended, strings.ToLower(name))
	for _, h := range s.hops {
		if !h.suspended || s.suspends(h) {
			continue
		}
		h.suspended, h.retryAt = false, time.Time{}
		waiting += h.waiting
		s.queues.wake(h, now)
	}
	return waiting
}

// suspends reports whether an operator has suspended h or its Send connector.
func (s *Scheduler) suspends(h *hop) bool {
	if len(s.suspended) == 0 || h.never {
		return false
	}
	return s.suspended[strings.ToLower(h.name)] || s.suspended[strings.ToLower(h.next.Connector().Name())]
}

// HopName returns the name of a next hop as it spells it; ok is false if there is no such next hop.
func (s *Scheduler) HopName(name string) (spelled string, ok bool) {
	for _, h := range s.hops {
		if strings.EqualFold(h.name, name) {
			return h.name, true
		}
	}
	return "", false
}

// Retry makes recipients due, and then their next hops that have failed: each is tried once, however
// many messages wait for it.
type Retry struct {
	s        *Scheduler
	resubmit bool // the recipients are routed again by the policy
	failed   map[*hop]struct{}
}

// NewRetry begins a Retry.
func (s *Scheduler) NewRetry(resubmit bool) *Retry {
	return &Retry{s: s, resubmit: resubmit, failed: make(map[*hop]struct{})}
}

// Add makes the recipients of m due that match selects, and reports whether m may be tried: it and the next
// hop of one of them aren't suspended. Only with resubmit there is something to save.
func (r *Retry) Add(m *Message, match func(*queue.Recipient) bool, now time.Time) bool {
	if m.Suspended {
		return false
	}
	var selected []int
	for i := range m.Recipients {
		if to := m.recipient(i); to.Status == queue.Waiting && match(&to) {
			selected = append(selected, i)
			m.Recipients[i].Next = time.Time{}
			if r.resubmit {
				m.Recipients[i].Redirect = ""
			}
		}
	}
	if r.resubmit {
		r.s.reroute(m, now)
	} else {
		r.s.resume(m, now)
	}
	tried := false
	for _, i := range selected {
		t := m.transfers[i]
		tried = tried || t == nil || !t.hop.suspended
		if t != nil && t.hop.failures > 0 && !t.hop.never {
			r.failed[t.hop] = struct{}{}
		}
	}
	return tried || r.resubmit
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
