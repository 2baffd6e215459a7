package relay

import (
	"io"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/intake"
)

// Data implements smtpserver.Handler.
func (s *session) Data(body io.Reader) reply.Reply {
	tx := s.tx
	if tx == nil || len(tx.env.To) == 0 {
		return s.endpoint.in.Decide(reply.NoRecipients).Reply()
	}
	if err := tx.message.Open(body, s.facts(tx)); err != nil {
		return s.endMessage(tx, err)
	}
	err := s.server.Handler.Deliver(tx.ctx, &tx.env, tx.message.Body())
	return s.endMessage(tx, tx.message.End(err))
}

// facts returns what is known of a message before it is read.
func (s *session) facts(tx *transaction) intake.Facts {
	f := intake.Facts{
		Session: s.rules,
		Trace:   s.trace,
		Budget:  &tx.budget,
		Local:   s.channel.Local.Addr(),
		Remote:  s.channel.Remote.Addr(),
		Helo:    s.helo,
		ESMTP:   s.esmtp,
		Auth:    s.authenticated,
		UTF8:    tx.env.UTF8,
		ID:      tx.env.ID,
		From:    tx.env.From,
	}
	if s.channel.TLS {
		f.TLS = &s.tls
	}
	if len(tx.env.To) == 1 { // with several, each would learn of the others
		f.For = tx.env.To[0].To.String()
	}
	return f
}

// endMessage logs what became of a message and returns the reply. err is nil if the
// Handler has accepted the message, or an error of package intake or of the Handler.
func (s *session) endMessage(tx *transaction, err error) reply.Reply {
	s.decide(tx.message.Decision())
	switch err := err.(type) {
	case nil:
		return s.acceptMessage(tx)
	case *intake.Refusal:
		return s.refuseMessage(tx, err.Decision)
	case *intake.Broken:
		// The client won't see the reply.
		r := s.endpoint.in.Decide(reply.TemporaryError).Reply()
		s.logMessage(tx, outcome{event: "message aborted", reply: r, err: err})
		return r
	}
	return s.messageFailed(tx, err)
}
