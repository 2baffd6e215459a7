package gosmtp

import (
	"errors"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
)

// smtpError returns r as go-smtp sends it. go-smtp would invent an enhanced code for a
// reply that has none.
func smtpError(r reply.Reply) *smtp.SMTPError {
	e := smtp.EnhancedCode(r.Enhanced)
	if e == smtp.EnhancedCodeNotSet {
		e = smtp.NoEnhancedCode
	}
	return &smtp.SMTPError{Code: r.Code, EnhancedCode: e, Message: r.Text}
}

// decide refuses a sender, a recipient or a message by d.
func (s *session) decide(d connector.Decision) error { return s.refuse(d.Reply(), s.guessesNothing()) }

// refuse returns the refusal r, see count.
func (s *session) refuse(r reply.Reply, forgiven bool) error {
	s.count(r.Code, forgiven)
	return smtpError(r)
}

// count counts a refusal. Unless it is forgiven, a 5xx is an error: it is late, and one
// more than MaxProtocolErrors ends the connection.
func (s *session) count(code int, forgiven bool) {
	if code < 500 || forgiven {
		return
	}
	s.conn.errors++
	if most := int(s.conn.settings.MaxProtocolErrors.Or(0)); most >= 0 && s.conn.errors > most {
		s.backend.endedBy(s.conn, "MaxProtocolErrors", most, 1)
		s.conn.finish()
	}
	if !s.rules.Authenticated() {
		time.Sleep(s.conn.settings.TarpitInterval.Or(0))
	}
}

// failedLogon refuses a logon by d. MaxLogonFailures of them end the connection.
func (s *session) failedLogon(d connector.Decision) error {
	time.Sleep(s.conn.settings.AuthTarpitInterval.Or(0))
	r := d.Reply()
	if r.Code >= 500 {
		s.conn.logons++
		if most := s.conn.settings.MaxLogonFailures.Or(0); most > 0 && s.conn.logons >= most {
			s.backend.endedBy(s.conn, "MaxLogonFailures", most, 0)
			s.conn.finish()
		}
	}
	return smtpError(r)
}

// failed returns the reply for an error of Next. go-smtp would send the text of any error
// to the client, and a 2xx that Next got from another server for success.
func (s *session) failed(command string, err error) error {
	var e *smtp.SMTPError
	if errors.As(err, &e) && e.Code >= 400 && e.Code <= 599 {
		s.count(e.Code, s.guessesNothing())
		return e
	}
	s.backend.log().Error("backend failed", "connector", s.conn.in.Name(), "remote", s.conn.remote, "command", command, "error", err)
	return smtpError(s.conn.in.Decide(reply.TemporaryError).Reply())
}

// guessesNothing reports whether refused mail is no error of the client: a trusted client
// and one that may relay have lists with dead addresses.
func (s *session) guessesNothing() bool {
	return s.rules.Authenticated() || s.rules.Rights().Has(permission.AcceptAnyRecipient)
}
