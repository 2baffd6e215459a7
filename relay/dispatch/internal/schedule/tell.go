package schedule

import (
	"errors"
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// Told is an event for the Readers: of a Message or, if that is nil, of a next hop.
type Told struct {
	Message *Message
	Event   event.Event
	next    *Told
}

// Events is a list of events.
type Events struct{ first, last *Told }

// Add puts t, which is in no list, at the end.
func (l *Events) Add(t *Told) {
	if l.first == nil {
		l.first = t
	} else {
		l.last.next = t
	}
	l.last = t
}

// Take takes the first one out; nil if the list is empty.
func (l *Events) Take() *Told {
	t := l.first
	if t != nil {
		l.first, t.next = t.next, nil
	}
	return t
}

// Told takes out the next event for the Readers; nil at the end. All must be taken out after
// every event of the Scheduler.
func (s *Scheduler) Told() *Told { return s.told.Take() }

// Recycle takes back a Told that isn't used any more, as memory for the next one.
func (s *Scheduler) Recycle(t *Told) {
	*t = Told{}
	s.spareTold = t
}

// newTold returns an event of m.
func (s *Scheduler) newTold(m *Message, e event.Event) *Told {
	t := s.spareTold
	if s.spareTold = nil; t == nil {
		t = new(Told)
	}
	t.Message, t.Event = m, e
	return t
}

// Tell adds an event of m. The Readers get it when the Store knows of it, or will never know.
func (s *Scheduler) Tell(m *Message, e event.Event) {
	if !s.config.Events {
		return
	}
	e.ID, e.EnvID, e.From, e.Size = m.ID, m.EnvID, m.From, m.Size
	e.Connector, e.Remote, e.User = m.Connector, m.Remote, m.User
	if m.phase == storing || m.phase == stored {
		m.untold = append(m.untold, s.newTold(m, e))
		return
	}
	s.told.Add(s.newTold(m, e))
}

// TellNow is like Tell for what the Store needn't know. It comes after what waits for the Store.
func (s *Scheduler) TellNow(m *Message, e event.Event) {
	waiting := len(m.untold)
	if s.Tell(m, e); waiting == 0 {
		s.tellStored(m, len(m.untold))
	}
}

// tellStored passes on the first n events of m, of which the Store knows.
func (s *Scheduler) tellStored(m *Message, n int) {
	for _, e := range m.untold[:n] {
		s.told.Add(e)
	}
	m.storing = 0
	if m.untold = m.untold[n:]; len(m.untold) == 0 {
		m.untold = nil
	}
}

// TellAll passes on all events: the Store will not know of them.
func (s *Scheduler) TellAll() {
	for _, m := range s.messages {
		s.tellStored(m, len(m.untold))
	}
}

// tellHop adds an event of a next hop.
func (s *Scheduler) tellHop(h *hop, e event.Event) {
	if s.config.Events {
		e.NextHop, e.Failures = h.name, h.failures
		s.told.Add(s.newTold(nil, e))
	}
}

// tellAttempt adds the events of an attempt, one for each recipient.
func (s *Scheduler) tellAttempt(r *Result) {
	if !s.config.Events {
		return
	}
	for k, i := range r.Transfer.To {
		s.tellOutcome(r.Transfer.Message, i, &r.Outcomes[k], r.Transfer.hop.name, r.At)
	}
}

// tellOutcome adds the event of the outcome for the recipient i.
func (s *Scheduler) tellOutcome(m *Message, i int, o *delivery.Outcome, hop string, at time.Time) {
	r := &m.Recipients[i]
	e := event.Event{
		Kind: event.Delivered, Time: at, To: r.To, NextHop: hop, Host: o.Host, Addr: o.Addr, TLS: o.TLS,
		Reply: o.Reply, Err: o.Err, Attempts: r.Attempts, Delay: at.Sub(m.Arrived),
	}
	switch {
	case o.Err != nil && IsPermanent(o.Err):
		e.Kind = event.Refused
	case o.Err != nil:
		e.Kind = event.Deferred
	case m.Report:
		e.Kind = event.ReportSent
	}
	s.Tell(m, e)
}

// tellRecipient adds an event of the recipient r of m, with its last reply: from its host or, without
// one, of this server.
func (s *Scheduler) tellRecipient(m *Message, r *queue.Recipient, kind event.Kind, now time.Time) {
	e := event.Event{Kind: kind, Time: now, To: r.To, NextHop: r.Hop, Host: r.Host, Reply: r.Reply, Attempts: r.Attempts, Delay: now.Sub(m.Arrived)}
	if kind == event.Dropped && r.Host == "" && r.Reply != "" {
		e.Reply, e.Err = "", errors.New(r.Reply)
	}
	s.Tell(m, e)
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

// withdrawReports forgets the events of reports on m that were withdrawn.
func (m *Message) withdrawReports() {
	m.untold = slices.DeleteFunc(m.untold, func(t *Told) bool { return t.Event.Kind == event.ReportQueued })
}
