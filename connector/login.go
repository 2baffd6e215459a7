package connector

import (
	"slices"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
)

// SASL returns the SASL mechanisms that EHLO offers now, in its order.
func (s Session) SASL() []string {
	if s.in == nil || s.client.kind == userClient || s.mustStartTLS() {
		return nil
	}
	return s.in.mechanism.Offer(s.authChannel())
}

// authChannel returns the channel by which SASL mechanisms are chosen.
func (s Session) authChannel() auth.Channel {
	return auth.Channel{TLS: s.tls, NoVerifier: s.noVerifier, Further: s.further}
}

// Auth decides whether the SASL mechanism may be tried now.
func (s Session) Auth(mechanism string) Decision {
	if s.in == nil {
		return s.noConnector()
	}
	if d := s.mayLogin(); !d.Allowed() {
		return d
	}
	if !s.check(checkMechanism, s.in.mechanism.Permits(mechanism, s.authChannel()), about{subject: saslName(mechanism)}) {
		return s.in.Decide(reply.MechanismNotOffered)
	}
	return s.in.Decide(reply.AuthReady)
}

// mayLogin decides whether the client may use AUTH now, with any mechanism.
func (s Session) mayLogin() Decision {
	if s.in.settings.RequireTLS && !s.check(checkTLS, s.tls, about{}) {
		return s.in.Decide(reply.StartTLSFirst)
	}
	if s.noVerifier && len(s.further) == 0 {
		s.check(checkVerifier, false, about{})
		return s.in.Decide(reply.MechanismNotOffered)
	}
	// RFC 4954 section 4: a session has one successful AUTH at most.
	if !s.check(checkNotAuthenticated, s.client.kind != userClient, about{subject: s.client.id.Name}) {
		return s.in.Decide(reply.BadSequence)
	}
	// Every session of such a connector is Externally Secured already. AUTH is not
	// offered there, and would leave the client fewer rights.
	if s.client.kind == externalClient {
		s.check(checkExternallySecured, true, about{})
		return s.in.Decide(reply.MechanismNotOffered)
	}
	return s.in.Decide(reply.AuthReady)
}

// Login returns the session of the client that AUTH identified as id, or s itself
// and the decision that refuses it. The identity replaces the anonymous one and
// becomes a member of Authenticated Users, so grants to anonymous sessions no longer
// apply. Login refuses an identity without ms-Exch-SMTP-Submit: Exchange requires
// that right for AUTH and MAIL. Login copies id.
func (s Session) Login(id auth.Identity) (Session, Decision) { return s.login(id, "AUTH") }

// login is Login; proof names the command that has proved id in the step about it.
func (s Session) login(id auth.Identity, proof string) (Session, Decision) {
	if s.in == nil {
		return s, s.noConnector()
	}
	if d := s.mayLogin(); !d.Allowed() {
		return s, d
	}
	user := loginIdentity(id)
	if !s.check(checkIdentity, !user.IsZero(), about{subject: proof + " proves that the client is " + user.String()}) {
		return s, s.in.Decide(reply.BadCredentials)
	}
	next := s
	next.client = s.in.newClient(userClient, user)
	if !next.right(checkSubmit, permission.Submit) {
		return s, s.in.style.decide(reply.LoginWithoutSubmit, permission.Submit)
	}
	return next, s.in.Decide(reply.LoginOK)
}

// loginIdentity returns a copy of id with Authenticated Users and without Anonymous
// Logon; the zero Identity if id has neither a name nor another SID.
func loginIdentity(id auth.Identity) auth.Identity {
	sids := make([]permission.SID, 0, len(id.SIDs)+1)
	for _, sid := range id.SIDs {
		if sid != permission.SIDAnonymous && sid != "" {
			sids = append(sids, sid)
		}
	}
	if id.Name == "" && len(sids) == 0 {
		return auth.Identity{}
	}
	if !slices.Contains(sids, permission.SIDAuthenticatedUsers) {
		sids = append(sids, permission.SIDAuthenticatedUsers)
	}
	return auth.Identity{
		Principal: permission.Principal{Name: id.Name, SIDs: sids},
		Addresses: slices.Clone(id.Addresses),
		Domains:   slices.Clone(id.Domains),
	}
}

// saslName returns the name of a mechanism if it is safe to print: the client chose
// it, and RFC 4422 section 3.1 allows 20 characters of a small set.
func saslName(name string) string {
	if len(name) > 20 {
		return "the mechanism"
	}
	for i := range len(name) {
		c := lower(name[i])
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return "the mechanism"
		}
	}
	return name
}
