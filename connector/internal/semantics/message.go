package semantics

import (
	"cmp"
	"strings"
)

// Takes reports whether a message of n bytes is small enough for the limits of the connector,
// which ms-Exch-Bypass-Message-Size-Limit lifts, and of the organisation, which no right
// lifts. docs/receive.md "The checks, in order".
func (s *Session) Takes(n int64) bool {
	return n <= s.policy.MaxReceiveSize() && (n <= s.MaxSize || s.May(BypassSize) || s.skipsSize())
}

// skipsSize reports whether the connector doesn't limit the size of what an Exchange
// server sends. docs/receive.md "The checks, in order": SizeEnabled EnabledWithoutValue.
func (s *Session) skipsSize() bool { return s.isServer() && s.SizeEnabled == "EnabledWithoutValue" }

// MaxReceiveSize is docs/cmdlets.md "Set-TransportConfig, …", MaxReceiveSize.
func (p *Policy) MaxReceiveSize() int64 {
	return size(cmp.Or(p.Transport.MaxReceiveSize, "Unlimited"))
}

// Declared returns the size that MAIL declares: that of the message, where SIZE is
// offered. docs/differences.md "SIZE and BODY=8BITMIME where the connector doesn't offer
// them": the number is ignored.
func (s *Session) Declared(n int64) int64 {
	if s.SizeEnabled == "Disabled" {
		return 0
	}
	return n
}

// Keeps reports whether a header field passes the header firewall.
// docs/receive.md "The header firewall for incoming mail".
func (s *Session) Keeps(field string) bool {
	field = Fold(field)
	switch {
	case field == "received", strings.HasPrefix(field, "resent-"):
		return s.May(RoutingHeaders)
	case strings.HasPrefix(field, "x-ms-exchange-organization-"):
		return s.May(OrganizationHeaders)
	case strings.HasPrefix(field, "x-ms-exchange-forest-"):
		return s.May(ForestHeaders)
	}
	return !strings.HasPrefix(field, "x-ms-exchange-crosspremises-")
}
