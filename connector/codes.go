package connector

import "github.com/interchange-smtp/interchange/connector/source"

// The codes of the mistakes and warnings of [Compile], beside those of packages source
// and routing. docs/findings.md lists all codes.
const (
	CodeFqdnInvalid source.Code = "fqdn-invalid"
	CodeNotEnforced source.Code = "not-enforced" // warning: kept, but without effect here

	CodeBindingsMissing   source.Code = "bindings-missing"
	CodeBindingInvalid    source.Code = "binding-invalid"
	CodeBindingDuplicate  source.Code = "binding-duplicate"
	CodeBindingsConflict  source.Code = "bindings-conflict" // connectors with the same binding and the same clients
	CodeRoleConflict      source.Code = "role-conflict"     // warning: a binding shared by two services
	CodeRangesMissing     source.Code = "ranges-missing"
	CodeRangeInvalid      source.Code = "range-invalid"
	CodeRangesOverlap     source.Code = "ranges-overlap"     // warning: neither range contains the other
	CodeAuthInvalid       source.Code = "auth-invalid"       // unknown or contradictory mechanisms
	CodeAuthNeedsTLS      source.Code = "auth-needs-tls"     // a mechanism that needs TLS without Tls, or BasicAuthRequireTLS without BasicAuth
	CodeRequireTLS        source.Code = "require-tls"        // RequireTLS without Tls in AuthMechanism
	CodeTLSLegacyUnused   source.Code = "tls-legacy-unused"  // warning: old TLS, suites or an end date without what they need
	CodeExternalExclusive source.Code = "external-exclusive" // beside ExternalAuthoritative only Tls
	CodeExternalGroups    source.Code = "external-groups"    // ExternalAuthoritative needs ExchangeServers
	CodeDomainSecure      source.Code = "domain-secure"      // domain security without mutual TLS
	CodeDomainSecureList  source.Code = "domain-secure-list" // warning when empty, error when malformed
	CodeExchangeFqdn      source.Code = "exchange-fqdn"      // ExchangeServer needs the server's own name
	CodeTimeoutOrder      source.Code = "timeout-order"      // the inactivity timeout has no effect
	CodeBinaryMime        source.Code = "binary-mime"        // BINARYMIME without CHUNKING
	CodeBannerInvalid     source.Code = "banner-invalid"     // not one line that begins with 220
	CodeSuppressTLS       source.Code = "suppress-tls"       // SuppressXAnonymousTls without UseDowngradedExchangeServerAuth
	CodeNotOnEdge         source.Code = "not-on-edge"        // not available on Edge servers
	CodeGroupCustom       source.Code = "group-custom"       // warning: the group Custom grants nothing
	CodeAcceptsNothing    source.Code = "accepts-nothing"    // warning: no group and no grant
	CodeGroupUnreachable  source.Code = "group-unreachable"  // warning: no session can become a member
	CodePermissionInvalid source.Code = "permission-invalid"
	CodeDefaultDomain     source.Code = "default-domain"
	CodeCertificateName   source.Code = "certificate-name"
	CodeRewriteAddress    source.Code = "rewrite-address" // not an ASCII address with a domain
	CodeSenderRules       source.Code = "sender-rules"    // warning: AllowedSenders, RewriteSender or RewriteFrom without effect

	CodeUsageInvalid        source.Code = "usage-invalid"
	CodeAddressSpaceMissing source.Code = "address-space-missing"
	CodeAddressSpaceInvalid source.Code = "address-space-invalid" // zero, or of mixed scope
	CodeSmartHostInvalid    source.Code = "smart-host-invalid"
	CodeDNSRouting          source.Code = "dns-routing"          // smart hosts exclude DNS routing
	CodeSmartHostsMissing   source.Code = "smart-hosts"          // DNS routing is off, or a parameter needs smart hosts
	CodeCredentialMissing   source.Code = "credential"           // Basic authentication without a user name and a password, OAuth without a user name
	CodeCredentialUnused    source.Code = "credential-unused"    // warning: no mechanism needs it
	CodeCredentialUnchecked source.Code = "credential-unchecked" // warning: goes to hosts whose certificate isn't checked
	CodeSmartHostLimits     source.Code = "smart-host-limits"    // warning: limits for smart hosts on a connector without smart hosts
	CodeCredentialClear     source.Code = "credential-clear"     // warning: may cross the network unprotected
	CodeIgnoreSTARTTLS      source.Code = "ignore-starttls"      // TLS is required and ignored
	CodePublishedTLS        source.Code = "published-tls"        // DANE or MTA-STS for smart hosts
	CodeTlsAuthLevel        source.Code = "tls-auth-level"       // a level without RequireTLS
	CodeTlsDomain           source.Code = "tls-domain"           // missing, malformed, or without DomainValidation
	CodeLinked              source.Code = "linked"               // parameters that LinkedReceiveConnector excludes or needs
	CodeForceHELO           source.Code = "force-helo"           // warning: after HELO there is neither STARTTLS nor AUTH
	CodeEdgeOnly            source.Code = "edge-only"            // on Edge servers only; a warning for SourceIPAddress
	CodeSourceSites         source.Code = "source-sites"         // warning: source servers in several sites
	CodeRemoteDomain        source.Code = "remote-domain"
	CodePostmaster          source.Code = "postmaster"
	CodeConnectionsOrder    source.Code = "connections-order"   // more for one domain than for all
	CodeDelayNotification   source.Code = "delay-notification"  // warning: too early or never
	CodeNameServers         source.Code = "name-servers"        // none is listed although only those listed are asked, or no server can have the address
	CodeNameServersUnused   source.Code = "name-servers-unused" // warning: listed, but those of the machine are asked
	CodeLogPath             source.Code = "log-path"            // warning: a path of Windows on another system
	CodeLogSizes            source.Code = "log-sizes"           // one file may be larger than all files
)
