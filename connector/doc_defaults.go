// # Defaults
//
// A parameter that is left out has the default that Exchange documents for the
// connector's Usage, the profile and the role of its server. Where Microsoft's
// pages contradict each other or say nothing, this is the choice:
//
//   - Usage presets are those of the current page on Receive connectors for all
//     editions. Exchange2007 differs in Partners, which Internet includes there.
//     That Custom had no Tls in 2007 is unconfirmed and not followed.
//   - Bindings and RemoteIPRanges may be given with every usage. The parameter
//     tables forbid some, but Microsoft's own procedures give them.
//   - MaxMessageSize of a Receive connector is 36 MB, in Exchange2007 10 MB; of
//     a Send connector 35 MB (unlimited with usage Internal), in Exchange2007
//     10 MB. The pages for Send connectors say 10, 25 and 35 MB.
//   - MaxHeaderSize is 256 KB, in Exchange2007 64 KB.
//   - MaxHopCount is 60 and MaxLocalHopCount 12, as real servers have it; the
//     pages say 30 and 8. Exchange2007 has 60 and 8.
//   - MaxAcknowledgementDelay, TarpitInterval and AuthTarpitInterval have the
//     current defaults in both editions.
//   - MaxPerDomainOutboundConnections is 40, in Exchange2007 20; the pages say
//     both. Where MaxOutboundConnections is given and less, it is that.
//   - TransportRole is HubTransport, which is what an omitted one became on 2013.
//   - BareLinefeedRejectionEnabled is true, against Exchange's default, because
//     bare line feeds are how one message is made into two. With false each is
//     made a line end (CRLF) before anything looks at the message.
//   - BinaryMimeEnabled follows ChunkingEnabled, which it depends on.
//
// # Validation
//
// [Compile] reports all mistakes of a Config at once as [Problems], and what is
// legal but doubtful as warnings. The rules are Exchange's; the codes, listed
// among the constants, are stable. Decided where Exchange is silent:
//
//   - Two connectors with identical remote ranges conflict also if one is bound
//     to the wildcard and the other to a specific address of the same family
//     and port, enabled or not.
//   - Ranges that overlap without nesting are a warning; the smaller range wins.
//   - ForceHELO with TLS, source servers in several sites, and SourceIPAddress
//     outside Edge servers are warnings.
//   - SmartHostAuthMechanism accepts the guide's pair BasicAuth,
//     BasicAuthRequireTLS and means BasicAuthRequireTLS.
//   - QueueGlitchRetryCount and QueueGlitchRetryInterval have the ranges of
//     TransientFailureRetryCount and TransientFailureRetryInterval.
//   - A DelayNotificationTimeout within the transient retries or beyond
//     MessageExpirationTimeout is a warning.
//   - A remote domain *.contoso.com covers contoso.com too.
//   - A parameter that is kept but has no effect here is a warning that names it.
package connector
