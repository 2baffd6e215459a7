package connector

// The codes of problems. They are stable: tools may depend on them, unlike on
// the texts.
const (
	CodeNameMissing   = "name-missing"
	CodeNameInvalid   = "name-invalid"   // longer than 64 characters, or with control characters
	CodeNameDuplicate = "name-duplicate" // letter case doesn't distinguish
	CodeValueInvalid  = "value-invalid"  // a value that no parser returns
	CodeOutOfRange    = "out-of-range"   // outside the limits of the parameter
	CodeFqdnInvalid   = "fqdn-invalid"
	CodeServerUnknown = "server-unknown" // not listed in Servers
	CodeNotEnforced   = "not-enforced"   // warning: kept, but without effect here

	CodeBindingsMissing   = "bindings-missing"
	CodeBindingInvalid    = "binding-invalid"
	CodeBindingDuplicate  = "binding-duplicate"
	CodeBindingsConflict  = "bindings-conflict" // connectors with the same binding and the same clients
	CodeRoleConflict      = "role-conflict"     // warning: a binding shared by two services
	CodeRangesMissing     = "ranges-missing"
	CodeRangeInvalid      = "range-invalid"
	CodeRangesOverlap     = "ranges-overlap"     // warning: neither range contains the other
	CodeAuthInvalid       = "auth-invalid"       // unknown or contradictory mechanisms
	CodeAuthNeedsTLS      = "auth-needs-tls"     // BasicAuthRequireTLS without BasicAuth or Tls
	CodeRequireTLS        = "require-tls"        // RequireTLS without Tls in AuthMechanism
	CodeExternalExclusive = "external-exclusive" // beside ExternalAuthoritative only Tls
	CodeExternalGroups    = "external-groups"    // ExternalAuthoritative needs ExchangeServers
	CodeDomainSecure      = "domain-secure"      // domain security without mutual TLS
	CodeDomainSecureList  = "domain-secure-list" // warning when empty, error when malformed
	CodeExchangeFqdn      = "exchange-fqdn"      // ExchangeServer needs the server's own name
	CodeTimeoutOrder      = "timeout-order"      // the inactivity timeout has no effect
	CodeBinaryMime        = "binary-mime"        // BINARYMIME without CHUNKING
	CodeBannerInvalid     = "banner-invalid"     // not one line that begins with 220
	CodeSuppressTLS       = "suppress-tls"       // SuppressXAnonymousTls without UseDowngradedExchangeServerAuth
	CodeNotOnEdge         = "not-on-edge"        // not available on Edge servers
	CodeGroupCustom       = "group-custom"       // warning: the group Custom grants nothing
	CodeAcceptsNothing    = "accepts-nothing"    // warning: no group and no grant
	CodeGroupUnreachable  = "group-unreachable"  // warning: no session can become a member
	CodePermissionInvalid = "permission-invalid"
	CodeDefaultDomain     = "default-domain"
	CodeCertificateName   = "certificate-name"

	CodeUsageInvalid        = "usage-invalid"
	CodeAddressSpaceMissing = "address-space-missing"
	CodeAddressSpaceInvalid = "address-space-invalid" // zero, or of mixed scope
	CodeSmartHostInvalid    = "smart-host-invalid"
	CodeDNSRouting          = "dns-routing"       // smart hosts exclude DNS routing
	CodeSmartHostsMissing   = "smart-hosts"       // DNS routing is off, or a parameter needs smart hosts
	CodeCredentialMissing   = "credential"        // Basic authentication without a user name and a password
	CodeCredentialUnused    = "credential-unused" // warning: no mechanism needs it
	CodeCredentialClear     = "credential-clear"  // warning: may cross the network unprotected
	CodeIgnoreSTARTTLS      = "ignore-starttls"   // TLS is required and ignored
	CodeTlsAuthLevel        = "tls-auth-level"    // a level without RequireTLS
	CodeTlsDomain           = "tls-domain"        // missing, malformed, or without DomainValidation
	CodeLinked              = "linked"            // parameters that LinkedReceiveConnector excludes or needs
	CodeForceHELO           = "force-helo"        // warning: after HELO there is neither STARTTLS nor AUTH
	CodeEdgeOnly            = "edge-only"         // on Edge servers only; a warning for SourceIPAddress
	CodeSourceSites         = "source-sites"      // warning: source servers in several sites
	CodeAcceptedDomain      = "accepted-domain"
	CodeRemoteDomain        = "remote-domain"
	CodePostmaster          = "postmaster"
	CodeConnectionsOrder    = "connections-order"  // more for one domain than for all
	CodeDelayNotification   = "delay-notification" // warning: too early or never
	CodeSiteLink            = "site-link"
	CodeRouting             = "routing" // Servers, Links and Send don't fit together
)
