package permission

import (
	"fmt"
	"strings"
)

// Right is one extended right of a connector. The zero Right is invalid; no
// principal holds it.
type Right uint8

// The rights, receive side first, in the order of Exchange's documentation.
const (
	Submit                                Right = iota + 1 // use the server at all: AUTH and MAIL
	AcceptAnyRecipient                                     // relay to recipients outside the accepted domains
	AcceptAnySender                                        // send as addresses that aren't one's own, outside the authoritative domains
	AcceptAuthoritativeDomainSender                        // send as any address of the accepted domains, the authoritative ones included
	AcceptAuthenticationFlag                               // messages count as authenticated, for groups that require authenticated senders
	AcceptHeadersRouting                                   // keep Received and Resent fields on the way in
	AcceptHeadersOrganization                              // keep X-MS-Exchange-Organization fields on the way in
	AcceptHeadersForest                                    // keep X-MS-Exchange-Forest fields on the way in
	BypassAntiSpam                                         // skip filters
	BypassMessageSizeLimit                                 // skip the connector's message size limit
	AcceptExch50                                           // send XEXCH50 blobs (2007, 2010)
	AcceptXShadow                                          // use the shadow redundancy verbs (2010 and later)
	AcceptXAttr                                            // internal verb XATTR (2013 and later)
	AcceptXProxyFrom                                       // internal verb XPROXYFROM (2013 and later)
	AcceptXSysProbe                                        // internal verb XSYSPROBE (2013 and later)
	AcceptXSessionParams                                   // internal verb XSESSIONPARAMS (2013 and later)
	SendXMessageContextADRecipientCache                    // context blob between servers (2013 and later)
	SendXMessageContextExtendedProperties                  // context blob between servers (2013 and later)
	SendXMessageContextFastIndex                           // context blob between servers (2013 and later)
	SendHeadersRouting                                     // be sent Received and Resent fields
	SendHeadersOrganization                                // be sent X-MS-Exchange-Organization fields
	SendHeadersForest                                      // be sent X-MS-Exchange-Forest fields
	SendExch50                                             // be sent XEXCH50 blobs
	SendXShadow                                            // be used as shadow server

	rightEnd
)

// rightNames holds for each Right the name of the extended right, its name in
// Exchange's protocol log, and the display name where one is documented.
var rightNames = [rightEnd]struct{ ad, log, display string }{
	Submit:                                {"ms-Exch-SMTP-Submit", "SMTPSubmit", "Submit Messages to Server"},
	AcceptAnyRecipient:                    {"ms-Exch-SMTP-Accept-Any-Recipient", "SMTPAcceptAnyRecipient", "Submit Messages to any Recipient"},
	AcceptAnySender:                       {"ms-Exch-SMTP-Accept-Any-Sender", "SMTPAcceptAnySender", "Accept any Sender"},
	AcceptAuthoritativeDomainSender:       {"ms-Exch-SMTP-Accept-Authoritative-Domain-Sender", "SMTPAcceptAuthoritativeDomainSender", "Accept Authoritative Domain Sender"},
	AcceptAuthenticationFlag:              {"ms-Exch-SMTP-Accept-Authentication-Flag", "SMTPAcceptAuthenticationFlag", ""},
	AcceptHeadersRouting:                  {"ms-Exch-Accept-Headers-Routing", "AcceptRoutingHeaders", "Accept Routing Headers"},
	AcceptHeadersOrganization:             {"ms-Exch-Accept-Headers-Organization", "AcceptOrganizationHeaders", "Accept Organization Headers"},
	AcceptHeadersForest:                   {"ms-Exch-Accept-Headers-Forest", "AcceptForestHeaders", "Accept Forest Headers"},
	BypassAntiSpam:                        {"ms-Exch-Bypass-Anti-Spam", "BypassAntiSpam", ""},
	BypassMessageSizeLimit:                {"ms-Exch-Bypass-Message-Size-Limit", "BypassMessageSizeLimit", ""},
	AcceptExch50:                          {"ms-Exch-SMTP-Accept-Exch50", "SMTPAcceptEXCH50", ""},
	AcceptXShadow:                         {"ms-Exch-SMTP-Accept-XShadow", "SMTPAcceptXShadow", ""},
	AcceptXAttr:                           {"ms-Exch-SMTP-Accept-Xattr", "SMTPAcceptXAttr", ""},
	AcceptXProxyFrom:                      {"ms-Exch-SMTP-Accept-XProxyFrom", "SMTPAcceptXProxyFrom", ""},
	AcceptXSysProbe:                       {"ms-Exch-SMTP-Accept-XSysProbe", "SMTPAcceptXSysProbe", ""},
	AcceptXSessionParams:                  {"ms-Exch-SMTP-Accept-XSessionParams", "SMTPAcceptXSessionParams", ""},
	SendXMessageContextADRecipientCache:   {"ms-Exch-SMTP-Send-XMessageContext-ADRecipientCache", "SMTPSendXMessageContextADRecipientCache", ""},
	SendXMessageContextExtendedProperties: {"ms-Exch-SMTP-Send-XMessageContext-ExtendedProperties", "SMTPSendXMessageContextExtendedProperties", ""},
	SendXMessageContextFastIndex:          {"ms-Exch-SMTP-Send-XMessageContext-FastIndex", "SMTPSendXMessageContextFastIndex", ""},
	SendHeadersRouting:                    {"ms-Exch-Send-Headers-Routing", "SendRoutingHeaders", ""},
	SendHeadersOrganization:               {"ms-Exch-Send-Headers-Organization", "SendOrganizationHeaders", ""},
	SendHeadersForest:                     {"ms-Exch-Send-Headers-Forest", "SendForestHeaders", ""},
	SendExch50:                            {"ms-Exch-SMTP-Send-Exch50", "SMTPSendEXCH50", ""},
	SendXShadow:                           {"ms-Exch-SMTP-Send-XShadow", "SMTPSendXShadow", ""},
}

// exch50Variant is how one page of the documentation spells AcceptExch50.
const exch50Variant = "ms-Exch-Accept-Exch50"

// ParseRight reads the name of an extended right, "ms-Exch-SMTP-Submit", or
// its display name, "Submit Messages to Server", in any letter case.
func ParseRight(s string) (Right, error) {
	name := strings.TrimSpace(s)
	for r := Submit; r < rightEnd; r++ {
		n := &rightNames[r]
		if equalFold(name, n.ad) || n.display != "" && equalFold(name, n.display) {
			return r, nil
		}
	}
	if equalFold(name, exch50Variant) {
		return AcceptExch50, nil
	}
	return 0, fmt.Errorf("unknown right %q: give a name such as %s", clip(s), Submit)
}

// IsValid reports whether r is one of the rights above.
func (r Right) IsValid() bool { return r > 0 && r < rightEnd }

// String returns r in Exchange's spelling, or "Right(n)" if r isn't valid.
func (r Right) String() string {
	if !r.IsValid() {
		return fmt.Sprintf("Right(%d)", uint8(r))
	}
	return rightNames[r].ad
}

// LogName returns the name that Exchange's protocol log has for r,
// "SMTPSubmit", or the empty string if r isn't valid.
func (r Right) LogName() string {
	if !r.IsValid() {
		return ""
	}
	return rightNames[r].log
}

// AppendText appends r in Exchange's spelling. It fails if r isn't valid.
func (r Right) AppendText(b []byte) ([]byte, error) {
	if !r.IsValid() {
		return b, fmt.Errorf("%v is not a right", r)
	}
	return append(b, rightNames[r].ad...), nil
}

// MarshalText returns r in Exchange's spelling. It fails if r isn't valid.
func (r Right) MarshalText() ([]byte, error) { return r.AppendText(nil) }

// UnmarshalText is ParseRight.
func (r *Right) UnmarshalText(text []byte) error {
	parsed, err := ParseRight(string(text))
	if err != nil {
		return err
	}
	*r = parsed
	return nil
}

// clip shortens input that an error message quotes.
func clip(s string) string {
	const limit = 80
	if len(s) > limit {
		return s[:limit] + "…"
	}
	return s
}
