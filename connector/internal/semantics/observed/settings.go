package observed

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/semantics"
)

// settings returns the parameters of a Receive connector that have an effect on a session
// and that its decisions don't show, or don't show exactly.
// docs/diff.md "When a parameter has an effect"; docs/cmdlets.md "New-ReceiveConnector,
// …", column Default.
func (p *Policy) settings(r *semantics.Receiver, c semantics.Client) map[string]string {
	set := p.connectionSettings(r)
	c.Helo = "client.example"
	begun, refused := r.Begin(c)
	t := &transfer{begun, p}
	if refused == nil && t.Mail("", 0) == "" {
		maps.Copy(set, t.messageSettings())
	}
	if t.Kind != semantics.ExternallySecured { // whose commands are never delayed
		set["TarpitInterval"] = cmp.Or(r.TarpitInterval, "00:00:05")
	}
	if len(r.Logons(true)) > 0 {
		set["MaxLogonFailures"] = number(semantics.Or(r.MaxLogonFailures, 3))
		set["AuthTarpitInterval"] = cmp.Or(r.AuthTarpitInterval, "00:00:05")
	}
	if semantics.BeginsWithTLS(c.Local) || r.Mechanisms["Tls"] {
		maps.Copy(set, tlsSettings(r))
	}
	return set
}

// connectionSettings always have an effect.
func (p *Policy) connectionSettings(c *semantics.Receiver) map[string]string {
	edge := p.Here().Edge
	byRole := func(other, onEdge string) string {
		if edge {
			return onEdge
		}
		return other
	}
	offered := func(keyword string) string { return strconv.FormatBool(slices.Contains(keywords(c), keyword)) }
	set := map[string]string{
		"Banner":                            c.Banner,
		"BinaryMimeEnabled":                 offered("BINARYMIME"),
		"ChunkingEnabled":                   offered("CHUNKING"),
		"ConnectionInactivityTimeout":       cmp.Or(c.ConnectionInactivityTimeout, byRole("00:05:00", "00:01:00")),
		"ConnectionTimeout":                 cmp.Or(c.ConnectionTimeout, byRole("00:10:00", "00:05:00")),
		"DefaultDomain":                     p.defaultDomain(c.DefaultDomain),
		"DeliveryStatusNotificationEnabled": offered("DSN"),
		"EightBitMimeEnabled":               offered("8BITMIME"),
		"EnhancedStatusCodesEnabled":        offered("ENHANCEDSTATUSCODES"),
		"Fqdn":                              cmp.Or(c.Fqdn, p.Here().WireName()),
		"MaxInboundConnection":              cmp.Or(c.MaxInboundConnection, "5000"),
		"MaxInboundConnectionPerSource":     cmp.Or(c.MaxInboundConnectionPerSource, "20"),
		"MaxProtocolErrors":                 cmp.Or(c.MaxProtocolErrors, "5"),
		"PipeliningEnabled":                 offered("PIPELINING"),
		"SizeEnabled":                       cmp.Or(c.SizeEnabled, "Enabled"),
		"SmtpUtf8Enabled":                   offered("SMTPUTF8"),
	}
	if c.MaxInboundConnection != "Unlimited" {
		set["MaxInboundConnectionPercentagePerSource"] = number(cmp.Or(c.MaxInboundConnectionPercentagePerSource, 2))
	}
	return set
}

// defaultDomain returns the domain of an accepted domain that is given by its name or
// its domain.
func (p *Policy) defaultDomain(given string) string {
	for _, a := range p.Accepted {
		if given != "" && (strings.EqualFold(a.DomainName, given) || strings.EqualFold(a.Name, given)) {
			return strings.TrimPrefix(semantics.Fold(a.DomainName), "*.")
		}
	}
	return given
}

// messageSettings have an effect on sessions that may send a message.
func (t *transfer) messageSettings() map[string]string {
	limit, submitting := "Unlimited", t.Kind == semantics.AuthenticatedUsers || t.Kind == semantics.ExternallySecured || t.May(semantics.AnyRecipient)
	if t.policy.Here().Edge {
		limit = "600"
	}
	most := t.policy.limits(t.Receiver)
	set := map[string]string{
		"MaxHeaderSize":                 number(most.header),
		"MaxHopCount":                   number(most.hops),
		"MaxLocalHopCount":              number(most.localHops),
		"MessageRateLimit":              cmp.Or(t.MessageRateLimit, limit),
		"MaxAcknowledgementDelay":       cmp.Or(t.MaxAcknowledgementDelay, "00:00:10"),
		"BareLinefeedRejectionEnabled":  strconv.FormatBool(semantics.OrTrue(t.BareLinefeedRejectionEnabled)),
		"TrustedAuthenticationServices": semantics.Fold(sorted(t.TrustedAuthenticationServices)),
	}
	if set["MessageRateLimit"] != "Unlimited" {
		set["MessageRateSource"] = cmp.Or(t.MessageRateSource, "IPAddress")
	}
	if submitting { // docs/receive.md "Messages that lack a header"
		set["AddMissingHeadersEnabled"] = strconv.FormatBool(semantics.OrTrue(t.AddMissingHeadersEnabled))
	}
	if !t.May(semantics.BypassSpam) { // docs/receive.md "SPF, DKIM and DMARC"
		mode := "Off"
		if t.Usage == "Internet" {
			mode = "Note"
		}
		set["MessageAuthenticationMode"] = cmp.Or(t.MessageAuthenticationMode, mode)
	}
	// docs/receive.md "Devices that can't set their sender".
	if t.Kind == semantics.AnonymousLogon {
		set["AllowedSenders"] = sorted(t.AllowedSenders)
	}
	if t.Kind == semantics.AnonymousLogon || t.Kind == semantics.AuthenticatedUsers {
		set["RewriteSender"], set["RewriteFrom"] = t.RewriteSender, t.RewriteFrom
	}
	return set
}

// tlsSettings have an effect where clients may begin TLS. docs/tls.md "Old devices".
func tlsSettings(c *semantics.Receiver) map[string]string {
	version := cmp.Or(c.TlsMinimumVersion, "Tls12")
	more := moreCipherSuites(c, version)
	set := map[string]string{
		"TlsCertificateName":    c.TlsCertificateName,
		"TlsMinimumVersion":     version,
		"TlsLegacyCipherSuites": sorted(more),
	}
	// The end date is that of the other two, as far as they allow more than the default.
	if len(more) > 0 || version < "Tls12" {
		set["TlsLegacyEndDate"] = c.TlsLegacyEndDate
	}
	return set
}

// moreCipherSuites returns the cipher suites that other connectors don't have: with
// Triple DES, and with CBC and SHA-256. TLS 1.3 has its own.
func moreCipherSuites(c *semantics.Receiver, version string) (more []string) {
	for _, suite := range c.TlsLegacyCipherSuites {
		if version != "Tls13" && (strings.Contains(suite, "_3DES_") || strings.HasSuffix(suite, "_CBC_SHA256")) {
			more = append(more, suite)
		}
	}
	return more
}
