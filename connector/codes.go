package connector

// The codes of problems. They are stable: tools may depend on them, unlike on
// the texts.
const (
	CodeNameMissing   = "name-missing"
	CodeNameInvalid   = "name-invalid"   // longer than 64 characters, or with control characters
	CodeNameDuplicate = "name-duplicate" // letter case doesn't distinguish
	CodeValueInvalid  = "value-invalid"  // a value that no parser returns
	CodeOutOfRange    = "out-of-range"
	CodeFqdnInvalid   = "fqdn-invalid"
	CodeServerUnknown = "server-unknown" // not listed in Servers
	CodeNotEnforced   = "not-enforced"   // warning: kept, but without effect here

	CodeBindingsMissing   = "bindings-missing"
	CodeBindingInvalid    = "binding-invalid"
	CodeBindingDuplicate  = "binding-duplicate"
	CodeBindingsConflict  = "bindings-conflict"
	CodeRoleConflict      = "role-conflict"
	CodeRangesMissing     = "ranges-missing"
	CodeRangeInvalid      = "range-invalid"
	CodeRangesOverlap     = "ranges-overlap" // warning
	CodeAuthInvalid       = "auth-invalid"   // unknown or contradictory mechanisms
	CodeAuthNeedsTLS      = "auth-needs-tls"
	CodeRequireTLS        = "require-tls"
	CodeExternalExclusive = "external-exclusive" // beside ExternalAuthoritative only Tls
	CodeExternalGroups    = "external-groups"    // ExternalAuthoritative needs ExchangeServers
	CodeDomainSecure      = "domain-secure"
	CodeDomainSecureList  = "domain-secure-list" // warning when empty, error when malformed
	CodeExchangeFqdn      = "exchange-fqdn"
	CodeTimeoutOrder      = "timeout-order"
	CodeBinaryMime        = "binary-mime"
	CodeBannerInvalid     = "banner-invalid"
	CodeSuppressTLS       = "suppress-tls"
	CodeNotOnEdge         = "not-on-edge"
	CodeGroupCustom       = "group-custom"      // warning
	CodeAcceptsNothing    = "accepts-nothing"   // warning
	CodeGroupUnreachable  = "group-unreachable" // warning: no session can become a member
	CodePermissionInvalid = "permission-invalid"
	CodeDefaultDomain     = "default-domain"
	CodeCertificateName   = "certificate-name"

	CodeUsageInvalid        = "usage-invalid"
	CodeAddressSpaceMissing = "address-space-missing"
	CodeAddressSpaceInvalid = "address-space-invalid"
	CodeSmartHostInvalid    = "smart-host-invalid"
	CodeDNSRouting          = "dns-routing" // smart hosts exclude DNS routing
	CodeSmartHostsMissing   = "smart-hosts"
	CodeCredentialMissing   = "credential"
	CodeCredentialUnused    = "credential-unused" // warning
	CodeCredentialClear     = "credential-clear"  // warning: may cross the network unprotected
	CodeIgnoreSTARTTLS      = "ignore-starttls"
	CodeTlsAuthLevel        = "tls-auth-level"
	CodeTlsDomain           = "tls-domain"
	CodeLinked              = "linked"
	CodeForceHELO           = "force-helo" // warning
	CodeEdgeOnly            = "edge-only"
	CodeSourceSites         = "source-sites" // warning
	CodeAcceptedDomain      = "accepted-domain"
	CodeRemoteDomain        = "remote-domain"
	CodePostmaster          = "postmaster"
	CodeConnectionsOrder    = "connections-order"  // of one domain more than of all
	CodeDelayNotification   = "delay-notification" // warning: too early or never
	CodeSiteLink            = "site-link"
	CodeRouting             = "routing" // Servers, Links and Send don't fit together
)
