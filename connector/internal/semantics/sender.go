package semantics

import (
	"slices"
	"strings"
)

// talk is a session on a connector: what the client has proven so far.
type talk struct {
	policy *Policy
	*receiver
	identity
	tls bool
}

// may reports whether the session holds a right.
func (t *talk) may(right string) bool { return holds(t.entries, t.principals, right) }

// refusesSender returns the reason why the session may not send as an address; "" if it
// may. docs/receive.md "Senders" and "Devices that can't set their sender".
func (t *talk) refusesSender(address string) string {
	if t.kind == anonymousLogon && len(t.AllowedSenders) > 0 && !t.listsSender(address) {
		return "sender-not-allowed"
	}
	domain := domainOf(address)
	if t.mustProve(domain) {
		return "secured-sender-denied"
	}
	switch {
	case t.owns(address, domain):
		return ""
	case t.may(anySender) && t.policy.acceptedType(domain) != authoritative:
		return ""
	case t.may(authoritativeSender) && t.policy.acceptedType(domain) != "":
		return ""
	}
	return t.sendAsDenied()
}

func (t *talk) sendAsDenied() string {
	if t.kind == anonymousLogon {
		return "anonymous-send-as-denied"
	}
	return "send-as-denied"
}

// maySendAsAnybody reports whether no author is refused, so that authors that can't be read
// aren't, either. docs/receive.md "Senders".
func (t *talk) maySendAsAnybody() bool {
	listed := t.kind == anonymousLogon && len(t.AllowedSenders) > 0
	secured := t.isStranger() && t.DomainSecureEnabled && len(t.policy.Transport.TLSReceiveDomainSecureList) > 0
	return t.may(anySender) && t.may(authoritativeSender) && !listed && !secured
}

// isStranger reports whether the client neither logged on nor is Externally Secured.
func (t *talk) isStranger() bool { return t.kind == anonymousLogon || t.kind == partnerServers }

// listsSender reports whether AllowedSenders has an address or its domain.
func (t *talk) listsSender(address string) bool {
	return slices.ContainsFunc(t.AllowedSenders, func(by string) bool {
		if domain, ok := strings.CutPrefix(by, "@"); ok {
			return covers(domain, domainOf(address))
		}
		return sameAddress(by, address)
	})
}

// mustProve reports whether a certificate for the sender's domain is missing: with
// DomainSecureEnabled, clients that haven't logged on may send as a domain of
// TLSReceiveDomainSecureList only if they prove it.
// docs/receive.md "Senders".
func (t *talk) mustProve(domain string) bool {
	return t.isStranger() && t.DomainSecureEnabled && t.policy.isSecured(domain) && !slices.Contains(t.domains, domain)
}

// owns reports whether the address is the user's own, or in a domain of the user or the
// partner.
func (t *talk) owns(address, domain string) bool {
	return slices.ContainsFunc(t.addresses, func(own string) bool { return sameAddress(own, address) }) ||
		slices.ContainsFunc(t.domains, func(by string) bool { return covers(by, domain) })
}

// replaces reports whether RewriteSender and RewriteFrom replace what the session is
// refused for a reason, or for none.
// docs/receive.md "Devices that can't set their sender".
func (t *talk) replaces(refused string) bool {
	switch t.kind {
	case anonymousLogon:
		return refused != "" || len(t.AllowedSenders) == 0
	case authenticatedUsers:
		return refused != ""
	}
	return false
}

// sender decides on the sender of MAIL. The null sender always passes and is never
// replaced.
func (t *talk) sender(from string) (sender, refused string) {
	if from == "" {
		return "", ""
	}
	refused = t.refusesSender(from)
	switch {
	case t.RewriteSender != "" && t.replaces(refused):
		return addressText(t.RewriteSender), ""
	case refused != "":
		return "", refused
	}
	return from, ""
}

// authors decides on the addresses of From and Sender, and says by which address From
// is replaced.
func (t *talk) authors(s *Session) (from, refused string) {
	for _, a := range s.Authors {
		if refused = t.refusesSender(a); refused != "" {
			break
		}
	}
	if refused == "" && s.Unreadable && !t.maySendAsAnybody() {
		refused = t.sendAsDenied()
	}
	same := len(s.Authors) > 0 && !s.Unreadable && !slices.ContainsFunc(s.Authors, func(a string) bool { return !sameAddress(a, addressText(t.RewriteFrom)) })
	if t.RewriteFrom != "" && t.replaces(refused) && !same {
		return addressText(t.RewriteFrom), ""
	}
	return "", refused
}
