package relay

import (
	"context"
	"crypto/tls"
	"errors"
	"net/netip"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/network"
	"github.com/interchange-smtp/interchange/internal/smtpserver"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/routing"
)

// verifyTime bounds how long a Verifier may take.
const verifyTime = 30 * time.Second

// session is the smtpserver.Handler of one connection: it asks the policy.
type session struct {
	server  *Server
	service *service
	id      string
	remote  string // channel.Remote, for logs
	start   time.Time
	until   time.Time // the end of ConnectionTimeout

	channel auth.Channel
	source  netip.Addr        // by network.Source; whose share of the Server's limits it is
	rules   connector.Session // who the client is, and what it may do
	tls     tls.ConnectionState
	helo    string
	esmtp   bool
	proven  auth.Identity // what the Verifier said, until AuthEnd
	tried   string        // the user it was asked about
	user    bool          // rules are those of somebody who has authenticated

	tx       *transaction
	messages int // taken
	refused  int // commands and messages
	protocol *conversation
	recorder *recorder // nil: nobody wants to know why
}

var _ smtpserver.Handler = (*session)(nil)

func newSession(s *Server, sv *service, channel auth.Channel, now time.Time) *session {
	sess := &session{
		server:  s,
		service: sv,
		id:      newID(),
		start:   now,
		until:   now.Add(sv.settings.ConnectionTimeout),
		remote:  channel.Remote.String(),
		channel: channel,
		source:  network.Source(channel.Remote.Addr()),
		rules:   sv.in.Open(channel),
	}
	if s.protocol.w != nil && sv.settings.ProtocolLoggingLevel == param.LoggingVerbose {
		sess.protocol = &conversation{
			out: &s.protocol, connector: sv.in.Name(), id: sess.id, local: channel.Local, remote: channel.Remote,
		}
	}
	return sess
}

// Hello implements smtpserver.Handler. EHLO and HELO change nothing about who the
// client is: RFC 5321, section 4.1.4 makes them a RSET, no more.
func (s *session) Hello(_ context.Context, name string, esmtp bool) (smtpserver.Offer, reply.Reply) {
	d := s.rules.Hello(name)
	if !d.Allowed() {
		return smtpserver.Offer{Hangup: d.Verdict == connector.Close}, s.refuse("HELO", d, "helo", clean(name))
	}
	s.helo, s.esmtp = name, esmtp
	r := s.service.settings
	offer := smtpserver.Offer{Size: r.SizeEnabled != param.SizeDisabled}
	if r.SizeEnabled == param.SizeEnabled {
		offer.MaxSize = s.rules.MaxSize()
	}
	if s.service.verifier != nil {
		offer.SASL = s.rules.SASL()
	}
	return offer, reply.Reply{Code: 250}
}

// TLS implements smtpserver.Handler: the session begins anew.
func (s *session) TLS(state tls.ConnectionState) {
	s.drop()
	s.tls = state
	s.channel.TLS = true
	if s.service.settings.DomainSecureEnabled {
		s.channel.PeerNames = peerNames(state, s.server.ClientCAs)
	}
	s.rules = s.service.in.Open(s.channel)
	s.helo, s.esmtp, s.user, s.proven = "", false, false, auth.Identity{}
	if s.protocol != nil {
		s.protocol.certified(s.channel.PeerNames)
		s.protocol.rights(s.rules.Rights())
	}
}

// Trusted implements smtpserver.Handler.
func (s *session) Trusted() bool { return s.rules.Authenticated() }

// Relays implements smtpserver.Handler.
func (s *session) Relays() bool { return s.rules.Rights().Has(permission.AcceptAnyRecipient) }

// Complete implements smtpserver.Handler.
func (s *session) Complete(local routing.Address) routing.Address {
	return s.service.in.Complete(local)
}

// Auth implements smtpserver.Handler.
func (s *session) Auth(ctx context.Context, mechanism string) (auth.Exchange, reply.Reply) {
	d := s.rules.Auth(mechanism)
	if d.Allowed() && s.service.verifier == nil {
		d = s.service.in.Decide(reply.MechanismNotOffered)
	}
	if !d.Allowed() {
		return nil, s.refuse("AUTH", d, "mechanism", clean(mechanism))
	}
	s.proven, s.tried = auth.Identity{}, ""
	exchange, err := auth.NewExchange(mechanism, func(c auth.Credentials) error { return s.verify(ctx, c) })
	if err != nil { // a mechanism of the policy that nobody speaks here
		return nil, s.refuse("AUTH", s.service.in.Decide(reply.MechanismNotOffered), "mechanism", clean(mechanism))
	}
	return exchange, reply.Reply{}
}

// errTooManyGuesses says that a password was not checked.
var errTooManyGuesses = errors.New("too many guesses")

// verify asks the Verifier, unless there were too many guesses lately.
func (s *session) verify(ctx context.Context, c auth.Credentials) error {
	ctx, cancel := context.WithTimeout(ctx, verifyTime)
	defer cancel()
	defer context.AfterFunc(s.server.closed, cancel)()
	s.tried = c.Username
	check := s.server.guesses.begin(ctx, s.source, c.Username)
	if check == nil {
		return errTooManyGuesses
	}
	var err error
	s.proven, err = s.service.verifier.Verify(ctx, c, s.channel)
	check.end(err)
	return err
}

// AuthEnd implements smtpserver.Handler.
func (s *session) AuthEnd(_ context.Context, err error) reply.Reply {
	id := s.proven
	s.proven = auth.Identity{}
	var d connector.Decision
	switch {
	case err == nil:
		var next connector.Session
		if next, d = s.rules.Login(id); d.Allowed() {
			s.rules, s.user = next, true
		}
	case errors.Is(err, auth.ErrBadCredentials):
		d = s.service.in.Decide(reply.BadCredentials)
	case errors.Is(err, errTooManyGuesses):
		d = s.service.in.Decide(reply.TooManyGuesses)
	case errors.Is(err, auth.ErrMalformed):
		d = s.service.in.Decide(reply.AuthMalformed)
	default:
		return s.verifierFailed(err, s.triedUser()...)
	}
	if !d.Allowed() {
		return s.refuse("AUTH", d, s.triedUser()...)
	}
	if s.protocol != nil {
		s.protocol.authenticated(s.rules)
	}
	return d.Reply()
}

// maxTried is how many octets of a name that can't log on go into the log.
const maxTried = 64

// triedUser is the attribute that names who tried to log on, if that is known.
func (s *session) triedUser() []any {
	if s.tried == "" {
		return nil
	}
	return []any{"tried", clean(s.tried[:min(len(s.tried), maxTried)])}
}

// Mail implements smtpserver.Handler.
func (s *session) Mail(_ context.Context, m envelope.Envelope) reply.Reply {
	s.drop()
	d := s.rules.Mail(connector.Mail{From: m.From, Size: m.Size})
	if !d.Allowed() {
		return s.refuse("MAIL", d, "from", clean(m.From.String()))
	}
	user := func() string { return s.rateUser(m) }
	if !s.service.allow(s.source, user, time.Now()) {
		return s.refuse("MAIL", s.service.in.Decide(reply.RateExceeded), "from", clean(m.From.String()))
	}
	if !s.server.transactions.reserve(s.source, 1, false) {
		return s.refuse("MAIL", s.service.in.Decide(reply.InsufficientResources), "from", clean(m.From.String()))
	}
	tx := s.transaction(m)
	if gate, ok := s.server.Handler.(Gate); ok {
		if err := gate.Admit(tx.ctx, &tx.env); err != nil {
			tx.end()
			return s.handlerRefused("MAIL", err, "from", clean(m.From.String()))
		}
	}
	s.tx = tx
	return d.Reply()
}

// rateUser returns whom MessageRateLimit counts by user.
func (s *session) rateUser(m envelope.Envelope) string {
	if !s.user {
		return m.From.String()
	}
	// The SID, for the name may be written in many ways.
	return string(s.rules.Identity().SIDs[0])
}

// Rcpt implements smtpserver.Handler.
func (s *session) Rcpt(_ context.Context, r envelope.Recipient) reply.Reply {
	tx := s.tx
	if tx == nil {
		return s.service.in.Decide(reply.BadSequence).Reply()
	}
	d := s.rules.Rcpt(connector.Rcpt{To: r.To, Accepted: len(tx.env.To)})
	if !d.Allowed() {
		return s.refuse("RCPT", d, "from", clean(tx.env.From.String()), "to", clean(r.To.String()))
	}
	if !tx.memory.reserve(int64(memoryRcpt + len(r.ORcpt) + len(r.To.Local()) + len(r.To.Domain().String()))) {
		return s.refuse("RCPT", s.service.in.Decide(reply.InsufficientResources))
	}
	tx.rcpt = r
	if router, ok := s.server.Handler.(Router); ok {
		tx.router = router
		if err := router.Route(tx.ctx, s.service.in.Policy(), &tx.env, &tx.rcpt); err != nil {
			return s.handlerRefused("RCPT", err, "from", clean(tx.env.From.String()), "to", clean(r.To.String()))
		}
	}
	tx.env.To = append(tx.env.To, tx.rcpt)
	return d.Reply()
}

// Reset implements smtpserver.Handler.
func (s *session) Reset() { s.drop() }

// Close implements smtpserver.Handler.
func (s *session) Close() { s.drop() }

// drop ends the transaction if there is one.
func (s *session) drop() {
	if s.tx != nil {
		tx := s.tx
		s.tx = nil
		tx.end()
	}
}
