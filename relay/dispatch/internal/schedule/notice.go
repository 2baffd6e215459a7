package schedule

import (
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// Notice is an event for the Readers: of a Message or, if that is nil, of a next hop.
type Notice struct {
	Message *Message
	Event   event.Event
	next    *Notice
	noSave  bool // it needs no save: it waits for the events of Message in front of it only
}

// Events is a list of events.
type Events struct{ first, last *Notice }

// Add puts t, which is in no list, at the end.
func (l *Events) Add(t *Notice) {
	if l.first == nil {
		l.first = t
	} else {
		l.last.next = t
	}
	l.last = t
}

// Take takes the first one out; nil if the list is empty.
func (l *Events) Take() *Notice {
	t := l.first
	if t != nil {
		l.first, t.next = t.next, nil
	}
	return t
}

// NextNotice takes out the next Notice for the Readers; nil at the end. The caller takes all
// out after each call of a method of s.
func (s *Scheduler) NextNotice() *Notice { return s.notices.Take() }

// Recycle takes back a Notice that isn't used any more, as memory for the next one.
func (s *Scheduler) Recycle(t *Notice) {
	*t = Notice{}
	s.spareNotice = t
}

// newNotice returns an event of m.
func (s *Scheduler) newNotice(m *Message, e event.Event) *Notice {
	t := s.spareNotice
	if s.spareNotice = nil; t == nil {
		t = new(Notice)
	}
	t.Message, t.Event = m, e
	return t
}

// Emit adds an event of m. The Readers get it when the Store knows of it, or at once if m is neither on the Store
// nor being stored. A refusal while a client waits, and each event after it, waits in any case: another recipient
// may bring m on the Store, with a report on the refused one.
func (s *Scheduler) Emit(m *Message, e event.Event) {
	if !s.config.Events {
		return
	}
	e.SetMessage(&m.Envelope)
	refused := m.clientWaits && (e.Kind == event.Refused || len(m.unstored) > 0)
	if m.phase == storing || m.phase == stored || refused {
		m.unstored = append(m.unstored, s.newNotice(m, e))
		return
	}
	s.notices.Add(s.newNotice(m, e))
}

// EmitNow emits an event that needn't wait for a save. It comes after the events of m that do wait.
func (s *Scheduler) EmitNow(m *Message, e event.Event) {
	waiting := len(m.unstored)
	switch s.Emit(m, e); {
	case len(m.unstored) == waiting: // it is on its way already, or there are no Readers
	case waiting == 0:
		s.emitStored(m, 1)
	default:
		m.unstored[waiting].noSave = true
	}
}

// emitStored passes on the first n events of m, of which the Store knows, and those behind them that
// need no save.
func (s *Scheduler) emitStored(m *Message, n int) {
	for n < len(m.unstored) && m.unstored[n].noSave {
		n++
	}
	for _, e := range m.unstored[:n] {
		s.notices.Add(e)
	}
	m.inSave = 0
	if m.unstored = m.unstored[n:]; len(m.unstored) == 0 {
		m.unstored = nil
	}
}

// emitHop adds an event of a next hop.
func (s *Scheduler) emitHop(h *hop, e event.Event) {
	if s.config.Events {
		e.NextHop, e.Failures = h.name, h.failures
		s.notices.Add(s.newNotice(nil, e))
	}
}

// emitAttempt adds the events of an attempt, one for each recipient.
func (s *Scheduler) emitAttempt(r *Result) {
	if !s.config.Events {
		return
	}
	for k, i := range r.Transfer.To {
		s.emitOutcome(r.Transfer.Message, i, &r.Outcomes[k], r.event(k))
	}
}

// event returns the event of the outcome k, with the time, the next hop and the Send connector.
func (r *Result) event(k int) event.Event {
	t := r.Transfer
	return event.Event{Time: r.At, NextHop: t.hop.name, SendConnector: t.Next.Connector().Name(), Following: len(t.To) - 1 - k, Duration: r.At.Sub(t.started)}
}

// emitOutcome adds e as the event of the outcome for the recipient i. e has the time, and what it says of
// the attempt.
func (s *Scheduler) emitOutcome(m *Message, i int, o *delivery.Outcome, e event.Event) {
	r := &m.Recipients[i]
	e.Kind, e.To, e.Attempts, e.Delay = event.Delivered, r.To, r.Attempts, e.Time.Sub(m.Arrived)
	e.Host, e.Addr, e.Local, e.HopSession, e.TLS, e.Cipher = o.Host, o.Addr, o.Local, o.Session, o.TLS, o.Cipher
	e.Reply, e.Err, e.Advice = o.Reply, o.Err, o.Advice
	switch {
	case o.Err != nil && IsPermanent(o.Err):
		e.Kind = event.Refused
	case o.Err != nil:
		e.Kind = event.Deferred
	case m.Report:
		e.Kind = event.ReportSent
	}
	s.Emit(m, e)
}

// emitRecipient adds an event of the recipient r of m, with its last attempt.
func (s *Scheduler) emitRecipient(m *Message, r *queue.Recipient, kind event.Kind, now time.Time) {
	s.Emit(m, lastAttempt(m, r, kind, now))
}

// lastAttempt returns an event of the recipient r of m, with its last attempt. The reply is from its host
// or, without one, of this server.
func lastAttempt(m *Message, r *queue.Recipient, kind event.Kind, now time.Time) event.Event {
	return event.Event{Kind: kind, Time: now, To: r.To, NextHop: r.Hop, Host: r.Host, Addr: r.Addr, TLS: r.TLS, Cipher: r.Cipher,
		Reply: r.Reply, Attempts: r.Attempts, Delay: now.Sub(m.Arrived)}
}

// unsent is the error of a recipient that was not sent, with the whole reply as its text.
type unsent struct {
	cause *relay.Error
	reply string
}

// Error returns the reply.
func (u unsent) Error() string { return u.reply }

// Unwrap returns the error without the enhanced code in its text.
func (u unsent) Unwrap() error { return u.cause }

// nameReport writes the ID of the report n into those events that wait for the Store and tell what became of its
// recipients.
func (m *Message) nameReport(n *Report, report *envelope.Envelope) {
	for _, t := range m.unstored {
		switch e := &t.Event; e.Kind {
		case event.Delivered, event.Refused, event.Expired, event.Dropped:
			if slices.ContainsFunc(n.recipients, func(i int) bool { return m.Recipients[i].To == e.To }) {
				e.Report, e.ReportEnvelope = n.ID, report
			}
		}
	}
}

// withdrawReports forgets the events of reports on m that were withdrawn.
func (m *Message) withdrawReports() {
	m.unstored = slices.DeleteFunc(m.unstored, func(t *Notice) bool { return t.Event.Kind == event.ReportQueued })
	for _, t := range m.unstored {
		t.Event.Report, t.Event.ReportEnvelope = "", nil
	}
}
