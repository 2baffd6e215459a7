package connector

import "github.com/interchange-smtp/interchange/permission"

// CompletesHeader reports whether a message of this session, which came with that
// many Received fields of other relays, gets what its header lacks: Message-ID, Date
// and From (RFC 6409 section 8). Only the first relay of a message does that, so a
// message with such a field is left as it is, and so is one of a client that is not
// known to submit its own mail: the client must have logged on, be Externally
// Secured, or hold ms-Exch-SMTP-Accept-Any-Recipient. AddMissingHeadersEnabled
// turns it off.
func (s Session) CompletesHeader(relays int) bool {
	switch {
	case s.in == nil:
		s.noConnector()
		return false
	case !s.in.settings.AddMissingHeadersEnabled.Or(false):
		return s.check(checkMissingHeaders, false, about{subject: "AddMissingHeadersEnabled is False"})
	case relays > 0:
		return s.check(checkMissingHeaders, false, about{subject: "another relay had the message before"})
	case s.who.kind == userParty:
		return s.check(checkMissingHeaders, true, about{subject: "the client has logged on"})
	case s.who.kind == externalParty:
		return s.check(checkMissingHeaders, true, about{subject: "the client is externally secured"})
	case s.who.rights.Has(permission.AcceptAnyRecipient):
		return s.check(checkMissingHeaders, true, about{subject: "the client may relay"})
	}
	return s.check(checkMissingHeaders, false, about{subject: "the client may not relay and has not logged on"})
}
