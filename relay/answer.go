package relay

import (
	"cmp"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/limits"
	"github.com/interchange-smtp/interchange/relay/event"
)

// emit passes e, with what is known of the session, to the Readers. Its Time is the present, unless it has one.
func (s *session) emit(e event.Event) {
	if s.server.emit == nil {
		return
	}
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	e.Session, e.Connector = s.conn.ID, s.endpoint.in.Name()
	e.Local, e.Remote, e.TLS, e.Cipher = s.conn.Channel.Local, s.conn.Channel.Remote, s.tls.Version, s.tls.CipherSuite
	e.Helo, e.User, e.Rights = cmp.Or(e.Helo, s.conn.Helo), s.conn.User, s.rules.Rights()
	if e.Decision == "" && s.trace != nil {
		e.Decision = s.decisionID(s.decisions + 1)
	}
	e.Proxy, e.Tester = s.conn.Proxy, s.conn.Tester
	s.server.emit(s.ctx, e)
}

// refuse reports and returns the refusal of a command by the policy. e has the Command and
// what it was about.
func (s *session) refuse(e event.Event, d connector.Decision) reply.Reply {
	e.Reason, s.answered.reason = d.Reason, d.Reason
	return s.commandRefused(e, d.Reply())
}

// overLimit reports and returns the refusal of a command by a limit.
func (s *session) overLimit(e event.Event, over *limits.Reached) reply.Reply {
	s.limitReached(over.State)
	return s.refuse(e, s.endpoint.in.Decide(over.Reason))
}

// limitReached reports that a limit has refused something, or slowed it down.
func (s *session) limitReached(reached limits.State) {
	e := event.Event{Kind: event.LimitReached}
	reached.Fill(&e)
	s.emit(e)
}

// verifierFailed reports an error of the Verifier and returns the reply for the client.
func (s *session) verifierFailed(e event.Event) reply.Reply {
	return s.refuse(e, s.endpoint.in.Decide(reply.VerifierUnavailable))
}

// handlerRefused reports the error e.Err of the Handler or the Hooks at a command and
// returns the reply for the client.
func (s *session) handlerRefused(e event.Event) reply.Reply {
	return s.commandRefused(e, replyFor(s.endpoint.in, e.Err))
}

// maxRefusals is how many refused commands of a connection have an event of their own. The
// event of its end counts them all. A client that is refused a thousand times a second
// must not fill the disk.
const maxRefusals = 100

// commandRefused reports the refusal of a command.
func (s *session) commandRefused(e event.Event, r reply.Reply) reply.Reply {
	s.refused++
	if s.refused <= maxRefusals && s.server.emit != nil {
		e.Kind, e.Reply = event.CommandRefused, r.String()
		s.emit(e)
	}
	return r
}

// refuseMessage reports and returns the refusal of a message.
func (s *session) refuseMessage(tx *transaction, d connector.Decision) reply.Reply {
	s.refused++
	if over := tx.budget.Reached(); over != nil && d.Reason == over.Reason {
		s.limitReached(over.State)
	}
	s.policyLimit(d.Reason, tx.message.About(), 0)
	r := d.Reply()
	s.messageEnded(tx, event.Event{Kind: event.MessageRefused, Reason: d.Reason}, r)
	return r
}

// messageFailed reports an error of the Handler and returns the reply for the client.
func (s *session) messageFailed(tx *transaction, err error) reply.Reply {
	s.refused++
	r := replyFor(s.endpoint.in, err)
	s.messageEnded(tx, event.Event{Kind: event.MessageFailed, Err: err}, r)
	return r
}

// acceptMessage reports and returns the acceptance of a message.
func (s *session) acceptMessage(tx *transaction) reply.Reply {
	s.messages++
	r := tx.message.Accepted()
	r.Text = cmp.Or(tx.result.Receipt.Text, r.Text)
	for _, rcpt := range tx.removed {
		s.emit(tx.event(event.RecipientRemoved, rcpt.To))
	}
	s.messageEnded(tx, event.Event{Kind: event.MessageAccepted}, r)
	return r
}

// messageEnded reports the end of a message for each recipient, and keeps its outcome for
// the Hooks.
func (s *session) messageEnded(tx *transaction, e event.Event, r reply.Reply) {
	tx.result.Size, tx.result.Err = tx.message.Size(), e.Err
	s.answered.id, s.answered.size, s.answered.recipients = tx.env.ID, tx.message.Size(), len(tx.env.To)
	if s.answered.aborted = e.Kind == event.MessageAborted; !s.answered.aborted { // else the client doesn't see the reply
		tx.result.Reply = r
	}
	if s.server.emit == nil {
		return
	}
	e.SetMessage(&tx.env.Envelope)
	e.MailFrom, e.Recipients = tx.mailFrom, len(tx.env.To)
	e.Size, e.Reply, e.Result = tx.message.Size(), r.String(), tx.result.Receipt.Result
	e.Time = time.Now()
	if arrived := tx.message.Arrived(); !arrived.IsZero() {
		e.Held = e.Time.Sub(arrived)
	}
	for i := range tx.env.To {
		e.To, e.Following = tx.env.To[i].To, len(tx.env.To)-1-i
		s.emit(e)
	}
}

// connectionEnded reports the end of the connection.
func (s *session) connectionEnded(err error) {
	s.emit(event.Event{Kind: event.ConnectionEnded, Messages: s.messages, Refused: s.refused, Duration: time.Since(s.start), Err: err})
}
