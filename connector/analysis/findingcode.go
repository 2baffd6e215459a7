package analysis

import (
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/source"
)

// The codes of findings beside those that connector.Compile warns with. They are
// stable: tools may depend on them, unlike on the texts. docs/findings.md has a
// section for each.
const (
	CodeOpenRelay        source.Code = "open-relay"        // error: any client relays, from addresses that no range names
	CodeExternalOpen     source.Code = "external-open"     // error: any client is Externally Secured, from addresses that no range names
	CodeAcceptedAny      source.Code = "accepted-any"      // error: the accepted domain * makes anonymous senders relay
	CodeAcceptedRegistry source.Code = "accepted-registry" // error: so does one that holds strangers' domains, as *.com
	CodeExternalWide     source.Code = "external-wide"     // warning: many addresses are Externally Secured
	CodeRelayAnonymous   source.Code = "relay-anonymous"   // note: clients that relay without authentication
	CodeRelayExternal    source.Code = "relay-external"    // note: clients that relay as Externally Secured
	CodeRelayPartner     source.Code = "relay-partner"     // note: clients that relay with a certificate
	CodeRelayUser        source.Code = "relay-user"        // note: clients that relay after logging on

	CodeConnectorUnreached source.Code = "connector-unreached" // warning: another Receive connector always wins
	CodeRangeUnreached     source.Code = "range-unreached"     // warning: a smaller range always wins
	CodeRangeRedundant     source.Code = "range-redundant"     // note: without it the same connector serves
	CodeRangeTie           source.Code = "range-tie"           // warning: only the name decides between connectors
	CodeBindingOutranks    source.Code = "binding-outranks"    // warning: the specific address wins over a smaller range
	CodeBehindFrontEnd     source.Code = "behind-front-end"    // warning: granted where Exchange passes clients on to
	CodeGrantIneffective   source.Code = "grant-ineffective"   // warning: all rights would be the same without it

	CodeAuthClear       source.Code = "auth-clear"       // warning: passwords are accepted without TLS
	CodeMechanismUnused source.Code = "mechanism-unused" // warning: clients that use it may do nothing
	CodeGatewaySender   source.Code = "gateway-sender"   // note: a gateway that logs on may not send for others

	CodeUnverified           source.Code = "unverified"             // note: mail from the Internet is taken without SPF, DKIM and DMARC
	CodeVerifiedBehindFilter source.Code = "verified-behind-filter" // warning: SPF would look at another server's address

	CodeCertificateFqdn    source.Code = "certificate-fqdn"    // warning: no certificate has the connector's name
	CodeCertificateExpired source.Code = "certificate-expired" // error: it isn't valid now
	CodeCertificateExpires source.Code = "certificate-expires" // warning: it won't be valid for long

	CodeCertificateNoRSA source.Code = "certificate-no-rsa" // warning: no old device can use it

	CodeTLSLegacyRange source.Code = "tls-legacy-range"  // warning: many clients may use old TLS
	CodeTLSLegacyNoEnd source.Code = "tls-legacy-no-end" // warning: they may do so without an end
	CodeTLSLegacyEnds  source.Code = "tls-legacy-ends"   // warning: they may not for long
	CodeTLSLegacyEnded source.Code = "tls-legacy-ended"  // warning: they may not any more

	CodeAcceptedUnrouted source.Code = "accepted-unrouted"  // warning: accepted mail that has no route
	CodeNoRoutes         source.Code = "no-routes"          // note: there is no Send connector at all
	CodeRelayLoop        source.Code = "relay-loop"         // warning: accepted mail that DNS leads back to this server
	CodeSmartHostSelf    source.Code = "smart-host-self"    // error: a next hop is this server
	CodeSmartHostUnpaced source.Code = "smart-host-unpaced" // note: a mail service limits what it takes, and the connector doesn't keep to it
	CodeSendUnused       source.Code = "send-unused"        // warning: another Send connector always wins
	CodeSpaceUnused      source.Code = "space-unused"       // warning: another address space always wins
	CodeRouteTie         source.Code = "route-tie"          // warning: only the name decides between Send connectors
	CodeRouteSize        source.Code = "route-size"         // warning: a Send connector that is too small for mail
	CodeSizeGap          source.Code = "size-gap"           // note: messages are accepted that no route carries

	CodeServesNothing source.Code = "serves-nothing" // error or warning: this server has no enabled Receive connector
	CodeFqdnMissing   source.Code = "fqdn-missing"   // warning: next hops are greeted by a short name

	CodeAssertionFalse     source.Code = "assertion-false"     // error: a session contradicts an assertion
	CodeAssertionInvalid   source.Code = "assertion-invalid"   // error: an assertion can't be read
	CodeAssertionUndecided source.Code = "assertion-undecided" // error: whether an assertion is true isn't known
	CodeAssertionDoubtful  source.Code = "assertion-doubtful"  // warning: a true assertion is about a group that no grant names

	CodeTooLarge source.Code = "too-large" // error: the policy can't be checked exactly

	CodeAcknowledgedNothing  source.Code = "acknowledged-nothing"  // warning: nothing of the kind is found there
	CodeAcknowledgedNoReason source.Code = "acknowledged-noreason" // warning: the reason is missing
	CodeAcknowledgedExtent   source.Code = "acknowledged-extent"   // warning: the finding goes beyond what was acknowledged
	CodeAcknowledgedError    source.Code = "acknowledged-error"    // warning: an error, which can't be acknowledged there
)

// FindingCodes returns all codes that a Finding may have, those of
// connector.Compile's warnings included, sorted.
func FindingCodes() []source.Code {
	codes := []source.Code{
		CodeOpenRelay, CodeExternalOpen, CodeAcceptedAny, CodeAcceptedRegistry, CodeExternalWide,
		CodeRelayAnonymous, CodeRelayExternal, CodeRelayPartner, CodeRelayUser,
		CodeConnectorUnreached, CodeRangeUnreached, CodeRangeRedundant, CodeRangeTie, CodeBindingOutranks,
		CodeGrantIneffective, CodeBehindFrontEnd, CodeAuthClear, CodeMechanismUnused, CodeGatewaySender, CodeUnverified, CodeVerifiedBehindFilter,
		CodeCertificateFqdn, CodeCertificateExpired, CodeCertificateExpires, CodeCertificateNoRSA,
		CodeTLSLegacyRange, CodeTLSLegacyNoEnd, CodeTLSLegacyEnds, CodeTLSLegacyEnded,
		CodeAcceptedUnrouted, CodeNoRoutes, CodeRelayLoop, CodeSmartHostSelf, CodeSmartHostUnpaced, CodeSendUnused, CodeSpaceUnused,
		CodeRouteTie, CodeRouteSize, CodeSizeGap, CodeTooLarge, CodeAssertionFalse, CodeAssertionInvalid, CodeAssertionUndecided, CodeAssertionDoubtful, CodeServesNothing, CodeFqdnMissing, CodeAcknowledgedNothing, CodeAcknowledgedNoReason,
		CodeAcknowledgedExtent, CodeAcknowledgedError,
		connector.CodeRangesOverlap,
	}
	for code := range warningFixes {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes
}
