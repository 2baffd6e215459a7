package semantics

import (
	"cmp"
	"slices"
	"strings"
)

// Rcpt returns the reason why RCPT refuses an address after so many that were accepted; ""
// if it doesn't.
// docs/receive.md "The checks, in order", RCPT.
func (s *Session) Rcpt(to string, accepted int64) string {
	domain := DomainOf(to)
	switch {
	case !isASCII(LocalOf(to)) && !s.UTF8:
		return "address-needs-utf8"
	case accepted >= s.MaxPerMail && !s.isServer():
		return "too-many-recipients"
	case accepted >= s.policy.MaxRecipients():
		return "envelope-too-large"
	case s.RejectReservedTopLevelRecipientDomains && slices.Contains(reservedTopLevel, ReservedName(domain)):
		return "reserved-top-level-domain"
	case s.RejectReservedSecondLevelRecipientDomains && slices.Contains(reservedSecondLevel, ReservedName(domain)):
		return "reserved-second-level-domain"
	case s.RejectSingleLabelRecipientDomains && !strings.ContainsAny(domain, ".["):
		return "single-label-domain"
	case s.May(AnyRecipient):
		return ""
	case s.policy.AcceptedType(domain) == "":
		return "relay-denied"
	case strings.ContainsAny(LocalOf(to), "@%!"): // docs/differences.md "local parts like user%other@ours"
		return "routed-recipient"
	}
	return ""
}

// ReservedNames are the domains of RFC 2606 that a Receive connector can reject.
var (
	reservedTopLevel    = []string{"test", "example", "invalid", "localhost"}
	reservedSecondLevel = []string{"example.com", "example.net", "example.org"}
	ReservedNames       = slices.Concat(reservedTopLevel, reservedSecondLevel)
)

// ReservedName returns the reserved domain that a domain equals or lies below; "" for other
// domains.
func ReservedName(domain string) string {
	for _, name := range ReservedNames {
		if domain == name || isBelow(domain, name) {
			return name
		}
	}
	return ""
}

// MaxRecipients is docs/cmdlets.md "Set-TransportConfig, …", MaxRecipientEnvelopeLimit.
func (p *Policy) MaxRecipients() int64 {
	return limit(cmp.Or(p.Transport.MaxRecipientEnvelopeLimit, "Unlimited"))
}
