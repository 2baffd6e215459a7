package connector

import "strconv"

// Check says what a Step checked. Its text, such as "accepted-domain", is stable.
type Check uint8

// The checks, in the order of a session.
const (
	checkReceiveConnector Check = iota + 1
	checkConnector
	checkExternallySecured
	checkDomainSecured
	checkSession
	checkImplicitTLS
	checkOrder
	checkHelloSyntax
	checkHelloDomain
	checkTLS
	checkTLSOffered
	checkTLSVersion
	checkVerifier
	checkNotAuthenticated
	checkMechanism
	checkIdentity
	checkSubmit
	checkUTF8
	checkSecuredSender
	checkAllowedSender
	checkNullSender
	checkAnySender
	checkOwnAddress
	checkOwnDomain
	checkAuthoritative
	checkAuthoritativeSender
	checkRewrittenSender
	checkRecipientCount
	checkEnvelopeLimit
	checkReservedTopLevel
	checkReservedSecondLevel
	checkSingleLabel
	checkRecipient
	checkAnyRecipient
	checkAcceptedDomain
	checkRoutingCharacters
	checkRecipientLookup
	checkHeaderSize
	checkSize
	checkBypassSize
	checkOrganizationSize
	checkHops
	checkLocalHops
	checkAuthor
	checkAuthorsReadable
	checkRewrittenFrom
	checkHeadersRouting
	checkHeadersOrganization
	checkHeadersForest
	checkHeadersCrossPremises
	checkSigning
	checkHeaderField
	checkMissingHeaders
	checkMessageAuth
	checkSendConnector
	checkHopTLS
	checkLogon
	checkSmartHostLimits
)

// Checks returns all checks, in the order of a session.
func Checks() []Check {
	all := make([]Check, 0, checkSmartHostLimits)
	for c := checkReceiveConnector; c <= checkSmartHostLimits; c++ {
		all = append(all, c)
	}
	return all
}

// checkText is a Check in words: its stable name, the parameters that decide it if these
// don't depend on the result, and the sentences for a check that passes and one that
// doesn't. {s} is the subject, {n} and {max} are numbers.
type checkText struct{ name, parameters, yes, no string }

// String returns the stable name, such as "accepted-domain".
func (c Check) String() string {
	if int(c) < len(checkTexts) && checkTexts[c].name != "" {
		return checkTexts[c].name
	}
	return "Check(" + strconv.Itoa(int(c)) + ")"
}

// MarshalText implements [encoding.TextMarshaler].
func (c Check) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

func (c Check) text(pass bool) string {
	switch {
	case int(c) >= len(checkTexts):
		return ""
	case pass:
		return checkTexts[c].yes
	}
	return checkTexts[c].no
}

var checkTexts = [...]checkText{
	checkReceiveConnector:     {"receive-connector", "", `"{s}" serves the connection `, `"{s}" `},
	checkConnector:            {"connector", "", "a connector serves the connection", "no connector serves the connection"},
	checkExternallySecured:    {"externally-secured", "Receive.AuthMechanism", "AuthMechanism is ExternalAuthoritative", "AuthMechanism has no ExternalAuthoritative"},
	checkDomainSecured:        {"domain-secured", "Receive.DomainSecureEnabled Transport.TLSReceiveDomainSecureList", "the certificate proves {s}", "no certificate for a domain of TLSReceiveDomainSecureList"},
	checkSession:              {"session", "", "the session is {s}", ""},
	checkImplicitTLS:          {"implicit-tls", "", "the connection begins with TLS", "connections to this port begin with TLS, and {s}"},
	checkOrder:                {"order", "", "", "{s} is out of order"},
	checkHelloSyntax:          {"hello-syntax", "", "the argument has no control characters", "the argument has control characters"},
	checkHelloDomain:          {"hello-domain", "Receive.RequireEHLODomain", "an argument was given", "RequireEHLODomain is set and no argument was given"},
	checkTLS:                  {"tls", "Receive.RequireTLS", "TLS is up", "RequireTLS is set and TLS is not up"},
	checkTLSOffered:           {"tls-offered", "Receive.AuthMechanism", "TLS can be started", "{s}"},
	checkTLSVersion:           {"tls-version", "Receive.TlsMinimumVersion Receive.TlsLegacyCipherSuites Receive.TlsLegacyEndDate", "{s}", ""},
	checkVerifier:             {"verifier", "", "", "the server has no users, so it offers no AUTH"},
	checkNotAuthenticated:     {"not-authenticated-yet", "", "the session is not authenticated yet", "{s} has logged on already"},
	checkMechanism:            {"mechanism", "Receive.AuthMechanism", "{s} is offered", "{s} is not offered on this channel"},
	checkIdentity:             {"identity", "", "{s}", "the verifier returned no identity"},
	checkSubmit:               {"submit", "", "{s} holds {right}", "{s} lacks {right}"},
	checkUTF8:                 {"smtputf8", "Receive.SmtpUtf8Enabled", "the client uses SMTPUTF8, which {s} needs", "{s} needs SMTPUTF8, and the client doesn't use it or SmtpUtf8Enabled is not set"},
	checkSecuredSender:        {"secured-sender", "Receive.DomainSecureEnabled Transport.TLSReceiveDomainSecureList", "domain security lets the session send for {s}", "only a client with the certificate of {s} may send for it"},
	checkAllowedSender:        {"allowed-sender", "Receive.AllowedSenders", "AllowedSenders lists {s}", "AllowedSenders doesn't list {s}"},
	checkNullSender:           {"null-sender", "", "the sender is <>, which every session may use", ""},
	checkAnySender:            {"any-sender", "", "{s} holds {right}", "{s} lacks {right}"},
	checkOwnAddress:           {"own-address", "", "the client's addresses include {s}", "the client's addresses don't include {s}"},
	checkOwnDomain:            {"own-domain", "", "{s}", "{s}"},
	checkAuthoritative:        {"authoritative-domain", "Accepted", "{s} is an authoritative domain", "{s} is not an authoritative domain"},
	checkAuthoritativeSender:  {"authoritative-sender", "", "{s} holds {right}", "{s} lacks {right}"},
	checkRewrittenSender:      {"rewritten-sender", "Receive.RewriteSender Receive.AllowedSenders", "RewriteSender makes {s} the sender", ""},
	checkRecipientCount:       {"recipient-count", "Receive.MaxRecipientsPerMessage", "{n} of at most {max} recipients", "{n} recipients, and MaxRecipientsPerMessage is {max}"},
	checkEnvelopeLimit:        {"envelope-limit", "Transport.MaxRecipientEnvelopeLimit", "{n} of at most {max} recipients", "{n} recipients, and MaxRecipientEnvelopeLimit is {max}"},
	checkReservedTopLevel:     {"reserved-top-level", "Receive.RejectReservedTopLevelRecipientDomains", "{s} is not in a reserved top-level domain", "{s} is in a top-level domain that RFC 2606 reserves"},
	checkReservedSecondLevel:  {"reserved-second-level", "Receive.RejectReservedSecondLevelRecipientDomains", "{s} is not in a reserved second-level domain", "{s} is in a second-level domain that RFC 2606 reserves"},
	checkSingleLabel:          {"single-label", "Receive.RejectSingleLabelRecipientDomains", "{s} has more than one label", "{s} has a single label"},
	checkRecipient:            {"recipient", "", "the recipient is a mailbox", "the recipient is not a mailbox"},
	checkAnyRecipient:         {"any-recipient", "", "{s} holds {right}", "{s} lacks {right}"},
	checkAcceptedDomain:       {"accepted-domain", "Accepted", "{s} is an accepted domain", "{s} is not an accepted domain"},
	checkRoutingCharacters:    {"routing-characters", "", "the local part names a mailbox", "the local part names another domain: it holds @, % or !"},
	checkRecipientLookup:      {"recipient-lookup", "Accepted", "{s} exists", "{s} does not exist, AddressBookEnabled is set, and the client lacks ms-Exch-Bypass-Anti-Spam"},
	checkBypassSize:           {"bypass-size", "", "{s} holds {right}", "{s} lacks {right}"},
	checkHeaderSize:           {"header-size", "Receive.MaxHeaderSize", "{n} of at most {max} bytes", "{n} bytes, and MaxHeaderSize is {max}"},
	checkSize:                 {"size", "Receive.MaxMessageSize", "{n} of at most {max} bytes", "{n} bytes, and MaxMessageSize is {max}"},
	checkOrganizationSize:     {"organization-size", "Transport.MaxReceiveSize", "{n} of at most {max} bytes", "{n} bytes, and MaxReceiveSize is {max}"},
	checkHops:                 {"hops", "Receive.MaxHopCount", "{n} of at most {max} Received fields", "{n} Received fields, and MaxHopCount is {max}"},
	checkLocalHops:            {"local-hops", "Receive.MaxLocalHopCount", "{n} of at most {max} Received fields of this server", "{n} Received fields of this server, and MaxLocalHopCount is {max}"},
	checkAuthor:               {"author", "", "the header names {s} as author", ""},
	checkAuthorsReadable:      {"authors-readable", "", "", "the header's authors can't be read"},
	checkRewrittenFrom:        {"rewritten-from", "Receive.RewriteFrom Receive.AllowedSenders", "RewriteFrom makes {s} the author", ""},
	checkHeaderField:          {"header-field", "", "{s} passes", "{s} is removed"},
	checkMissingHeaders:       {"missing-headers", "Receive.AddMissingHeadersEnabled", "Message-ID, Date and From are added where they are missing: {s}", "nothing is added to the header: {s}"},
	checkMessageAuth:          {"message-authentication", "Receive.MessageAuthenticationMode", "SPF, DKIM and DMARC are checked: {s}", "SPF, DKIM and DMARC are not checked: {s}"},
	checkHeadersRouting:       {"headers-routing", "", "{s} holds {right}", "{s} lacks {right}"},
	checkHeadersOrganization:  {"headers-organization", "", "{s} holds {right}", "{s} lacks {right}"},
	checkHeadersForest:        {"headers-forest", "", "{s} holds {right}", "{s} lacks {right}"},
	checkHeadersCrossPremises: {"headers-cross-premises", "Send.CloudServicesMailEnabled", "CloudServicesMailEnabled is set", ""},
	checkSigning:              {"dkim-signing", "Send.DkimSigning", "{s}", "{s}: the client hasn't logged on, may not relay, and lacks ms-Exch-Bypass-Anti-Spam"},
	checkSendConnector:        {"send-connector", "", "", ""}, // Step.Detail describes the candidate
	checkHopTLS:               {"next-hop-tls", "", "TLS with {s}", "TLS with {s}"},
	checkLogon:                {"smart-host-logon", "", "this server logs on to {s}", ""},
	checkSmartHostLimits:      {"smart-host-limits", "", "the queue keeps to {s}", ""},
}
