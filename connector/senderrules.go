package connector

import (
	"slices"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/routing"
)

// senderRules are AllowedSenders, RewriteSender and RewriteFrom.
type senderRules struct {
	restricted    bool            // AllowedSenders isn't empty
	rewriteSender routing.Address // zero: no sender is replaced
	rewriteFrom   routing.Address // zero: no author is replaced
}

// newSenderRules compiles the rules of r.
func newSenderRules(r *Receive) (rules senderRules, err error) {
	rules.restricted = len(r.AllowedSenders) > 0
	if r.RewriteSender != "" {
		if rules.rewriteSender, err = routing.ParseAddress(r.RewriteSender); err != nil {
			return rules, err
		}
	}
	if r.RewriteFrom != "" {
		rules.rewriteFrom, err = routing.ParseAddress(r.RewriteFrom)
	}
	return rules, err
}

// SendRights decides whether the rights of the session let it send as a, at MAIL and in the
// header. Mail and Authors decide by AllowedSenders, RewriteSender and RewriteFrom too.
func (s Session) SendRights(a routing.Address) Decision {
	if s.in == nil {
		return s.noConnector()
	}
	return s.sendRights(a)
}

// SenderOf returns the sender as which a message goes on that the client sends as from, if
// Mail passes: from itself, or RewriteSender. RewriteSender replaces a sender that the client
// may not use, by AllowedSenders or its rights; if AllowedSenders is empty, it replaces every
// sender of a client who hasn't logged on. It replaces neither the null sender nor the senders
// of partners and of Externally Secured servers.
func (s Session) SenderOf(from routing.Address) routing.Address {
	if s.in == nil || from.IsNull() || !s.in.senders.rewriteSender.IsValid() {
		return from
	}
	s.trace = nil
	if !s.rewrites(s.sender(from)) {
		return from
	}
	return s.in.senders.rewriteSender
}

// FromOf returns the address that replaces the From field of a message for which Authors
// passes; zero if the field stays. RewriteFrom replaces authors as RewriteSender replaces
// senders, see [Session.SenderOf]. The arguments are those of Authors.
func (s Session) FromOf(authors []routing.Address, readable bool) routing.Address {
	if s.in == nil || !s.in.senders.rewriteFrom.IsValid() {
		return routing.Address{}
	}
	s.trace = nil
	if !s.rewritesFrom(s.authors(authors, readable), authors, readable) {
		return routing.Address{}
	}
	return s.in.senders.rewriteFrom
}

// mailSender decides on the sender of MAIL.
func (s Session) mailSender(a routing.Address) Decision {
	d := s.sender(a)
	if to := s.in.senders.rewriteSender; to.IsValid() && s.rewrites(d) {
		s.address(checkRewrittenSender, true, to)
		return s.in.Decide(reply.SenderOK)
	}
	return d
}

// rewritesFrom reports whether RewriteFrom replaces authors if d is the decision on them.
func (s Session) rewritesFrom(d Decision, authors []routing.Address, readable bool) bool {
	to := s.in.senders.rewriteFrom
	isOther := func(a routing.Address) bool { return !a.EqualFold(to) }
	return to.IsValid() && s.rewrites(d) && (len(authors) == 0 || !readable || slices.ContainsFunc(authors, isOther))
}

// rewrites reports whether a sender is replaced if d is the decision on it, on a connector that
// has a replacement.
func (s Session) rewrites(d Decision) bool {
	switch s.client.kind {
	case anonymousClient:
		return !d.Allowed() || !s.in.senders.restricted
	case userClient:
		return !d.Allowed()
	}
	return false
}

// rewritesAuthors reports whether RewriteFrom may replace the authors of a message.
func (s Session) rewritesAuthors() bool {
	return s.in.senders.rewriteFrom.IsValid() && (s.client.kind == anonymousClient || s.client.kind == userClient)
}

// restrictsSenders reports whether AllowedSenders restricts the session.
func (s Session) restrictsSenders() bool {
	return s.in.senders.restricted && s.client.kind == anonymousClient
}

// sender decides whether the session may send as a, by AllowedSenders and its rights.
func (s Session) sender(a routing.Address) Decision {
	if s.restrictsSenders() {
		listed := slices.ContainsFunc(s.in.settings.AllowedSenders, func(by param.Sender) bool { return by.Covers(a) })
		if !s.address(checkAllowedSender, listed, a) {
			return s.in.Decide(reply.SenderNotAllowed)
		}
	}
	return s.sendRights(a)
}
