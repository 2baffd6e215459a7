package relay

import (
	"cmp"
	"errors"
	"io"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/content"
	"github.com/interchange-smtp/interchange/internal/intake"
	"github.com/interchange-smtp/interchange/relay/event"
)

// Data implements smtpserver.Handler.
func (s *session) Data(body io.Reader) reply.Reply {
	tx := s.tx
	if tx == nil || len(tx.env.To) == 0 {
		return s.endpoint.in.Decide(reply.NoRecipients).Reply()
	}
	s.progress.note(s, "DATA")
	if err := tx.message.Open(body, s.facts(tx)); err != nil {
		return s.endMessage(tx, err)
	}
	tx.env.MessageID, tx.env.Subject = tx.message.MessageID(), tx.message.Subject()
	tx.env.NetworkID = cmp.Or(tx.message.NetworkID(), tx.env.NetworkID)
	receipt, err := s.deliver(tx)
	var header []byte
	if len(receipt.Refused) > 0 {
		header = tx.message.Header()
	}
	if err = tx.message.End(err); err == nil {
		if err = s.reportRefused(tx, receipt.Refused, header); err == nil {
			tx.result.Receipt = receipt
		}
	}
	return s.endMessage(tx, err)
}

// deliver hands the message to the Handler: while it arrives or, if Hooks look at it, when
// it is whole.
func (s *session) deliver(tx *transaction) (Receipt, error) {
	if !hooks(s.server.Hooks).wantMessage(&tx.env) {
		return tx.handler.Deliver(tx.ctx, tx.message.Body())
	}
	m, err := s.server.Messages.Read(tx.message.Body())
	if errors.Is(err, content.ErrSpill) {
		err = &Error{Reply: s.endpoint.in.Decide(reply.InsufficientResources).Reply(), Err: err}
	}
	if err != nil {
		return Receipt{}, err
	}
	defer m.Close()
	if err := s.askHooks(tx, m); err != nil {
		return Receipt{}, err
	}
	if len(tx.env.To) == 0 {
		return Receipt{Result: "all recipients were removed"}, nil
	}
	body := m.Open()
	receipt, err := tx.handler.Deliver(tx.ctx, body)
	if err == nil && !body.(*content.Reader).Whole() {
		err = intake.ErrUnread
	}
	return receipt, err
}

// facts returns the facts about a message that are known before it is read.
func (s *session) facts(tx *transaction) intake.Facts {
	f := intake.Facts{
		Session:  s.rules,
		Trace:    s.trace,
		Budget:   &tx.budget,
		Envelope: tx.env.Envelope,
		Local:    s.conn.Channel.Local.Addr(),
		TLS:      tx.env.TLS,
		ESMTP:    s.conn.ESMTP,
		Auth:     s.authenticated,
	}
	if len(tx.env.To) == 1 { // with several, each would learn of the others
		f.For = tx.env.To[0].To.String()
	}
	return f
}

// endMessage reports what became of a message and returns the reply. err is nil if the
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
		s.messageEnded(tx, event.Event{Kind: event.MessageAborted, Err: err}, r)
		return r
	}
	return s.messageFailed(tx, err)
}
