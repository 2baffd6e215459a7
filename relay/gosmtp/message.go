package gosmtp

import (
	"io"
	"slices"

	"github.com/emersion/go-smtp"

	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/intake"
	"github.com/interchange-smtp/interchange/internal/smtpserver"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// Data implements smtp.Session.
func (s *session) Data(r io.Reader) error {
	_, err := s.receive(r, s.next.Data)
	return err
}

// receive hands the message in r to deliver if the policy allows it. The transaction is nil
// if the error alone says what became of the message.
func (s *session) receive(r io.Reader, deliver func(io.Reader) error) (tx *transaction, err error) {
	pipe, chunks := r.(*io.PipeReader)
	tx, err = s.beginData(pipe)
	if err != nil {
		return nil, err
	}
	defer s.endData(tx)
	body := r
	strict := new(smtpserver.StrictReader)
	if tx.body != smtp.BodyBinaryMIME {
		strict = smtpserver.NewStrictReader(r, !s.conn.settings.BareLinefeedRejectionEnabled.Or(true))
		body = strict
	}
	if err = tx.message.Open(body, s.facts(tx)); err == nil {
		err = tx.message.End(deliver(tx.message.Body()))
	}
	switch err := err.(type) {
	case nil:
		return tx, s.accepted(tx)
	case *intake.Refusal:
		return nil, s.decide(err.Decision)
	case *intake.Broken:
		return nil, s.broken(strict.Forbidden(), chunks)
	}
	if err == intake.ErrUnread {
		tx = nil
	}
	return tx, s.failed("DATA", err)
}

// beginData takes the transaction from the session, so that a Reset while the message is
// being received doesn't end it.
func (s *session) beginData(pipe *io.PipeReader) (*transaction, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	verb := order.Data
	if pipe != nil {
		verb, s.pipe = order.Bdat, pipe
	}
	if err := s.outOfOrder(verb); err != nil {
		return nil, err
	}
	tx := s.tx
	s.tx, s.data = nil, make(chan struct{})
	s.order.EndTransaction()
	return tx, nil
}

// endData ends the transaction, also if Next panics.
func (s *session) endData(tx *transaction) {
	tx.budget.End()
	s.conn.setBusy(false)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, call := range s.later {
		call()
	}
	close(s.data)
	s.data, s.later = nil, nil
}

// facts returns the facts about a message that are known before it is read.
func (s *session) facts(tx *transaction) intake.Facts {
	f := intake.Facts{
		Session:  s.rules,
		Budget:   &tx.budget,
		Envelope: envelope.Envelope{ID: tx.id, From: tx.from, UTF8: tx.utf8, Remote: s.conn.remote, Helo: s.helo},
		Local:    s.conn.local.Addr(),
		TLS:      s.tls,
		ESMTP:    true, // go-smtp doesn't say
		Auth:     s.order.Authenticated,
	}
	if tx.recipients == 1 { // with several, each would learn of the others
		f.For = tx.first
	}
	return f
}

// accepted returns the reply to an accepted message, which go-smtp takes from an error.
func (s *session) accepted(tx *transaction) error {
	r := tx.message.Accepted()
	if !s.conn.settings.EnhancedStatusCodesEnabled.Or(true) {
		r = r.Bare()
	}
	return smtpError(r)
}

// broken returns the reply to a message without an end, or with bytes that no message may
// have. After such a DATA the connection ends: what follows may be the rest of the message.
func (s *session) broken(forbidden, chunks bool) error {
	switch {
	case forbidden && !chunks:
		s.conn.finish()
		fallthrough
	case forbidden:
		return s.decide(s.conn.in.Decide(reply.BareLinefeed))
	case !chunks:
		_ = s.conn.Close() // it is lost already
	}
	return smtpError(s.conn.in.Decide(reply.TemporaryError).Reply())
}

// lmtpSession is the session of a Next whose session is an smtp.LMTPSession.
type lmtpSession struct{ *session }

// LMTPData implements smtp.LMTPSession. The answers of Next count once the message is
// known to be whole.
func (s *lmtpSession) LMTPData(r io.Reader, status smtp.StatusCollector) error {
	var given answers
	tx, err := s.receive(r, func(body io.Reader) error { return s.next.(smtp.LMTPSession).LMTPData(body, &given) })
	if tx == nil {
		return err
	}
	for _, a := range given {
		if a.err != nil {
			a.err = s.failed("DATA", a.err)
		}
		status.SetStatus(tx.rawName(a.to), a.err)
	}
	return err
}

// answers collects the answers of an smtp.LMTPSession for each recipient.
type answers []answer

type answer struct {
	to  string
	err error
}

// SetStatus implements smtp.StatusCollector.
func (a *answers) SetStatus(to string, err error) { *a = append(*a, answer{to, err}) }

// take removes and returns the first answer for a recipient, or returns the answer for
// recipients without one.
func (a *answers) take(to string, others error) error {
	i := slices.IndexFunc(*a, func(given answer) bool { return given.to == to })
	if i < 0 {
		return others
	}
	err := (*a)[i].err
	*a = slices.Delete(*a, i, i+1)
	return err
}
