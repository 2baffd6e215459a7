package semantics

import (
	"cmp"
	"maps"
	"strconv"
	"strings"
)

// settings returns the parameters of a Receive connector that have an effect on a session
// and that its decisions don't show, or don't show exactly.
// docs/diff.md "When a parameter has an effect"; docs/cmdlets.md "New-ReceiveConnector,
// …", column Default.
func (p *Policy) settings(c *receiver, s Session) map[string]string {
	set := p.connectionSettings(c)
	t, mail := p.submits(c, s)
	if mail {
		maps.Copy(set, t.messageSettings())
	}
	if t.kind != externallySecured { // whose commands are never delayed
		set["TarpitInterval"] = cmp.Or(c.TarpitInterval, "00:00:05")
	}
	if len(c.logons(true)) > 0 {
		set["MaxLogonFailures"] = number(or(c.MaxLogonFailures, 3))
		set["AuthTarpitInterval"] = cmp.Or(c.AuthTarpitInterval, "00:00:05")
	}
	if beginsWithTLS(s.Local) || c.mechanism["Tls"] {
		maps.Copy(set, c.tlsSettings())
	}
	return set
}

// submits runs a session as far as MAIL FROM:<>, and reports whether that is accepted.
func (p *Policy) submits(c *receiver, s Session) (t *talk, mail bool) {
	t = &talk{policy: p, receiver: c, identity: p.identify(c, false, nil)}
	s.Helo, s.From, s.Size = "client.example", "", 0
	if beginsWithTLS(s.Local) && !s.TLS {
		return t, false
	}
	if _, refused := t.open(&s); refused != "" {
		return t, false
	}
	return t, t.mail(&s, &Result{}) == ""
}

// connectionSettings always have an effect.
func (p *Policy) connectionSettings(c *receiver) map[string]string {
	edge := p.here().Edge
	byRole := func(other, onEdge string) string {
		if edge {
			return onEdge
		}
		return other
	}
	set := map[string]string{
		"Banner":                            c.Banner,
		"BinaryMimeEnabled":                 strconv.FormatBool(c.binaryMime),
		"ChunkingEnabled":                   strconv.FormatBool(c.chunking),
		"ConnectionInactivityTimeout":       cmp.Or(c.ConnectionInactivityTimeout, byRole("00:05:00", "00:01:00")),
		"ConnectionTimeout":                 cmp.Or(c.ConnectionTimeout, byRole("00:10:00", "00:05:00")),
		"DefaultDomain":                     p.defaultDomain(c.DefaultDomain),
		"DeliveryStatusNotificationEnabled": strconv.FormatBool(c.dsn),
		"EightBitMimeEnabled":               strconv.FormatBool(c.eightBitMime),
		"EnhancedStatusCodesEnabled":        strconv.FormatBool(c.enhanced),
		"Fqdn":                              cmp.Or(c.Fqdn, p.here().wireName()),
		"MaxInboundConnection":              cmp.Or(c.MaxInboundConnection, "5000"),
		"MaxInboundConnectionPerSource":     cmp.Or(c.MaxInboundConnectionPerSource, "20"),
		"MaxProtocolErrors":                 cmp.Or(c.MaxProtocolErrors, "5"),
		"PipeliningEnabled":                 strconv.FormatBool(c.pipelining),
		"SizeEnabled":                       cmp.Or(c.SizeEnabled, "Enabled"),
		"SmtpUtf8Enabled":                   strconv.FormatBool(c.utf8),
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
			return strings.TrimPrefix(fold(a.DomainName), "*.")
		}
	}
	return given
}

// messageSettings have an effect on sessions that may send a message.
func (t *talk) messageSettings() map[string]string {
	limit, submitting := "Unlimited", t.kind == authenticatedUsers || t.kind == externallySecured || t.may(anyRecipient)
	if t.policy.here().Edge {
		limit = "600"
	}
	set := map[string]string{
		"MaxHeaderSize":                 number(t.maxHeader),
		"MaxHopCount":                   number(t.maxHops),
		"MaxLocalHopCount":              number(t.maxLocalHops),
		"MessageRateLimit":              cmp.Or(t.MessageRateLimit, limit),
		"MaxAcknowledgementDelay":       cmp.Or(t.MaxAcknowledgementDelay, "00:00:10"),
		"BareLinefeedRejectionEnabled":  strconv.FormatBool(orTrue(t.BareLinefeedRejectionEnabled)),
		"TrustedAuthenticationServices": fold(sorted(t.TrustedAuthenticationServices)),
	}
	if set["MessageRateLimit"] != "Unlimited" {
		set["MessageRateSource"] = cmp.Or(t.MessageRateSource, "IPAddress")
	}
	if submitting { // docs/receive.md "Messages that lack a header"
		set["AddMissingHeadersEnabled"] = strconv.FormatBool(orTrue(t.AddMissingHeadersEnabled))
	}
	if !t.may(bypassSpam) { // docs/receive.md "SPF, DKIM and DMARC"
		mode := "Off"
		if t.Usage == "Internet" {
			mode = "Note"
		}
		set["MessageAuthenticationMode"] = cmp.Or(t.MessageAuthenticationMode, mode)
	}
	// docs/receive.md "Devices that can't set their sender".
	if t.kind == anonymousLogon {
		set["AllowedSenders"] = sorted(t.AllowedSenders)
	}
	if t.kind == anonymousLogon || t.kind == authenticatedUsers {
		set["RewriteSender"], set["RewriteFrom"] = t.RewriteSender, t.RewriteFrom
	}
	return set
}

// tlsSettings have an effect where clients may begin TLS. docs/tls.md "Old devices".
func (c *receiver) tlsSettings() map[string]string {
	version := cmp.Or(c.TlsMinimumVersion, "Tls12")
	more := c.moreCipherSuites(version)
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
func (c *receiver) moreCipherSuites(version string) (more []string) {
	for _, suite := range c.TlsLegacyCipherSuites {
		if version != "Tls13" && (strings.Contains(suite, "_3DES_") || strings.HasSuffix(suite, "_CBC_SHA256")) {
			more = append(more, suite)
		}
	}
	return more
}
