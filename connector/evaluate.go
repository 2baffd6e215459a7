package connector

import (
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// OutOfOrder refuses a command that may not come now, for the reason that package order
// gives.
func (s Session) OutOfOrder(v order.Verb, why reply.Reason) Decision {
	if s.in == nil {
		return s.noConnector()
	}
	if s.trace != nil {
		s.record(checkOrder, false, about{subject: v.String()})
	}
	return s.in.Decide(why)
}

// Hello decides on EHLO or HELO with the given argument, which may be any text
// without control characters. Without an argument it passes unless RequireEHLODomain
// is set, which closes the connection.
func (s Session) Hello(arg string) Decision {
	in := s.in
	if in == nil {
		return s.noConnector()
	}
	name, ok := order.HelloName(arg)
	if !s.check(checkHelloSyntax, ok, about{}) {
		return in.Decide(reply.IllegalCharacter)
	}
	if in.settings.RequireEHLODomain && !s.check(checkHelloDomain, name != "", about{}) {
		return in.Decide(reply.HelloDomainRequired)
	}
	return in.Decide(reply.HelloOK)
}

// StartTLS decides on STARTTLS.
func (s Session) StartTLS() Decision {
	in := s.in
	if in == nil {
		return s.noConnector()
	}
	if !s.check(checkTLSOffered, s.OffersTLS(), about{subject: s.noStartTLS()}) {
		// Exchange does not know the command where it isn't offered.
		return in.Decide(reply.UnrecognizedCommand)
	}
	s.startsTLS()
	return in.Decide(reply.StartTLSReady)
}

// Mail decides on MAIL. If it passes, the message goes on from the sender that SenderOf returns.
func (s Session) Mail(m Mail) Decision {
	in := s.in
	if in == nil {
		return s.noConnector()
	}
	if in.settings.RequireTLS && !s.check(checkTLS, s.tls, about{}) {
		return in.Decide(reply.StartTLSFirst)
	}
	if !s.right(checkSubmit, permission.Submit) {
		return in.style.decide(reply.NotAuthenticated, permission.Submit)
	}
	if !s.usable(m.From, m.UTF8) {
		return in.Decide(reply.AddressNeedsUTF8)
	}
	// Where SIZE isn't offered, a declared size has no meaning. The message itself is
	// measured in any case.
	if in.settings.SizeEnabled != param.SizeDisabled {
		if d := s.size(m.Size); !d.Allowed() {
			return d
		}
	}
	// Delivery reports are sent from <> (RFC 5321 section 4.5.5), which is not an
	// address that a client could forge.
	if m.From.IsNull() {
		s.check(checkNullSender, true, about{})
		return in.Decide(reply.SenderOK)
	}
	return s.mailSender(m.From)
}

// usable reports whether a may be used: an address whose local part isn't ASCII needs
// SMTPUTF8 (RFC 6531, section 3.5), which the client can give only where it is offered.
func (s Session) usable(a routing.Address, utf8 bool) bool {
	return a.IsASCII() || s.address(checkUTF8, utf8 && s.in.settings.SmtpUtf8Enabled.Or(false), a)
}

// sendRights decides whether the rights of the session let it send as a.
// ms-Exch-SMTP-Accept-Any-Sender lifts the check that a is in an accepted domain.
// Senders in authoritative domains always need
// ms-Exch-SMTP-Accept-Authoritative-Domain-Sender, which alone allows accepted
// domains only.
func (s Session) sendRights(a routing.Address) Decision {
	in, domain := s.in, a.Domain()
	if in.settings.DomainSecureEnabled &&
		!s.check(checkSecuredSender, s.mayClaim(domain), about{subject: domain.String()}) {
		return in.Decide(reply.SecuredSenderDenied)
	}
	if s.owns(a) {
		return in.Decide(reply.SenderOK)
	}
	typ, accepted := in.policy.accepted.Lookup(domain)
	if s.right(checkAnySender, permission.AcceptAnySender) {
		if !s.check(checkAuthoritative, accepted && typ == routing.Authoritative, about{subject: domain.String()}) {
			return in.style.decide(reply.SenderOK, permission.AcceptAnySender)
		}
	} else if !s.check(checkAcceptedDomain, accepted, about{subject: domain.String()}) {
		return s.sendAsDenied(permission.AcceptAnySender)
	}
	if !s.right(checkAuthoritativeSender, permission.AcceptAuthoritativeDomainSender) {
		return s.sendAsDenied(permission.AcceptAuthoritativeDomainSender)
	}
	return in.style.decide(reply.SenderOK, permission.AcceptAuthoritativeDomainSender)
}

func (s Session) sendAsDenied(right permission.Right) Decision {
	if s.client.kind == anonymousClient {
		return s.in.style.decide(reply.AnonymousSendAsDenied, right)
	}
	return s.in.style.decide(reply.SendAsDenied, right)
}

// mayClaim reports whether domain security lets the session send as a domain.
// Anonymous sessions and Partners may send as a domain of TLSReceiveDomainSecureList
// only with its certificate; users and trusted servers always may.
func (s Session) mayClaim(d routing.Domain) bool {
	if !s.mustProveDomains() {
		return true
	}
	_, proven := s.client.id.SenderDomain(d)
	return proven || !slices.Contains(s.in.policy.secure, d)
}

// mustProveDomains reports whether domain security applies to the session.
func (s Session) mustProveDomains() bool {
	return s.client.kind == anonymousClient || s.client.kind == partnerClient
}

// owns reports whether the client's identity lets it send as a without a right: a is one
// of its addresses or in one of its domains. A Partner has the domains that its
// certificate names; it lacks ms-Exch-SMTP-Accept-Any-Sender, so without them it could
// use no sender address.
func (s Session) owns(a routing.Address) bool {
	if s.client.kind == anonymousClient {
		return false
	}
	id := &s.client.id
	if s.address(checkOwnAddress, id.Owns(a), a) {
		return true
	}
	if len(id.Domains) == 0 {
		return false
	}
	by, ok := id.SenderDomain(a.Domain())
	if s.trace != nil {
		s.record(checkOwnDomain, ok, about{subject: ownDomainText(id, by, a.Domain())})
	}
	return ok
}

// ownDomainText says that id may send as the addresses of d, because of its domain by,
// or, if by is the zero SenderDomain, that none of its domains covers d.
func ownDomainText(id *auth.Identity, by auth.SenderDomain, d routing.Domain) string {
	if by != (auth.SenderDomain{}) {
		return id.String() + " may send as any address of " + by.String()
	}
	domains := make([]string, len(id.Domains))
	for i, s := range id.Domains {
		domains[i] = s.String()
	}
	return id.String() + " may send as any address of " + listText(domains) + "; " + d.String() + " is not one of these"
}

// Rcpt decides on RCPT. A recipient in an accepted domain passes; every other
// recipient needs ms-Exch-SMTP-Accept-Any-Recipient.
func (s Session) Rcpt(r Rcpt) Decision {
	in := s.in
	if in == nil {
		return s.noConnector()
	}
	if !s.check(checkRecipient, r.To.IsValid(), about{}) {
		return in.Decide(reply.InvalidAddress)
	}
	// Mail has checked this, but Rcpt doesn't rely on the caller's order.
	if !s.right(checkSubmit, permission.Submit) {
		return in.style.decide(reply.NotAuthenticated, permission.Submit)
	}
	if !s.usable(r.To, r.UTF8) {
		return in.Decide(reply.AddressNeedsUTF8)
	}
	if d := s.recipientCount(r.Accepted); !d.Allowed() {
		return d
	}
	if d := s.recipientDomain(r.To.Domain()); !d.Allowed() {
		return d
	}
	return s.relay(r.To)
}

// LooksUp reports whether a recipient that Rcpt allows must exist, too: its domain is authoritative
// with AddressBookEnabled, and the client lacks ms-Exch-Bypass-Anti-Spam. A server that can look
// recipients up then asks Found. Postmaster always exists (RFC 5321, section 4.5.1).
func (s Session) LooksUp(to routing.Address) bool {
	return s.in != nil && !strings.EqualFold(to.Local(), "postmaster") && !s.client.rights.Has(permission.BypassAntiSpam) && s.in.policy.accepted.LooksUp(to.Domain())
}

// Found decides on a recipient that was looked up.
func (s Session) Found(to routing.Address, exists bool) Decision {
	if s.in == nil {
		return s.noConnector()
	}
	if !s.address(checkRecipientLookup, exists, to) {
		return s.in.Decide(reply.RecipientUnknown)
	}
	return s.in.Decide(reply.RecipientOK)
}

// recipientCount decides whether one more recipient fits.
func (s Session) recipientCount(accepted int) Decision {
	in, n := s.in, int64(accepted)+1
	// The limit doesn't apply between Exchange servers of the organisation
	// (https://learn.microsoft.com/exchange/mail-flow/message-size-limits).
	if limit := int64(in.maxRecipients); limit > 0 && !s.client.server &&
		!s.check(checkRecipientCount, n <= limit, about{have: n, limit: limit}) {
		return in.Decide(reply.TooManyRecipients)
	}
	if limit := int64(in.envelope); limit > 0 &&
		!s.check(checkEnvelopeLimit, n <= limit, about{have: n, limit: limit}) {
		return in.Decide(reply.EnvelopeTooLarge)
	}
	return in.Decide(reply.RecipientOK)
}

// recipientDomain decides whether the connector rejects all recipients of a domain.
func (s Session) recipientDomain(d routing.Domain) Decision {
	in, c := s.in, &s.in.settings
	if c.RejectReservedTopLevelRecipientDomains &&
		!s.check(checkReservedTopLevel, !reservedTopLevel(d), about{subject: d.String()}) {
		return in.Decide(reply.ReservedTopLevelDomain)
	}
	if c.RejectReservedSecondLevelRecipientDomains &&
		!s.check(checkReservedSecondLevel, !reservedSecondLevel(d), about{subject: d.String()}) {
		return in.Decide(reply.ReservedSecondLevelDomain)
	}
	if c.RejectSingleLabelRecipientDomains &&
		!s.check(checkSingleLabel, !d.SingleLabel(), about{subject: d.String()}) {
		return in.Decide(reply.SingleLabelDomain)
	}
	return in.Decide(reply.RecipientOK)
}

// relay decides whether mail may go to a.
func (s Session) relay(a routing.Address) Decision {
	in, d := s.in, a.Domain()
	_, ok := in.policy.accepted.Lookup(d)
	accepted := s.check(checkAcceptedDomain, ok, about{subject: d.String()})
	if accepted && s.check(checkRoutingCharacters, !a.HasRouting(), about{}) {
		return in.Decide(reply.RecipientOK)
	}
	if s.right(checkAnyRecipient, permission.AcceptAnyRecipient) {
		return in.style.decide(reply.RecipientOK, permission.AcceptAnyRecipient)
	}
	// user%example.net@contoso.com is in the accepted domain contoso.com. But the next
	// hop trusts this server and may relay the message to example.net, so the client
	// needs the right to relay.
	if accepted {
		return in.style.decide(reply.RoutedRecipient, permission.AcceptAnyRecipient)
	}
	return in.style.decide(reply.RelayDenied, permission.AcceptAnyRecipient)
}

// The domains that RFC 2606 reserves, each with everything below it.
func reservedTopLevel(d routing.Domain) bool {
	return within(d, "test") || within(d, "example") || within(d, "invalid") || within(d, "localhost")
}

func reservedSecondLevel(d routing.Domain) bool {
	return within(d, "example.com") || within(d, "example.net") || within(d, "example.org")
}

// within reports whether d is parent, given in canonical form, or below it.
func within(d routing.Domain, parent string) bool {
	name := d.String()
	n := len(name) - len(parent)
	return n >= 0 && name[n:] == parent && (n == 0 || name[n-1] == '.')
}

// Message decides on the message once its header and size are known. Its counts of
// Received fields are those before the header firewall.
func (s Session) Message(m Message) Decision {
	in := s.in
	if in == nil {
		return s.noConnector()
	}
	if !s.right(checkSubmit, permission.Submit) {
		return in.style.decide(reply.NotAuthenticated, permission.Submit)
	}
	if limit := in.maxHeader; limit > 0 &&
		!s.check(checkHeaderSize, m.HeaderSize <= limit, about{have: m.HeaderSize, limit: limit}) {
		return in.Decide(reply.HeaderTooLarge)
	}
	if d := s.size(m.Size); !d.Allowed() {
		return d
	}
	if limit := in.maxHops; limit > 0 &&
		!s.check(checkHops, m.Hops <= limit, about{have: int64(m.Hops), limit: int64(limit)}) {
		return in.Decide(reply.HopCountExceeded)
	}
	if limit := in.maxLocalHops; limit > 0 && // 0: local hops are never counted
		!s.check(checkLocalHops, m.LocalHops <= limit, about{have: int64(m.LocalHops), limit: int64(limit)}) {
		return in.Decide(reply.HopCountExceeded)
	}
	return in.Decide(reply.MessageOK)
}

// size decides whether a message of n bytes is small enough. MaxSize returns the
// same limits as a number.
func (s Session) size(n int64) Decision {
	in := s.in
	if limit := in.maxSize; limit > 0 && !s.skipsSize() &&
		!s.check(checkSize, n <= limit, about{have: n, limit: limit}) &&
		!s.right(checkBypassSize, permission.BypassMessageSizeLimit) {
		return in.style.decide(reply.MessageTooLarge, permission.BypassMessageSizeLimit)
	}
	if limit := in.orgSize; limit > 0 &&
		!s.check(checkOrganizationSize, n <= limit, about{have: n, limit: limit}) {
		return in.Decide(reply.MessageTooLarge)
	}
	return in.Decide(reply.MessageOK)
}
