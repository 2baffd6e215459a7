package gosmtp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/logon"
	"github.com/interchange-smtp/interchange/relay/event"
)

// AuthMechanisms implements smtp.AuthSession.
func (s *session) AuthMechanisms() []string {
	offered := s.rules.SASL()
	if s.backend.Verifier != nil {
		return offered
	}
	theirs := s.mechanismsOfNext()
	return slices.DeleteFunc(offered, func(m string) bool { return !slices.Contains(theirs, m) })
}

// mechanismsOfNext returns the mechanisms of Next.
func (s *session) mechanismsOfNext() []string {
	if next, ok := s.next.(smtp.AuthSession); ok {
		return next.AuthMechanisms()
	}
	return nil
}

// Auth implements smtp.AuthSession. go-smtp calls it for mechanisms that weren't offered too.
func (s *session) Auth(mechanism string) (sasl.Server, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.outOfOrder(order.Auth); err != nil {
		return nil, err
	}
	if s.data != nil { // between two chunks
		return nil, s.refuse(s.conn.in.Decide(reply.BadSequence).Reply(), false)
	}
	d := s.rules.Auth(mechanism)
	if d.Allowed() && !slices.Contains(s.AuthMechanisms(), strings.ToUpper(mechanism)) {
		d = s.conn.in.Decide(reply.MechanismNotOffered)
	}
	if !d.Allowed() {
		return nil, s.refuse(d.Reply(), false)
	}
	if s.backend.Verifier == nil {
		return s.authByNext(mechanism)
	}
	b := s.backend
	next, err := logon.Begin(context.Background(), &b.guesses, auth.MethodsOf(b.Verifier), mechanism, s.channel)
	if err != nil {
		return nil, s.refuse(s.conn.in.Decide(reply.MechanismNotOffered).Reply(), false)
	}
	return &exchange{session: s, next: next, identify: func() (auth.Identity, error) { return next.Identity, nil }}, nil
}

// authByNext begins an exchange of Next.
func (s *session) authByNext(mechanism string) (sasl.Server, error) {
	next := s.next.(smtp.AuthSession)
	server, err := next.Auth(mechanism)
	if err != nil {
		return nil, s.failed("AUTH", err)
	}
	return &exchange{session: s, next: &foreign{server, s}, identify: func() (auth.Identity, error) { return s.backend.Identify(next) }}, nil
}

// exchange is a SASL exchange, of package auth or of Next, that ends with the policy's
// decision.
type exchange struct {
	session  *session
	next     sasl.Server
	identify func() (auth.Identity, error) // once the exchange has succeeded
}

// Next implements sasl.Server.
func (x *exchange) Next(response []byte) (challenge []byte, done bool, err error) {
	challenge, done, err = x.next.Next(response)
	if err == nil && !done {
		return challenge, false, nil
	}
	var id auth.Identity
	if err == nil {
		id, err = x.identify()
	}
	return nil, true, x.end(id, err)
}

// foreign is an exchange of Next. Which user it is about isn't known, so that only the
// guesses of the client's source can be counted.
type foreign struct {
	sasl.Server
	session *session
}

// Next implements sasl.Server. An error says that the client has failed, unless it has a
// temporary reply.
func (f *foreign) Next(response []byte) (challenge []byte, done bool, err error) {
	source := f.session.conn.source
	err = logon.Check(context.Background(), &f.session.backend.guesses, source, "", func() (err error) {
		challenge, done, err = f.Server.Next(response)
		err = logonError(err)
		return err
	})
	return challenge, done, err
}

// logonError returns an error of an exchange of a backend as package logon understands it.
func logonError(err error) error {
	var e *smtp.SMTPError
	if err == nil || errors.As(err, &e) && e.Temporary() {
		return err
	}
	return fmt.Errorf("%w: %w", auth.ErrBadCredentials, err)
}

// end ends the exchange, and returns the refusal unless the client has logged on.
func (x *exchange) end(id auth.Identity, err error) error {
	s := x.session
	s.mu.Lock()
	defer s.mu.Unlock()
	rules, d := logon.End(s.rules, id, err)
	if !d.Allowed() {
		if over := logon.Reached(err); over != nil {
			s.backend.limitReached(s.conn, *over)
		}
		x.logRefusal(d, err)
		return s.failedLogon(d)
	}
	s.rules, s.order.Authenticated = rules, true
	return nil
}

// maxRefusals is how many refused logons of a connection have a line in the log. A client that
// is refused a thousand times a second must not fill the disk.
const maxRefusals = 100

// logRefusal logs that d, after the error err, refuses the client: the line that relay.Server
// has for it.
func (x *exchange) logRefusal(d connector.Decision, err error) {
	c := x.session.conn
	if c.refused++; c.refused > maxRefusals {
		return
	}
	e := event.Event{
		Kind: event.CommandRefused, Connector: c.in.Name(), Remote: c.remote,
		Command: "AUTH", Reply: d.Reply().String(), Reason: d.Reason, Err: err,
	}
	if d.Reason != reply.VerifierUnavailable {
		e.Err = logon.TokenError(err)
	}
	if own, ok := x.next.(*logon.Exchange); ok {
		e.Tried = own.Tried
	}
	x.session.backend.report(e)
}
