// Package delivery hands messages to next hops through Send connectors, while
// the client waits: the client's final reply is the next hop's word, so no
// queue is needed and nothing is ever lost.
//
// # One transaction, one next hop
//
// The first recipient's route decides. Recipients that would leave another way
// get 452 4.5.3, which makes the client come back with them.
//
// With a single recipient nothing is said to the next hop before the message
// has come, and then all at once (RFC 2920). When a second recipient is
// offered, the transaction with the next hop is opened there and then, and each
// further recipient is answered with what the next hop says to it. Should it
// turn out that it refuses the first one, who was accepted already, the others
// get 452 4.5.3: the transaction then has one recipient, whose refusal is the
// final reply. So no message goes out to some of its recipients only, and no
// refusal is lost.
//
// # Trying again
//
// Until the first octet of the message has left, another address, another
// smart host, and a new connection in place of one that was kept and found
// dead, are tried. Afterwards never: the message might arrive twice.
//
// # TLS
//
// TLS is used where it is offered. A certificate is looked at only where
// TlsAuthLevel, BasicAuthRequireTLS or DomainSecureEnabled ask for it. When
// the handshake fails and nothing asks for TLS, the hop is called again and
// spoken to in the clear, as one that hadn't offered it (RFC 7435), but never
// to give it credentials. Where TLS or authentication is required and not
// offered, the message stays here: a temporary failure, for it is somebody's
// mistake and not the sender's. BasicAuthRequireTLS wants the smart host's
// exact name in the certificate, as Exchange documents; a wildcard is not it.
//
// # What passes
//
// The message's octets pass as they are, behind the header firewall of the
// connector. A bare CR or LF outside of BINARYMIME is refused with 550 5.6.11.
// A message declared 8BITMIME goes to a hop without that extension only if it
// has no octet above 127; nothing is ever converted.
//
// Permanent refusals pass with the hop's code and text, made printable.
// Temporary ones become 451. Refusals that concern us rather than the
// message, those of STARTTLS and AUTH above all, are temporary.
package delivery
