package analysis

import (
	"slices"

	"github.com/interchange-smtp/interchange/connector"
)

// The codes of findings beside those that connector.Compile warns with. They are
// stable: tools may depend on them, unlike on the texts. docs/findings.md has a
// section for each.
const (
	CodeOpenRelay        = "open-relay"        // error: any client relays, from addresses that no range names
	CodeExternalOpen     = "external-open"     // error: any client is Externally Secured, from addresses that no range names
	CodeAcceptedAny      = "accepted-any"      // error: the accepted domain * makes anonymous senders relay
	CodeAcceptedRegistry = "accepted-registry" // error: so does one that holds strangers' domains, as *.com
	CodeExternalWide     = "external-wide"     // warning: many addresses are Externally Secured
	CodeRelayAnonymous   = "relay-anonymous"   // note: clients that relay without authentication
	CodeRelayExternal    = "relay-external"    // note: clients that relay as Externally Secured
	CodeRelayPartner     = "relay-partner"     // note: clients that relay with a certificate
	CodeRelayUser        = "relay-user"        // note: clients that relay after logging in

	CodeConnectorUnreached = "connector-unreached" // warning: another Receive connector always wins
	CodeRangeUnreached     = "range-unreached"     // warning: a smaller range always wins
	CodeRangeRedundant     = "range-redundant"     // note: without it the same connector serves
	CodeRangeTie           = "range-tie"           // warning: only the name decides between connectors
	CodeBindingOutranks    = "binding-outranks"    // warning: the specific address wins over a smaller range
	CodeBehindFrontEnd     = "behind-front-end"    // warning: granted where Exchange passes clients on to
	CodeGrantIneffective   = "grant-ineffective"   // warning: all rights would be the same without it

	CodeAuthClear       = "auth-clear"       // warning: passwords are accepted without TLS
	CodeMechanismUnused = "mechanism-unused" // warning: clients that use it may do nothing
	CodeGatewaySender   = "gateway-sender"   // note: a gateway that logs in may not send for others

	CodeCertificateFqdn    = "certificate-fqdn"    // warning: no certificate has the connector's name
	CodeCertificateExpired = "certificate-expired" // error: it isn't valid now
	CodeCertificateExpires = "certificate-expires" // warning: it won't be valid for long

	CodeAcceptedUnrouted = "accepted-unrouted" // warning: accepted mail that has no route
	CodeNoRoutes         = "no-routes"         // note: there is no Send connector at all
	CodeRelayLoop        = "relay-loop"        // warning: accepted mail that DNS leads back to this server
	CodeSmartHostSelf    = "smart-host-self"   // error: a next hop is this server
	CodeSendUnused       = "send-unused"       // warning: another Send connector always wins
	CodeSpaceUnused      = "space-unused"      // warning: another address space always wins
	CodeRouteTie         = "route-tie"         // warning: only the name decides between Send connectors
	CodeRouteSize        = "route-size"        // warning: a Send connector that is too small for mail
	CodeSizeGap          = "size-gap"          // note: messages are accepted that no route carries

	CodeServesNothing = "serves-nothing" // error or warning: this server has no enabled Receive connector
	CodeFqdnMissing   = "fqdn-missing"   // warning: next hops are greeted by a short name

	CodeTooLarge = "too-large" // error: the policy can't be checked exactly

	CodeAcknowledgedNothing  = "acknowledged-nothing"  // warning: nothing of the kind is found there
	CodeAcknowledgedNoReason = "acknowledged-noreason" // warning: the reason is missing
)

// FindingCodes returns all codes that a Finding may have, those of
// connector.Compile's warnings included, sorted.
func FindingCodes() []string {
	codes := []string{
		CodeOpenRelay, CodeExternalOpen, CodeAcceptedAny, CodeAcceptedRegistry, CodeExternalWide,
		CodeRelayAnonymous, CodeRelayExternal, CodeRelayPartner, CodeRelayUser,
		CodeConnectorUnreached, CodeRangeUnreached, CodeRangeRedundant, CodeRangeTie, CodeBindingOutranks,
		CodeGrantIneffective, CodeBehindFrontEnd, CodeAuthClear, CodeMechanismUnused, CodeGatewaySender,
		CodeCertificateFqdn, CodeCertificateExpired, CodeCertificateExpires,
		CodeAcceptedUnrouted, CodeNoRoutes, CodeRelayLoop, CodeSmartHostSelf, CodeSendUnused, CodeSpaceUnused,
		CodeRouteTie, CodeRouteSize, CodeSizeGap, CodeTooLarge, CodeServesNothing, CodeFqdnMissing, CodeAcknowledgedNothing, CodeAcknowledgedNoReason,
		connector.CodeRangesOverlap,
	}
	for code := range warningFixes {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes
}
