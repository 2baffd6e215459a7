package connector

import (
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// ChecksAuthors reports whether Authors can refuse a message. It can't if the session
// holds the rights to send as every address and no domain is secured here; then the
// caller need not parse the header.
func (s Session) ChecksAuthors() bool {
	if s.in == nil || s.in.settings.DomainSecureEnabled && len(s.in.policy.secure) > 0 {
		return true
	}
	return !s.client.rights.Has(permission.AcceptAnySender) || !s.client.rights.Has(permission.AcceptAuthoritativeDomainSender)
}

// Authors decides on the addresses of the header's From and Sender fields, each by the
// rules for senders at MAIL. readable is false if part of the fields can't be parsed:
// that part can't be checked, but the recipient's program may be able to parse it.
func (s Session) Authors(authors []routing.Address, readable bool) Decision {
	if s.in == nil {
		return s.noConnector()
	}
	checks := s.ChecksAuthors()
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
