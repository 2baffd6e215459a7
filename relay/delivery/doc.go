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
// The transaction with the next hop is opened with the first recipient, and each
// is answered with what the next hop says to it, in whatever order good and bad ones
// come. A refusal of the sender, or of us, is the answer to all of them. No message
// goes out to some of the recipients only that were accepted, and no refusal is lost.
//
// # One attempt
//
// Send hands the message to those recipients whom the hop accepts, and tells what
// it said of each. When nobody said anything of the message, the hop as a whole has
// failed, and its other messages would fare no better: Send returns that as its
// error.
//
// # What a refusal concerns
//
// The greeting, EHLO, STARTTLS and AUTH concern the host: whatever it says there, for
// good or not, is no message's fault. So do replies that want us to log on, that take
// nothing now (X.3.2) or say that too much comes at once (432, or in words), wherever
// they come. What is said to MAIL or later otherwise concerns the message. But where it
// is said for now, on a connection that was used before, it may be the connection's,
// which has had its messages: that isn't used again, and the message goes over a new one
// at once. Only 450 to RCPT concerns a mailbox in any case.
//
// # Trying again
//
// Until the first byte of the message has left, another address, another
// smart host, and a new connection in place of one that was kept and found
// dead, are tried. Afterwards only a message that was refused for now, and so isn't
// there, goes once more, as above; never one whose answer was lost: it might arrive
// twice. What sends us to the next host is a call that fails, an address that takes longer
// than a minute while there are others, and any refusal that concerns the host. An
// address that took too long has the time that RFC 5321 section 4.5.3.2 gives it when
// there is no other.
//
// Hosts and addresses that failed are remembered for five minutes, up to an hour if it
// goes on, and asked last. IPv6 and IPv4 addresses of a host take turns.
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
// TLS is used where it is offered, and begins the conversation on port 465. A
// certificate is looked at only where TlsAuthLevel, BasicAuthRequireTLS or
// DomainSecureEnabled ask for it. When the handshake fails or stalls, or STARTTLS isn't
// answered, the hop is called again with a short ClientHello, which old firewalls let
// through, and then, if nothing asks for TLS, spoken to in the clear, as one that hadn't
// offered it (RFC 7435), but never to give it credentials. That is remembered for a
// quarter of an hour. Where TLS or authentication is required and not
// offered, the message stays here: a temporary failure, for it is somebody's
// mistake and not the sender's. BasicAuthRequireTLS wants the smart host's
// exact name in the certificate, as Exchange documents; a wildcard is not it.
// A hop that offers STARTTLS and then refuses it gets no credentials either.
//
// Where TLS is required it is 1.2 or 1.3, with any cipher suite but RC4 and Triple DES:
// there are hosts that have CBC or RSA key exchange only. Else TLS 1.0 and Triple DES
// will do, too. Our certificate is shown to a hop that asks for one where
// TlsCertificateName names it, and to secured domains.
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
// The message's bytes pass as they are, behind the header firewall of the
// connector. A bare CR or LF outside of BINARYMIME is refused with 550 5.6.11.
// A message declared 8BITMIME goes to a hop without that extension only if it
// has no byte above 127; nothing is ever converted.
//
// MAIL's AUTH parameter is not passed on: next hops are told nothing about who
// logged on here.
//
// Permanent refusals pass with the hop's code and text, made printable.
// Temporary ones become 451. Refusals that concern us rather than the
// message are temporary for the client, and in those of STARTTLS and AUTH it hears no word
// of the hop's; an Outcome has them all.
package delivery
