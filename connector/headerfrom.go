package connector

import (
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// ChecksAuthors reports whether Authors can refuse a message, or FromOf replace its authors.
// They can't if the session holds the rights to send as every address, need not prove secured
// domains, and the connector has neither AllowedSenders nor RewriteFrom; then the caller need not
// parse the header.
func (s Session) ChecksAuthors() bool {
	return s.in == nil || s.rewritesAuthors() || s.restrictsAuthors()
}

// restrictsAuthors reports whether some authors are refused, or replaced.
func (s Session) restrictsAuthors() bool {
	if s.restrictsSenders() || s.in.settings.DomainSecureEnabled && len(s.in.policy.secure) > 0 && s.mustProveDomains() {
		return true
	}
	return !s.client.rights.Has(permission.AcceptAnySender) || !s.client.rights.Has(permission.AcceptAuthoritativeDomainSender)
}

// Authors decides on the addresses of the header's From and Sender fields, each by the
// rules for senders at MAIL. readable is false if part of the fields can't be parsed:
// that part can't be checked, but the recipient's program may be able to parse it. A
// message whose authors RewriteFrom replaces passes, see [Session.FromOf].
func (s Session) Authors(authors []routing.Address, readable bool) Decision {
	if s.in == nil {
		return s.noConnector()
	}
	d := s.authors(authors, readable)
	if s.rewritesFrom(d, authors, readable) {
		s.address(checkRewrittenFrom, true, s.in.senders.rewriteFrom)
		return s.in.Decide(reply.SenderOK)
	}
	return d
}

// authors decides on authors, RewriteFrom aside.
func (s Session) authors(authors []routing.Address, readable bool) Decision {
	checks := s.restrictsAuthors()
	if !checks && s.trace == nil {
		return s.in.Decide(reply.SenderOK)
	}
	for _, a := range authors {
		s.address(checkAuthor, true, a)
		if d := s.sender(a); !d.Allowed() {
			return d
		}
	}
	if checks && !readable {
		s.check(checkAuthorsReadable, false, about{})
		return s.sendAsDenied(permission.AcceptAnySender)
	}
	return s.in.Decide(reply.SenderOK)
}
