package semantics

import (
	"cmp"
	"strings"
)

// recipient returns the reason why RCPT refuses an address after so many that were
// accepted; "" if it doesn't.
// docs/receive.md "The checks, in order", RCPT.
func (t *talk) recipient(to string, accepted int64) string {
	domain := domainOf(to)
	switch {
	case !isASCII(localOf(to)) && !t.utf8:
		return "address-needs-utf8"
	case accepted >= t.maxPerMail && !t.isServer():
		return "too-many-recipients"
	case accepted >= t.policy.maxRecipients():
		return "envelope-too-large"
	case t.RejectReservedTopLevelRecipientDomains && within(domain, "test", "example", "invalid", "localhost"):
		return "reserved-top-level-domain"
	case t.RejectReservedSecondLevelRecipientDomains && within(domain, "example.com", "example.net", "example.org"):
		return "reserved-second-level-domain"
	case t.RejectSingleLabelRecipientDomains && !strings.ContainsAny(domain, ".["):
		return "single-label-domain"
	case t.may(anyRecipient):
		return ""
	case t.policy.acceptedType(domain) == "":
		return "relay-denied"
	case strings.ContainsAny(localOf(to), "@%!"): // docs/differences.md "local parts like user%other@ours"
		return "routed-recipient"
	}
	return ""
}

// within reports whether domain is one of names or below one.
func within(domain string, names ...string) bool {
	for _, name := range names {
		if domain == name || isBelow(domain, name) {
			return true
		}
	}
	return false
}

// maxRecipients is docs/cmdlets.md "Set-TransportConfig, …", MaxRecipientEnvelopeLimit.
func (p *Policy) maxRecipients() int64 {
	return limit(cmp.Or(p.Transport.MaxRecipientEnvelopeLimit, "Unlimited"))
}
