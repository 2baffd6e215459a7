// Package connector compiles Receive and Send connectors into an immutable
// Policy, which decides what clients may do and where mail goes.
//
// A [Config] is plain values with Exchange's parameter names. [Compile] fills in
// the documented defaults, checks everything and returns a [Policy]. A policy has
// no sockets, clock or passwords; callers pass addresses, sizes and identities as
// arguments. It is safe for concurrent use and never changes. To apply another
// configuration, compile it and swap the policies, as the example shows.
//
// # Life of a connection
//
//   - [Policy.Select] picks the Receive connector by local address and client.
//   - [Inbound.Open] makes a [Session]: Externally Secured if AuthMechanism holds
//     ExternalAuthoritative, a Partner if the client's certificate names a secured
//     domain, else anonymous. After STARTTLS, open a new one.
//   - [Session.Login] returns the session of the identity that AUTH proved. It
//     replaces the anonymous identity, so grants to anonymous sessions no longer
//     apply.
//   - [Session.Mail], [Session.Rcpt] and [Session.Message] decide on commands. The
//     rights are computed when the session begins; each command tests bits.
//   - [Policy.Route] picks the Send connector, an [Outbound].
//   - [Session.Headers] and [Outbound.Headers] are the header firewall.
//   - [Policy.Service] says how often, how long and over how many connections the
//     server tries to deliver; [Policy.Reports] says which delivery reports a
//     sender gets.
//
// [Policy.Walk] does all of this for one message, for tests and explanations.
//
// # Decisions
//
// A [Decision] says whether a command passes, the reason and the reply. The order
// of checks is fixed:
//
//	EHLO  domain if RequireEHLODomain (closes); syntax
//	AUTH  RequireTLS; not logged on yet; mechanism offered on this channel
//	MAIL  RequireTLS; Submit; size; <> passes; sender
//	RCPT  Submit; recipients; reserved and single-label domains; relaying
//	data  Submit; header size; size; hops; local hops
//
// A recipient passes only if it is in an accepted domain or the session holds
// ms-Exch-SMTP-Accept-Any-Recipient. A recipient in an accepted domain whose local
// part holds @, % or ! needs the right too, because the next hop trusts this server
// and may relay the message to the domain in the local part; without the right the
// reply is 550 5.7.1 Unable to relay.
//
// A session may send as <> and as its own addresses, and with
// ms-Exch-SMTP-Accept-Any-Sender as any other address. For other addresses in
// authoritative domains it needs ms-Exch-SMTP-Accept-Authoritative-Domain-Sender
// too.
//
// A [Trace] records the checks of decisions, with the grants that allow or deny
// each right. [Session.Tracing] makes a session record all its decisions;
// [Policy.Select], [Policy.Route], [Inbound.Open] and [Outbound.Headers] take a
// trace as their last argument. The same code decides with and without a trace;
// without one it doesn't allocate. [Step.Basis] names the parameters behind a step,
// and whether the Config, a Usage or a default set them; [Step.Fate] says why a
// connector was chosen or passed over.
//
// The zero values refuse everything: the zero Session, the zero Decision, the nil
// Inbound and the nil Policy.
//
// # Replies
//
// The reason of a Decision is a [reply.Reason]. It has a stable name and a
// [reply.Reply] per profile.
//
// # Where the documentation is silent
//
// These are decisions of this package:
//
//   - A binding to [::] serves IPv6 only; for both families, bind to 0.0.0.0 too.
//   - Ranges that overlap without nesting are allowed: the smallest that
//     contains the client wins, then the lower name of the connector.
//   - With RequireTLS, the reply to AUTH before TLS is that to MAIL, 530 5.7.0.
//   - RequireEHLODomain accepts an address literal, as RFC 5321 does.
//   - The reserved domains of RFC 2606 include everything below them.
//   - Externally Secured servers count as trusted, not as Exchange servers:
//     MaxRecipientsPerMessage applies to them.
//   - Partners lack ms-Exch-SMTP-Accept-Any-Sender, so they may send as the domains
//     that their certificates name. On a connector with DomainSecureEnabled,
//     anonymous sessions and other Partners may not send as a domain of
//     TLSReceiveDomainSecureList.
//   - RCPT enforces MaxRecipientEnvelopeLimit with 550 5.5.3, and every Send
//     connector enforces MaxSendSize.
//   - Cross-premises header fields are never accepted, and are sent only with
//     CloudServicesMailEnabled; they are not renamed.
package connector
