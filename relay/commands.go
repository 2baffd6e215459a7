package relay

import (
	"context"
	"crypto/tls"
	"errors"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/limits"
	"github.com/interchange-smtp/interchange/internal/logon"
	"github.com/interchange-smtp/interchange/internal/smtpserver"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/routing"
)

var _ smtpserver.Handler = (*session)(nil)

// Hello implements smtpserver.Handler. EHLO and HELO don't change who the client is:
// RFC 5321, section 4.1.4 gives them the effect of RSET only.
func (s *session) Hello(name string, esmtp bool) (smtpserver.Offer, reply.Reply) {
	d := s.decide(s.rules.Hello(name))
	if !d.Allowed() {
		return smtpserver.Offer{Hangup: d.Verdict == connector.Close}, s.refuse(event.Event{Command: "HELO", Helo: name}, d)
	}
	s.conn.Helo, s.conn.ESMTP = name, esmtp
	if err := hooks(s.server.Hooks).hello(s.ctx, &s.conn); err != nil {
		return smtpserver.Offer{}, s.handlerRefused(event.Event{Command: "HELO", Err: err})
	}
	r := s.endpoint.settings
	offer := smtpserver.Offer{Size: r.SizeEnabled != param.SizeDisabled, StartTLS: s.rules.OffersTLS(), SASL: s.rules.SASL()}
	if r.SizeEnabled == param.SizeEnabled {
		offer.MaxSize = s.rules.MaxSize()
	}
	return offer, reply.Reply{Code: 250}
}

// OutOfOrder implements smtpserver.Handler.
func (s *session) OutOfOrder(v order.Verb, why reply.Reason) reply.Reply {
	return s.decide(s.rules.OutOfOrder(v, why)).Reply()
}

// StartTLS implements smtpserver.Handler.
func (s *session) StartTLS() reply.Reply {
	if d := s.decide(s.rules.StartTLS()); !d.Allowed() {
		return d.Reply()
	}
	return reply.Reply{}
}

// TLS implements smtpserver.Handler: the session begins again.
func (s *session) TLS(state tls.ConnectionState) {
	s.drop()
	s.tls = state
	ep := s.endpoint
	s.conn.Channel = ep.methods.On(logon.Secured(s.conn.Channel, state, ep.settings, ep.clientCAs))
	s.follow(ep.in.Open(s.conn.Channel, s.trace))
	s.conn.Helo, s.conn.ESMTP, s.conn.User, s.authenticated, s.exchange = "", false, "", false, nil
	s.emit(event.Event{Kind: event.TLSBegun})
	if s.protocol != nil {
		s.protocol.secured(state, s.conn.Channel)
		s.protocol.rights(s.rules.Rights())
	}
}

// Trusted implements smtpserver.Handler.
func (s *session) Trusted() bool { return s.rules.Authenticated() }

// Relays implements smtpserver.Handler.
func (s *session) Relays() bool { return s.rules.Rights().Has(permission.AcceptAnyRecipient) }

// Complete implements smtpserver.Handler.
func (s *session) Complete(local routing.Address) routing.Address {
	return s.endpoint.in.Complete(local)
}

// Auth implements smtpserver.Handler.
func (s *session) Auth(mechanism string) (auth.Exchange, reply.Reply) {
	d := s.decide(s.rules.Auth(mechanism))
	if !d.Allowed() {
		return nil, s.refuse(event.Event{Command: "AUTH", Mechanism: mechanism}, d)
	}
	exchange, err := logon.Begin(s.ctx, &s.server.guesses, s.endpoint.methods, mechanism, s.conn.Channel)
	if err != nil {
		return nil, s.refuse(event.Event{Command: "AUTH", Mechanism: mechanism, Err: err}, s.endpoint.in.Decide(reply.MechanismNotOffered))
	}
	s.exchange, s.answered.mechanism = exchange, mechanism
	if s.protocol != nil {
		s.protocol.mechanism = mechanism
	}
	return exchange, reply.Reply{}
}

// AuthEnd implements smtpserver.Handler.
func (s *session) AuthEnd(err error) reply.Reply {
	id := s.exchange.Identity
	next, d := logon.End(s.rules, id, err)
	if err == nil {
		s.decide(d)
	}
	if s.protocol != nil && !d.Allowed() {
		s.protocol.logonFailed(s.exchange.Tried, d.Reason)
	}
	switch {
	case d.Reason == reply.VerifierUnavailable:
		return s.verifierFailed(s.triedUser(err))
	case !d.Allowed():
		if over := logon.Reached(err); over != nil {
			s.limitReached(*over)
		}
		return s.refuse(s.triedUser(logon.TokenError(err)), d)
	}
	if err := hooks(s.server.Hooks).login(s.ctx, &s.conn, id); err != nil {
		return s.loginRefused(err)
	}
	s.follow(next)
	s.authenticated, s.conn.User = true, next.Identity().Principal.Name
	if s.protocol != nil {
		s.protocol.loggedOn(s.conn.User, s.rules.Rights())
	}
	return d.Reply()
}

// loginRefused reports that the Hooks have refused a user and returns the reply for the client.
func (s *session) loginRefused(err error) reply.Reply {
	if e := new(Error); errors.As(err, &e) {
		return s.handlerRefused(s.triedUser(err))
	}
	return s.verifierFailed(s.triedUser(err))
}

// triedUser returns the event of a failed AUTH, with the user name that was tried, if any.
func (s *session) triedUser(err error) event.Event {
	return event.Event{Command: "AUTH", Tried: s.exchange.Tried, Err: err}
}

// Mail implements smtpserver.Handler.
func (s *session) Mail(m envelope.Envelope) reply.Reply {
	s.drop()
	d := s.decide(s.rules.Mail(connector.Mail{From: m.From, Size: m.Size, UTF8: m.UTF8}))
	if !d.Allowed() {
		s.policyLimit(d.Reason, connector.Message{Size: m.Size}, 0)
		return s.refuse(event.Event{Command: "MAIL", From: m.From}, d)
	}
	sender := m.From
	m.From = s.rules.SenderOf(sender)
	user := func() limits.User { return limits.UserOf(s.rules, s.authenticated, m.From) }
	if over := s.endpoint.messages.Enter(s.endpoint.settings, s.source, user, time.Now()); over != nil {
		return s.overLimit(event.Event{Command: "MAIL", From: m.From}, over)
	}
	budget, over := s.server.transactions.Begin(s.source)
	if over != nil {
		return s.overLimit(event.Event{Command: "MAIL", From: m.From}, over)
	}
	tx := s.newTransaction(m, budget)
	if m.From != sender {
		tx.mailFrom = sender
	}
	if err := tx.begin(s.server); err != nil {
		tx.result.Reply, tx.result.Err = s.handlerRefused(event.Event{Command: "MAIL", From: m.From, Err: err}), err
		tx.end()
		return tx.result.Reply
	}
	s.tx = tx
	return d.Reply()
}

// newTransaction returns the transaction that an accepted MAIL begins.
func (s *session) newTransaction(m envelope.Envelope, b limits.Budget) *transaction {
	principal := s.rules.Identity().Principal
	m.ID, m.Connector, m.Remote, m.Helo = envelope.NewID(), s.endpoint.in.Name(), s.conn.Channel.Remote, s.conn.Helo
	m.Signable, m.Session, m.NetworkID = s.rules.IsSignable(), s.conn.ID, envelope.NewNetworkID()
	if s.authenticated {
		m.User = principal.Name
	}
	tx := &transaction{budget: b, env: Envelope{
		Envelope: m, Inbound: s.endpoint.in, Policy: s.endpoint.in.Policy(), Principal: principal,
		Rights: s.rules.Rights(), Local: s.conn.Channel.Local, trace: s.trace}}
	tx.env.To = tx.first[:0]
	if s.conn.Channel.TLS {
		tx.env.TLS = &s.tls
	}
	// After the end of the connection no reply could reach the client.
	tx.ctx, tx.cancel = context.WithDeadline(s.ctx, s.until)
	return tx
}

// Rcpt implements smtpserver.Handler.
func (s *session) Rcpt(r envelope.Recipient) reply.Reply {
	tx := s.tx
	if tx == nil {
		return s.endpoint.in.Decide(reply.BadSequence).Reply()
	}
	d := s.decide(s.rules.Rcpt(connector.Rcpt{To: r.To, Accepted: len(tx.env.To), UTF8: tx.env.UTF8}))
	var unchecked error
	if d.Allowed() {
		d, unchecked = s.found(tx, r, d)
	}
	if !d.Allowed() {
		s.policyLimit(d.Reason, connector.Message{}, len(tx.env.To)+1)
		return s.refuse(tx.refusal(r.To, unchecked), d)
	}
	if !tx.budget.Recipient(len(r.ORcpt) + len(r.To.Local()) + len(r.To.Domain().String())) {
		return s.overLimit(tx.refusal(r.To, nil), tx.budget.Reached())
	}
	tx.env.routed = nil
	err := hooks(s.server.Hooks).rcpt(tx.ctx, &tx.env, r)
	if err == nil {
		err = tx.handler.Rcpt(tx.ctx, r)
	}
	if route := tx.env.routed; route != nil && route.Outcome != routing.Routed {
		s.decide(route.Decision()) // for the record
	}
	if err != nil {
		return s.handlerRefused(tx.refusal(r.To, err))
	}
	tx.env.To = append(tx.env.To, r)
	return d.Reply()
}

// Reset implements smtpserver.Handler.
func (s *session) Reset() { s.drop() }

// Close implements smtpserver.Handler.
func (s *session) Close() { s.drop() }
