package gosmtp

import (
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/limits"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/routing"
)

// outOfOrder returns the refusal if the command can't be taken now, otherwise nil.
func (s *session) outOfOrder(v order.Verb) error {
	if s.conn.isOver() {
		return s.decide(s.conn.in.Decide(reply.TooManyErrors))
	}
	if s.unfit != nil {
		return s.unfit
	}
	if reason := s.order.Refuse(v); reason != 0 {
		return s.refuse(s.conn.in.Decide(reason).Reply(), false)
	}
	return nil
}

// Mail implements smtp.Session.
func (s *session) Mail(from string, opts *smtp.MailOptions) error {
	s.await()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.outOfOrder(order.Mail); err != nil {
		return err
	}
	if s.backend.stopping.Load() {
		s.conn.finish()
		return s.decide(s.conn.in.Decide(reply.ShuttingDown))
	}
	sender, reason := address(from, true)
	if reason != 0 {
		return s.decide(s.conn.in.Decide(reason))
	}
	if d := s.rules.Mail(connector.Mail{From: sender, Size: opts.Size, UTF8: opts.UTF8}); !d.Allowed() {
		return s.decide(d)
	}
	sender = s.rules.SenderOf(sender)
	user := func() limits.User { return limits.UserOf(s.rules, s.order.Authenticated, sender) }
	if over := s.conn.count.messages.Enter(s.conn.settings, s.conn.source, user, time.Now()); over != nil {
		return s.overLimit(over)
	}
	budget, over := s.backend.transactions.Begin(s.conn.source)
	if over != nil {
		return s.overLimit(over)
	}
	if err := s.next.Mail(sender.String(), opts); err != nil {
		budget.End()
		return s.failed("MAIL", err)
	}
	s.tx = &transaction{id: envelope.NewID(), from: sender, utf8: opts.UTF8, body: opts.Body, budget: budget}
	s.conn.setBusy(true)
	s.order.Transaction, s.order.Binary = true, opts.Body == smtp.BodyBinaryMIME
	return nil
}

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, opts *smtp.RcptOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.outOfOrder(order.Rcpt); err != nil {
		return err
	}
	rcpt, reason := address(to, false)
	if reason != 0 {
		return s.decide(s.conn.in.Decide(reason))
	}
	if d := s.rules.Rcpt(connector.Rcpt{To: rcpt, Accepted: s.order.Recipients, UTF8: s.tx.utf8}); !d.Allowed() {
		return s.decide(d)
	}
	name := rcpt.String()
	if !s.tx.budget.Recipient(len(name) + len(opts.OriginalRecipient)) {
		return s.decide(s.conn.in.Decide(reply.InsufficientResources))
	}
	if err := s.next.Rcpt(name, opts); err != nil {
		return s.failed("RCPT", err)
	}
	s.tx.accept(name, to)
	s.order.Recipients++
	return nil
}

// address reads an address as go-smtp gives it: without the quotes of the local part, so
// that the last @ precedes the domain.
func address(s string, nullOK bool) (routing.Address, reply.Reason) {
	if s == "" && nullOK {
		return routing.Address{}, 0
	}
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return routing.Address{}, reply.InvalidAddress
	}
	local := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s[:at])
	a, err := routing.ParseAddress(`"` + local + `"` + s[at:])
	if err != nil {
		return routing.Address{}, reply.InvalidAddress
	}
	return a, 0
}
