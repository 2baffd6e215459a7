package schedule

import (
	"errors"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// Ended draws the conclusions from an attempt that has ended. save says that the caller must save the
// message.
func (s *Scheduler) Ended(r *Result) (save bool) {
	t := r.Transfer
	if r.Err != nil && !isHeard(r.Outcomes) {
		s.queues.takeBack(t, r.At)
	}
	s.end(t, r.At)
	if s.recordResult(r) {
		s.changedBy(t, r.At)
		s.settle(t)
	} else {
		s.changedBy(t, r.At)
	}
	s.queues.wake(t.hop, r.At)
	return t.Message.phase == stored && s.beginSave(t.Message, afterEnd)
}

// Unreadable ends an attempt that couldn't start because the message can't be read: now, or ever if the
// Store has lost some of it. Then its sender gets a report.
func (s *Scheduler) Unreadable(r *Result, err error) (save bool) {
	t, m := r.Transfer, r.Transfer.Message
	s.queues.takeBack(t, r.At)
	s.end(t, r.At)
	switch {
	case errors.Is(err, queue.ErrNotFound):
		s.Forget(m, r.At)
	case r.CutOff:
		s.plan(m)
	default:
		s.Emit(m, event.Event{Kind: event.MessageUnreadable, Time: r.At, Err: err})
		reason := reply.TemporaryError
		if errors.Is(err, queue.ErrDamaged) {
			reason = reply.MessageDamaged
		}
		for k, i := range t.To {
			o := delivery.Outcome{Err: Refusal(reason, err)}
			s.record(m, i, o, t.hop.name, r.At)
			s.emitOutcome(m, i, &o, r.event(k))
		}
		s.changedBy(t, r.At)
	}
	s.queues.wake(t.hop, r.At)
	return m.phase == stored && s.beginSave(m, afterEnd)
}

// end uncounts an attempt.
func (s *Scheduler) end(t *Transfer, now time.Time) {
	s.queues.end(t, now)
	for _, i := range t.To {
		t.Message.transfers[i] = nil
	}
}

// changedBy goes on with a message after an attempt.
func (s *Scheduler) changedBy(t *Transfer, now time.Time) {
	m := t.Message
	s.dropMarked(m, now)
	s.place(m, now)
	m.rerouted = m.rerouted && !m.idle()
	switch m.phase {
	case storing:
		m.changed = true
	case stored:
		s.plan(m)
		if !m.attemptExpected(now) { // it may be long until its body is needed
			s.emit(Unload{m})
		}
	}
}

// recordResult records r for the next hop and the recipients, and reports whether a client need not wait
// any longer for the Transfer.
func (s *Scheduler) recordResult(r *Result) bool {
	t, m, h := r.Transfer, r.Transfer.Message, r.Transfer.hop
	switch {
	case r.Err == nil && r.CutOff && !hasAnswered(r.Outcomes):
		// It says nothing.
	case r.Err == nil:
		if hasAnswered(r.Outcomes) {
			s.hopAnswered(h, r.At)
		}
		s.recordAll(r)
	case !delivery.RetryAt(r.Err).IsZero():
		s.unanswered(r) // it concerns all mail, on however many connections
	case delivery.IsCrowded(r.Err) && h.proven && t.among > 1:
		// The next hop works, and had no room for so many. This one goes once more as soon as there is
		// room.
		h.lower(true)
		s.pushBack(t)
		return false
	case !t.doubtful && m.hopFailed:
		// Other messages go through: the next hop fails because of this one.
		s.recordAll(r)
	case h.proven && h.active > 0:
		// The next hop works, but perhaps not on so many connections. If it is dead, the last of them
		// will tell.
		h.lower(false)
		s.pushBack(t)
		return false
	default:
		s.unanswered(r)
	}
	return true
}

// hopAnswered notes that h works.
func (s *Scheduler) hopAnswered(h *hop, now time.Time) {
	if h.failures > 0 {
		s.emitHop(h, event.Event{Kind: event.NextHopReachable, Time: now, Waiting: h.waiting})
	}
	if !h.proven {
		readmit(h)
	}
	h.proven, h.slow, h.failures, h.extra = true, false, 0, 0
	if h.ceiling > 0 {
		if h.answers++; h.answers >= raiseAfter*h.ceiling {
			h.ceiling, h.answers = h.ceiling+1, 0
		}
	}
}

// raiseAfter is after how many answers per connection one connection more is tried with a next hop that
// has refused some.
const raiseAfter = 10

// unanswered notes that the next hop couldn't be given anything. The transfer goes back into its queue,
// because nothing was said of the message.
func (s *Scheduler) unanswered(r *Result) {
	t, m, h := r.Transfer, r.Transfer.Message, r.Transfer.hop
	e := asRefusal(r.Err)
	reply := lastReply{at: r.At, text: e.Reply.String()}
	if len(r.Outcomes) > 0 {
		o := &r.Outcomes[0]
		reply.text, reply.advice, reply.addr, reply.tls, reply.cipher = replyText(o, e), o.Advice, o.Addr, o.TLS, o.Cipher
		if o.Reply != "" {
			reply.host = o.Host
		}
	}
	if t.period == h.period { // attempts that started together fail once
		s.scheduleRetry(h, reply, r.Err)
	}
	m.hopFailed = true
	for _, i := range t.To {
		to := &m.Recipients[i]
		to.Hop, to.Tried = h.name, r.At
		reply.copyTo(to)
		m.refusals[i] = e
	}
	s.emitAttempt(r)
	s.pushBack(t)
}

// scheduleRetry schedules the next attempt at h, and lets the clients go that wait for it.
func (s *Scheduler) scheduleRetry(h *hop, reply lastReply, err error) {
	h.period++
	h.failures++
	h.proven, h.extra, h.lastReply = false, 0, reply
	if !h.ceilingStated {
		h.ceiling = 0
	}
	wait := max(s.limits.retryAfter(h.failures), delivery.RetryAt(err).Sub(reply.at))
	h.retryAt = reply.at.Add(wait)
	s.hopAlarms.set(&h.alarm, h.retryAt)
	s.emitHop(h, event.Event{Kind: event.NextHopFailed, Time: reply.at, Retry: wait, Waiting: h.waiting + 1, Err: err, Advice: reply.advice})
	for t := range h.transfers() {
		if h.awaited == 0 {
			break
		}
		s.settle(t)
	}
}

// pushBack puts t behind everything else that waits for its next hop, unless its message isn't to be
// sent. The next hop may hang up because of this message, and the others must not wait for it.
func (s *Scheduler) pushBack(t *Transfer) {
	m := t.Message
	if m.phase == gone || m.Suspended || m.dropping != nil || m.rerouted {
		return // place finds out which recipients still wait, and for which next hop
	}
	for _, i := range t.To {
		m.transfers[i] = t
	}
	s.queues.add(t)
}

// recordAll records the outcomes of an attempt. A report that is refused because of the original goes
// once more with the header only.
func (s *Scheduler) recordAll(r *Result) {
	t, m := r.Transfer, r.Transfer.Message
	if m.Report && !t.HeaderOnly && isTooMuch(&r.Outcomes[0]) {
		m.headerOnly = true
		s.Emit(m, event.Event{Kind: event.ReportShortened, Time: r.At, To: m.Recipients[t.To[0]].To, NextHop: t.hop.name, Err: r.Outcomes[0].Err})
		return
	}
	accepted := false
	for k, i := range t.To {
		s.record(m, i, r.Outcomes[k], t.hop.name, r.At)
		accepted = accepted || r.Outcomes[k].Err == nil
	}
	if accepted {
		t.hop.outgoing.count(r.At)
	}
	for k, i := range t.To {
		// Recipients that are only too many for one transaction go with the next (RFC 5321, section
		// 4.5.3.1.10).
		e := m.refusals[i]
		if accepted && e != nil && r.Outcomes[k].Host != "" && e.Reply.Code == 452 && e.Reply.Enhanced == [3]int{4, 5, 3} {
			m.Recipients[i].Next = time.Time{}
		}
	}
	s.emitAttempt(r)
}
