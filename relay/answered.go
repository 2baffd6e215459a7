package relay

import (
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/smtpserver"
	"github.com/interchange-smtp/interchange/relay/event"
)

// ErrPanic is the cause of the error of event.ConnectionEnded after a panic, most likely of the
// Handler or of Hooks.
var ErrPanic = smtpserver.ErrPanic

// answered has the facts about the answer to the command in progress.
type answered struct {
	reason    reply.Reason // of the policy's latest decision
	mechanism string       // of an AUTH that was begun

	// Of a message.
	id         string
	size       int64
	recipients int
	aborted    bool
}

// commandAnswered reports a command.
func (s *session) commandAnswered(c smtpserver.Answered) {
	a := s.answered
	s.answered = answered{}
	s.progress.note(s, c.Verb)
	switch {
	case c.Reason != reply.Undecided:
		a.reason = c.Reason
	case a.reason.Accepts() != (c.Code < 400): // something else has decided
		a.reason = reply.Undecided
	}
	if a.aborted {
		c.Code = 0
	}
	s.emit(event.Event{
		Kind: event.CommandAnswered, Command: c.Verb, Code: c.Code, Reason: a.reason, Duration: c.Took, Held: c.Held,
		Mechanism: a.mechanism, ID: a.id, Size: a.size, Recipients: a.recipients,
	})
}
