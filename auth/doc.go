// Package auth holds the authentication mechanisms of connectors, the SASL
// exchanges behind AUTH, and the interfaces that check who a client is: [Verifier] for
// passwords and, in [Methods], those for SCRAM keys, tokens and certificates.
//
// # Mechanisms
//
// A [Mechanism] is the value of the parameter AuthMechanism of a connector: a
// set of Exchange's flags, not of SASL names. What they mean on the wire depends
// on the channel; [Mechanism.Offer] lists the SASL names to advertise now and
// [Mechanism.Permits] reports whether one may be used now:
//
//	flag                   before TLS          within TLS
//	BasicAuth              SCRAM LOGIN PLAIN   SCRAM-PLUS SCRAM LOGIN PLAIN
//	+ BasicAuthRequireTLS  nothing             the same
//	OAuth                  nothing             OAUTHBEARER XOAUTH2
//	ClientCertificate      nothing             EXTERNAL
//
// A server offers those for which it has a check: see [Methods.On].
//
// Exchange advertises only LOGIN for Basic authentication. Interchange adds
// PLAIN: it carries the same password in one step and is standardised (RFC
// 4616). TLS is not an AUTH mechanism: it makes the connector offer STARTTLS.
// ExternalAuthoritative says that the network authenticates the client, so AUTH
// is not offered. Integrated and ExchangeServer are parsed, kept and printed,
// but offer nothing by themselves. NTLM and GSSAPI are not implemented: the Go libraries for
// them have no maintainer or no server's side. A program that has an implementation adds it
// as a [Method] with the flag Integrated.
//
// # Refused, and unavailable
//
// A [Verifier] returns an [Identity]; or an error that wraps [ErrBadCredentials], for
// which the client gets 535; or any other error, which means that the password couldn't
// be checked and for which it gets 454. Data that the mechanism doesn't allow gives
// [ErrMalformed], which becomes 501.
//
// # Senders
//
// An Identity has the addresses as which its user may send, and the domains of which it
// may send as any address: give the users of each tenant of a server the tenant's
// [SenderDomain], and tenants can't send as each other. Exchange's rights about senders
// know no tenants; a user who holds ms-Exch-SMTP-Accept-Any-Sender isn't limited to its
// domains.
//
// # Secrets
//
// A [Secret] always prints as REDACTED. Only [Secret.Reveal] returns its text,
// so a search for that name finds every use.
package auth
