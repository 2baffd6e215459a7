// Package delivery hands messages to next hops through Send connectors.
//
// A [Sender] does so in two ways. As a relay.Handler it delivers while the client
// waits: the client's final reply is the next hop's word, so no queue is needed
// and nothing is ever lost. For who keeps messages, as package relay/dispatch
// does, [Sender.NextHop] says where each recipient's mail goes, and
// [Sender.Send] makes one attempt there, with an [Outcome] for each.
//
// # While the client waits: one transaction, one next hop
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
// # One attempt
//
// Send hands the message to those recipients whom the hop accepts, and tells what
// it said of each. What it says to MAIL or later concerns the message. When
// nobody said anything of the message, the hop as a whole has failed, and its
// other messages would fare no better: Send returns that as its error.
//
// # Trying again
//
// Until the first octet of the message has left, another address, another
// smart host, and a new connection in place of one that was kept and found
// dead, are tried. Afterwards never: the message might arrive twice. What
// sends us to the next host is a call that fails or takes longer than a minute,
// and any refusal up to AUTH, permanent ones included, for they concern the
// host. What a host says to MAIL, RCPT or the message is its word for all.
//
// # Loops
//
// A mail exchanger that is ourselves, by the connector's Fqdn or by an address
// that a Receive connector listens on, is left out together with all that are
// not preferred to it (RFC 5321 section 5.1). Wildcard bindings stand for the
// addresses of the network interfaces, or those that Sender.Local knows. What
// can't be seen from here, such as an address that a router translates, is left
// to the hop count of the Receive connector. When nobody else is left, mail for
// a domain is refused with 554 5.4.6, and a smart host that is ourselves, being
// the administrator's mistake, is 451 4.4.6.
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
// A hop that offers STARTTLS and then refuses it gets no credentials either.
//
// DomainSecureEnabled concerns the domains of TLSSendDomainSecureList only: the
// hop's certificate must name the recipient's domain, and ours is shown. All
// other domains of such a connector are reached like anybody.
//
// # Other servers of the organisation
//
// A connector that lives on another server is used there. The message goes to
// that server's port 25 by its FQDN, and what the connector asks of next hops
// isn't asked of it: TLS if it is offered, without a look at the certificate,
// for Exchange's own X-ANONYMOUSTLS and X-EXPS don't exist here; no
// authentication; and no header firewall, because the server is one of ours and
// applies the connector's when it sends. Where the network between the servers isn't
// trusted, give the connector to this server, or a Send connector with a smart
// host for the way.
//
// # What passes
//
// The message's octets pass as they are, behind the header firewall of the
// connector. A bare CR or LF outside of BINARYMIME is refused with 550 5.6.11.
// A message declared 8BITMIME goes to a hop without that extension only if it
// has no octet above 127; nothing is ever converted.
//
// MAIL's AUTH parameter is not passed on: next hops are told nothing about who
// logged on here.
//
// Permanent refusals pass with the hop's code and text, made printable.
// Temporary ones become 451. Refusals that concern us rather than the
// message, those of STARTTLS and AUTH above all, are temporary.
package delivery
