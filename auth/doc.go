// Package auth holds the authentication mechanisms of connectors, the SASL
// exchanges behind AUTH, and the door through which passwords are checked.
//
// # Mechanisms
//
// A [Mechanism] is what the parameter AuthMechanism of a connector holds: flags
// of its own, not SASL names. What they mean on the wire depends on the
// channel; [Mechanism.Offer] lists the SASL names to advertise now and
// [Mechanism.Permits] says whether one may be used now:
//
//	flag                   before TLS    within TLS
//	BasicAuth              LOGIN PLAIN   LOGIN PLAIN
//	+ BasicAuthRequireTLS  nothing       LOGIN PLAIN
//
// Exchange advertises LOGIN alone for Basic authentication. PLAIN is ours: it
// carries the same password in one step and is the one mechanism that has a
// standard (RFC 4616). TLS is not an AUTH mechanism: it makes the connector
// offer STARTTLS. ExternalAuthoritative says that the network authenticates the
// client, so no AUTH is offered. Integrated and ExchangeServer are kept, parsed
// and printed, but offer nothing: NTLM and GSSAPI need a verifier that isn't
// here.
//
// # No, and can't say
//
// A [Verifier] answers with an [Identity], with an error that wraps
// [ErrBadCredentials], which means "no" and becomes 535, or with any other
// error, which means "can't say now" and becomes 454. A client that sends what
// the mechanism doesn't allow gets [ErrMalformed], which becomes 501.
//
// # Secrets
//
// A [Secret] prints as REDACTED however it is printed. [Secret.Reveal] is the
// one way to its text, so that a search for that name finds every use.
package auth
