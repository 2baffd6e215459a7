package connector

// The codes of problems. They are stable: tools may depend on them, unlike on
// the texts. The comment names the rule of Exchange's that stands behind it.
const (
	CodeNameMissing   = "name-missing"
	CodeNameInvalid   = "name-invalid"   // longer than 64 characters, or with control characters
	CodeNameDuplicate = "name-duplicate" // R18; letter case doesn't distinguish
	CodeValueInvalid  = "value-invalid"  // a value that no parser returns
	CodeOutOfRange    = "out-of-range"   // R13
	CodeFqdnInvalid   = "fqdn-invalid"
	CodeServerUnknown = "server-unknown" // not listed in Servers
	CodeNotEnforced   = "not-enforced"   // warning: kept, but without effect here

	CodeBindingsMissing   = "bindings-missing"
	CodeBindingInvalid    = "binding-invalid"
	CodeBindingDuplicate  = "binding-duplicate"
	CodeBindingsConflict  = "bindings-conflict" // R7
	CodeRoleConflict      = "role-conflict"     // R7b
	CodeRangesMissing     = "ranges-missing"
	CodeRangeInvalid      = "range-invalid"
	CodeRangesOverlap     = "ranges-overlap"     // R8, warning
	CodeAuthInvalid       = "auth-invalid"       // R1, S3: unknown or contradictory mechanisms
	CodeAuthNeedsTLS      = "auth-needs-tls"     // R2
	CodeRequireTLS        = "require-tls"        // R3
	CodeExternalExclusive = "external-exclusive" // R4: beside ExternalAuthoritative only Tls
	CodeExternalGroups    = "external-groups"    // R4: ExternalAuthoritative needs ExchangeServers
	CodeDomainSecure      = "domain-secure"      // R5, S6
	CodeDomainSecureList  = "domain-secure-list" // R5, S6: warning when empty, error when malformed
	CodeExchangeFqdn      = "exchange-fqdn"      // R6
	CodeTimeoutOrder      = "timeout-order"      // R9
	CodeBinaryMime        = "binary-mime"        // R10
	CodeBannerInvalid     = "banner-invalid"     // R11
	CodeSuppressTLS       = "suppress-tls"       // R12
	CodeNotOnEdge         = "not-on-edge"        // R14, S10, S12
	CodeGroupCustom       = "group-custom"       // R15, warning
	CodeAcceptsNothing    = "accepts-nothing"    // R16, warning
	CodeGroupUnreachable  = "group-unreachable"  // warning: no session can become a member
	CodePermissionInvalid = "permission-invalid"
	CodeDefaultDomain     = "default-domain"
	CodeCertificateName   = "certificate-name"

	CodeUsageInvalid        = "usage-invalid"
	CodeAddressSpaceMissing = "address-space-missing"
	CodeAddressSpaceInvalid = "address-space-invalid" // S11
	CodeSmartHostInvalid    = "smart-host-invalid"
	CodeDNSRouting          = "dns-routing"       // S1: smart hosts exclude DNS routing
	CodeSmartHostsMissing   = "smart-hosts"       // S2, S3, S10
	CodeCredentialMissing   = "credential"        // S3
	CodeCredentialUnused    = "credential-unused" // S3, warning
	CodeCredentialClear     = "credential-clear"  // warning: may cross the network unprotected
	CodeIgnoreSTARTTLS      = "ignore-starttls"   // S3, S4, S5
	CodeTlsAuthLevel        = "tls-auth-level"    // S5
	CodeTlsDomain           = "tls-domain"        // S7
	CodeLinked              = "linked"            // S8
	CodeForceHELO           = "force-helo"        // S9, warning
	CodeEdgeOnly            = "edge-only"         // S13; S12 as a warning
	CodeSourceSites         = "source-sites"      // S14, warning
	CodeAcceptedDomain      = "accepted-domain"
	CodeRemoteDomain        = "remote-domain"
	CodePostmaster          = "postmaster"
	CodeConnectionsOrder    = "connections-order"  // of one domain more than of all
	CodeDelayNotification   = "delay-notification" // warning: too early or never
	CodeSiteLink            = "site-link"
	CodeRouting             = "routing" // Servers, Links and Send don't fit together
)
