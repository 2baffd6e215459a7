package semantics

import (
	"slices"
)

// RefusesSender returns the reason why the session may not send as an address; "" if it
// may. docs/receive.md "Senders" and "Devices that can't set their sender".
func (s *Session) RefusesSender(address string) string {
	if s.Kind == AnonymousLogon && len(s.AllowedSenders) > 0 && !s.listsSender(address) {
		return "sender-not-allowed"
	}
	domain := DomainOf(address)
	if s.mustProve(domain) {
		return "secured-sender-denied"
	}
	switch {
	case s.owns(address, domain):
		return ""
	case s.May(AnySender) && s.policy.AcceptedType(domain) != Authoritative:
		return ""
	case s.May(AuthoritativeSender) && s.policy.AcceptedType(domain) != "":
		return ""
	}
	return s.SendAsDenied()
}

// SendAsDenied returns the reason why a session that may not send as an address is refused.
func (s *Session) SendAsDenied() string {
	if s.Kind == AnonymousLogon {
		return "anonymous-send-as-denied"
	}
	return "send-as-denied"
}

// listsSender reports whether AllowedSenders has an address or its domain.
func (s *Session) listsSender(address string) bool {
	domain := DomainOf(address)
	listed := func(by string) bool { return s.senders["@"+by] }
	return s.senders[Fold(address)] || listed(domain) || slices.ContainsFunc(above(domain), listed)
}

// mustProve reports whether a certificate for the sender's domain is missing: with
// DomainSecureEnabled, clients that haven't logged on may send as a domain of
// TLSReceiveDomainSecureList only if they prove it.
// docs/receive.md "Senders".
func (s *Session) mustProve(domain string) bool {
	return s.IsStranger() && s.DomainSecureEnabled && s.policy.IsSecured(domain) && !slices.Contains(s.domains, domain)
}

// owns reports whether the address is the user's own, or in a domain of the user or the
// partner.
func (s *Session) owns(address, domain string) bool {
	return slices.ContainsFunc(s.addresses, func(own string) bool { return SameAddress(own, address) }) ||
		slices.ContainsFunc(s.domains, func(by string) bool { return covers(by, domain) })
}

// Replaces reports whether RewriteSender and RewriteFrom replace what the session is
// refused for a reason, or for none.
// docs/receive.md "Devices that can't set their sender".
func (s *Session) Replaces(refused string) bool {
	switch s.Kind {
	case AnonymousLogon:
		return refused != "" || len(s.AllowedSenders) == 0
	case AuthenticatedUsers:
		return refused != ""
	}
	return false
}
