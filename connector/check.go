package connector

import "strconv"

// Check names what a Step looked at, in a stable form.
type Check uint8

// The checks, in the order of a session.
const (
	CheckReceiveConnector Check = iota + 1
	CheckConnector
	CheckExternallySecured
	CheckDomainSecured
	CheckSession
	CheckHelloSyntax
	CheckHelloDomain
	CheckTLS
	CheckTLSOffered
	CheckNotAuthenticated
	CheckMechanism
	CheckIdentity
	CheckSubmit
	CheckSecuredSender
	CheckNullSender
	CheckAnySender
	CheckOwnAddress
	CheckAuthoritative
	CheckAuthoritativeSender
	CheckRecipientCount
	CheckEnvelopeLimit
	CheckReservedTopLevel
	CheckReservedSecondLevel
	CheckSingleLabel
	CheckRecipient
	CheckAnyRecipient
	CheckAcceptedDomain
	CheckRoutingCharacters
	CheckHeaderSize
	CheckSize
	CheckBypassSize
	CheckOrganizationSize
	CheckHops
	CheckLocalHops
	CheckAuthor
	CheckAuthorsLegible
	CheckHeadersRouting
	CheckHeadersOrganization
	CheckHeadersForest
	CheckHeadersCrossPremises
	CheckHeaderField
	CheckMissingHeaders
	CheckSendConnector
)

// checkText is a Check in words: its stable name, and what is so when it
// passes and when it doesn't. {s} is the subject, {n} and {max} are numbers.
type checkText struct{ name, yes, no string }

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
	CheckReceiveConnector:     {"receive-connector", `"{s}" serves the connection `, `"{s}" `},
	CheckConnector:            {"connector", "a connector serves the connection", "no connector serves the connection"},
	CheckExternallySecured:    {"externally-secured", "AuthMechanism is ExternalAuthoritative", "AuthMechanism has no ExternalAuthoritative"},
	CheckDomainSecured:        {"domain-secured", "the certificate proves {s}", "no certificate for a domain of TLSReceiveDomainSecureList"},
	CheckSession:              {"session", "the session is {s}", ""},
	CheckHelloSyntax:          {"hello-syntax", "the argument is printable ASCII", "the argument has other characters than printable ASCII"},
	CheckHelloDomain:          {"hello-domain", "an argument was given", "RequireEHLODomain is set and no argument was given"},
	CheckTLS:                  {"tls", "TLS is up", "RequireTLS is set and TLS is not up"},
	CheckTLSOffered:           {"tls-offered", "TLS can be started", "AuthMechanism has no Tls, or TLS is up already"},
	CheckNotAuthenticated:     {"not-authenticated-yet", "nobody has logged in yet", "{s} has logged in already"},
	CheckMechanism:            {"mechanism", "{s} is offered", "{s} is not offered on this channel"},
	CheckIdentity:             {"identity", "the verifier vouches for {s}", "the verifier named nobody"},
	CheckSubmit:               {"submit", "{s} holds {right}", "{s} lacks {right}"},
	CheckSecuredSender:        {"secured-sender", "domain security lets the session send for {s}", "{s} must be sent for under its own certificate"},
	CheckNullSender:           {"null-sender", "the sender is <>, which everybody may use", ""},
	CheckAnySender:            {"any-sender", "{s} holds {right}", "{s} lacks {right}"},
	CheckOwnAddress:           {"own-address", "{s} belongs to the session", "{s} does not belong to the session"},
	CheckAuthoritative:        {"authoritative-domain", "{s} is an authoritative domain", "{s} is not an authoritative domain"},
	CheckAuthoritativeSender:  {"authoritative-sender", "{s} holds {right}", "{s} lacks {right}"},
	CheckRecipientCount:       {"recipient-count", "{n} of at most {max} recipients", "{n} recipients, and MaxRecipientsPerMessage is {max}"},
	CheckEnvelopeLimit:        {"envelope-limit", "{n} of at most {max} recipients", "{n} recipients, and MaxRecipientEnvelopeLimit is {max}"},
	CheckReservedTopLevel:     {"reserved-top-level", "{s} is not in a reserved top-level domain", "{s} is in a top-level domain that RFC 2606 reserves"},
	CheckReservedSecondLevel:  {"reserved-second-level", "{s} is not in a reserved second-level domain", "{s} is in a second-level domain that RFC 2606 reserves"},
	CheckSingleLabel:          {"single-label", "{s} has more than one label", "{s} has a single label"},
	CheckRecipient:            {"recipient", "the recipient is a mailbox", "the recipient is no mailbox"},
	CheckAnyRecipient:         {"any-recipient", "{s} holds {right}", "{s} lacks {right}"},
	CheckAcceptedDomain:       {"accepted-domain", "{s} is an accepted domain", "{s} is no accepted domain"},
	CheckRoutingCharacters:    {"routing-characters", "the local part names a mailbox", "the local part names another domain: it holds @, % or !"},
	CheckBypassSize:           {"bypass-size", "{s} holds {right}", "{s} lacks {right}"},
	CheckHeaderSize:           {"header-size", "{n} of at most {max} bytes", "{n} bytes, and MaxHeaderSize is {max}"},
	CheckSize:                 {"size", "{n} of at most {max} bytes", "{n} bytes, and MaxMessageSize is {max}"},
	CheckOrganizationSize:     {"organization-size", "{n} of at most {max} bytes", "{n} bytes, and MaxReceiveSize is {max}"},
	CheckHops:                 {"hops", "{n} of at most {max} Received fields", "{n} Received fields, and MaxHopCount is {max}"},
	CheckLocalHops:            {"local-hops", "{n} of at most {max} Received fields of ours", "{n} Received fields of ours, and MaxLocalHopCount is {max}"},
	CheckAuthor:               {"author", "the header names {s} as author", ""},
	CheckAuthorsLegible:       {"authors-legible", "", "the header's authors can't be read"},
	CheckHeaderField:          {"header-field", "{s} passes", "{s} is removed"},
	CheckMissingHeaders:       {"missing-headers", "Message-ID, Date and From are added where they are missing: {s}", "nothing is added to the header: {s}"},
	CheckHeadersRouting:       {"headers-routing", "{s} holds {right}", "{s} lacks {right}"},
	CheckHeadersOrganization:  {"headers-organization", "{s} holds {right}", "{s} lacks {right}"},
	CheckHeadersForest:        {"headers-forest", "{s} holds {right}", "{s} lacks {right}"},
	CheckHeadersCrossPremises: {"headers-cross-premises", "CloudServicesMailEnabled is set", ""},
	CheckSendConnector:        {"send-connector", "", ""}, // the candidate tells
}
