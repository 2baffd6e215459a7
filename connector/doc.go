// Package connector compiles Receive and Send connectors into an immutable
// Policy and answers what a session may do.
//
// A [Config] is plain values with Exchange's parameter names; [Compile] fills
// in the documented defaults, checks everything and returns a [Policy]. The
// policy knows no sockets, no clock and no passwords: what it cannot know
// comes in as an argument. It is safe for concurrent use and never changes. To
// change what happens, compile another and swap it, as the example shows.
//
// # Life of a connection
//
//   - [Policy.Select] picks the Receive connector by local address and client.
//   - [Inbound.Open] makes a [Session]: Externally Secured if the connector
//     says so, a Partner if a listed certificate was verified, else anonymous.
//     After STARTTLS, open a new one.
//   - [Session.Login] makes it the session of whom AUTH proved. The identity
//     replaces the anonymous one, so what anonymous sessions were granted is
//     gone.
//   - [Session.Mail], [Session.Rcpt] and [Session.Message] decide. The rights were
//     computed when the session began; a command tests bits.
//   - [Policy.Route] picks the Send connector, an [Outbound].
//   - [Session.Headers] and [Outbound.Headers] are the header firewall.
//   - [Policy.Service] is how often, how long and over how many connections mail
//     is tried; [Policy.Reports] is what a sender is told of it.
//
// [Policy.Walk] goes all the way at once, for tests and for people.
//
// # Decisions
//
// A [Decision] says whether a command passes, for what reason and what the
// reply is. The order of checks is fixed:
//
//	EHLO  domain if RequireEHLODomain (closes); syntax
//	AUTH  RequireTLS; nobody logged in yet; mechanism offered on this channel
//	MAIL  RequireTLS; Submit; size; <> passes; sender
//	RCPT  Submit; recipients; reserved and single-label domains; relaying
//	data  Submit; header size; size; hops; local hops
//
// A recipient passes if it is in an accepted domain or the session holds
// ms-Exch-SMTP-Accept-Any-Recipient. There is no other way in. A recipient of
// an accepted domain whose local part holds @, % or ! is treated as one of a
// foreign domain, because the next hop may take it for an order to relay, and
// trusts us. The reply is 550 5.7.1 Unable to relay.
//
// A session may send as <> and as its own addresses, and with
// ms-Exch-SMTP-Accept-Any-Sender as any other; if that is in an authoritative
// domain, it takes ms-Exch-SMTP-Accept-Authoritative-Domain-Sender too.
//
// A [Trace] records what decisions look at, with the grants that gave or denied
// each right. [Session.Tracing] makes a session append to one, whatever it is asked;
// [Policy.Select], [Policy.Route], [Inbound.Open] and [Outbound.Headers] take one as
// their last argument. Without a trace the same code runs and nothing is allocated.
// [Step.Basis] names the parameters behind a step, and whether the Config, a Usage or
// a default set them; [Step.Fate] says why a connector was chosen or passed over.
//
// The zero values refuse: a zero Session, a zero Decision, a nil Inbound and a
// nil Policy let nothing pass.
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
//   - A binding to [::] is for IPv6 only; both wildcards mean both families.
//   - Ranges that overlap without nesting are allowed: the smallest that
//     contains the client wins, then the lower name of the connector.
//   - AUTH under RequireTLS before TLS is answered like MAIL, 530 5.7.0.
//   - RequireEHLODomain is content with an address literal, as RFC 5321 is.
//   - The reserved domains of RFC 2606 include everything below them.
//   - Externally Secured servers count as trusted, not as Exchange servers:
//     MaxRecipientsPerMessage holds for them.
//   - Partners have no ms-Exch-SMTP-Accept-Any-Sender, so they may send as the
//     domains that their certificate proved. On a connector with
//     DomainSecureEnabled, nobody else from outside may send as a domain of
//     TLSReceiveDomainSecureList.
//   - MaxRecipientEnvelopeLimit is kept at RCPT with 550 5.5.3, MaxSendSize by
//     every Send connector.
//   - Cross-premises header fields are never accepted, and are sent only with
//     CloudServicesMailEnabled; they are not renamed.
package connector
