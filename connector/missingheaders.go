package connector

import "github.com/interchange-smtp/interchange/permission"

// CompletesHeader reports whether the server adds Message-ID, Date and From to a
// message of this session if its header lacks them (RFC 6409 section 8). relays is the
// number of Received fields that other relays added. Only the first relay completes a
// header, so relays must be 0, and the client must submit its own mail: it has logged
// on, is Externally Secured, or holds ms-Exch-SMTP-Accept-Any-Recipient.
// AddMissingHeadersEnabled turns it off.
func (s Session) CompletesHeader(relays int) bool {
	switch {
	case s.in == nil:
		s.noConnector()
		return false
	case !s.in.settings.AddMissingHeadersEnabled.Or(false):
		return s.check(checkMissingHeaders, false, about{subject: "AddMissingHeadersEnabled is False"})
	case relays > 0:
		return s.check(checkMissingHeaders, false, about{subject: "another relay had the message before"})
	case s.client.kind == userClient:
		return s.check(checkMissingHeaders, true, about{subject: "the client has logged on"})
	case s.client.kind == externalClient:
		return s.check(checkMissingHeaders, true, about{subject: "the client is externally secured"})
	case s.client.rights.Has(permission.AcceptAnyRecipient):
		return s.check(checkMissingHeaders, true, about{subject: "the client may relay"})
	}
	return s.check(checkMissingHeaders, false, about{subject: "the client may not relay and has not logged on"})
}
