package semantics

import (
	"cmp"
	"strings"
)

// isTooLarge reports whether a message of n bytes exceeds the limits of the connector,
// which ms-Exch-Bypass-Message-Size-Limit lifts, or of the organisation, which no right
// lifts. docs/receive.md "The checks, in order".
func (t *talk) isTooLarge(n int64) bool {
	return n > t.maxSize && !t.may(bypassSize) && !t.skipsSize() || n > t.policy.maxReceiveSize()
}

// skipsSize reports whether the connector doesn't limit the size of what an Exchange
// server sends. docs/receive.md "The checks, in order": SizeEnabled EnabledWithoutValue.
func (t *talk) skipsSize() bool { return t.isServer() && t.SizeEnabled == "EnabledWithoutValue" }

// maxReceiveSize is docs/cmdlets.md "Set-TransportConfig, …", MaxReceiveSize.
func (p *Policy) maxReceiveSize() int64 {
	return size(cmp.Or(p.Transport.MaxReceiveSize, "Unlimited"))
}

// declared returns the size that MAIL declares: that of the message, where SIZE is
// offered. docs/differences.md "SIZE and BODY=8BITMIME where the connector doesn't offer
// them": the number is ignored.
func (t *talk) declared(n int64) int64 {
	if t.SizeEnabled == "Disabled" {
		return 0
	}
	return n
}

// header returns the reason why a message is refused as soon as its header has arrived;
// "" if it isn't. docs/receive.md "The checks, in order", message.
func (t *talk) header(s *Session) string {
	switch {
	case s.HeaderSize > t.maxHeader:
		return "header-too-large"
	case int64(s.Hops) > t.maxHops, t.maxLocalHops > 0 && int64(s.LocalHops) > t.maxLocalHops:
		return "hop-count-exceeded"
	}
	return ""
}

// keeps reports whether a header field passes the header firewall.
// docs/receive.md "The header firewall for incoming mail".
func (t *talk) keeps(field string) bool {
	field = fold(field)
	switch {
	case field == "received", strings.HasPrefix(field, "resent-"):
		return t.may(routingHeaders)
	case strings.HasPrefix(field, "x-ms-exchange-organization-"):
		return t.may(organizationHeaders)
	case strings.HasPrefix(field, "x-ms-exchange-forest-"):
		return t.may(forestHeaders)
	}
	return !strings.HasPrefix(field, "x-ms-exchange-crosspremises-")
}
