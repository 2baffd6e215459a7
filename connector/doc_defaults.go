// # Defaults
//
// A parameter that is left out has the default that Exchange documents for the
// connector's Usage, the profile and the role of its server. docs/cmdlets.md lists
// them. Where Microsoft's pages contradict each other or say nothing, the table of
// parameters says which default was chosen and why; these choices concern several:
//
//   - Usage presets are those of the current page on Receive connectors for all
//     editions. Exchange2007 differs in Partners, which Internet includes there.
//     That Custom had no Tls in 2007 is unconfirmed and not followed.
//   - Bindings and RemoteIPRanges may be given with every usage. The parameter
//     tables forbid some, but Microsoft's own procedures give them.
//   - MaxAcknowledgementDelay, TarpitInterval and AuthTarpitInterval have the
//     current defaults in both editions.
//   - BareLinefeedRejectionEnabled is on, against Exchange's default.
//
// # Validation
//
// [Compile] returns all mistakes of a Config at once as [source.Diagnostics];
// [Policy.Warnings] lists values that are legal but doubtful. The rules are Exchange's;
// the codes, listed among the constants, are stable. Where Exchange's documentation is
// silent, these are decisions of this package:
//
//   - Two connectors with identical remote ranges also conflict if one is bound to
//     all addresses and the other to a specific address of the same family and
//     port, enabled or not.
//   - Ranges that overlap without nesting are a warning; the smaller range wins.
//   - ForceHELO with TLS, source servers in several sites, and SourceIPAddress
//     outside Edge servers are warnings.
//   - SmartHostAuthMechanism accepts the guide's pair BasicAuth,
//     BasicAuthRequireTLS and means BasicAuthRequireTLS.
//   - A DelayNotificationTimeout within the transient retries or beyond
//     MessageExpirationTimeout is a warning.
//   - A remote domain *.contoso.com covers contoso.com too.
//   - A parameter that is kept but has no effect here is a warning that names it.
package connector
