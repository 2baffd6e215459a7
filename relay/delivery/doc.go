// Package delivery hands messages to next hops through Send connectors.
//
// A [Sender] works in two ways. As a relay.Handler it delivers while the client waits:
// the client gets the next hop's reply, so that no queue is needed and no acknowledged
// message can be lost. For callers that keep messages, as package relay/dispatch does,
// [NextHopFor] returns where the mail of a recipient goes, and [Sender.Send] makes one
// attempt there, with an [Outcome] for each recipient. That method is the interface
// [Transport], which a program can implement to deliver in another way than by SMTP. An
// [LMTP] is one.
//
// # While the client waits: one transaction, one next hop
//
// The route of the first recipient decides. Recipients with another next hop get 452
// 4.5.3, which makes the client send them in another transaction.
//
// The Sender opens the transaction with the next hop at the first recipient and answers
// each recipient with the next hop's reply. If the next hop refuses the sender, or this
// server, all recipients get that reply. A message is never sent to only some of the
// accepted recipients, and no refusal is lost.
//
// # One attempt
//
// Send hands the message to the recipients that the next hop accepts, and returns its
// reply to each. If no host replied to this message, the next hop as a whole has failed,
// and its other messages would fail too: Send returns that as its error.
//
// # What a refusal concerns
//
// A refusal at the greeting, EHLO, STARTTLS or AUTH concerns the host, permanent or not;
// it isn't the fault of a message. The same holds at any stage for replies that ask for
// authentication, that accept nothing now (X.3.2) or report too much at once (432, or in
// words). A smart host that asks for authentication makes mail wait; if all exchangers of a
// domain do, the message is refused for good. Other replies to MAIL and later commands concern
// the message. But a temporary refusal on a connection that was used before may concern the
// connection, which has had its messages: the connection isn't used again, and the message
// goes over a new one at once. Only 450 to RCPT always concerns a mailbox.
//
// # Replies that concern the account
//
// What a smart host replies about the account with which this server logs on concerns all
// mail to the host, and is temporary, whatever its code: a refused logon, an account that
// Microsoft 365 or Gmail has throttled or switched off, a used-up quota. The host is left alone
// for a while, longer each time, then one attempt shows whether it has changed its mind.
// [RetryAt] returns the end of the pause, [Sender.Retry] ends all pauses. Other credentials
// aren't held back; a new token of the same user and source isn't another credential.
//
// From a host to which the connector doesn't log on, such replies mean what their codes say.
//
// # Trying again
//
// Until the first byte of the message has left, the Sender tries other addresses, other
// smart hosts, and a new connection in place of a kept one that is dead. After that it
// sends a message once more only if it was refused for now, as above, so that the next
// hop doesn't have it; never if the reply was lost, because it might arrive twice. The
// Sender goes on to the next host when a call fails, when an address takes longer than a
// minute while there are others, and after every refusal that concerns the host. If there
// is no other address, a slow one gets the time of RFC 5321 section 4.5.3.2.
//
// Hosts and addresses that failed are tried last for five minutes, for up to an hour if
// they go on failing. IPv6 and IPv4 addresses of a host alternate.
//
// # Loops
//
// A mail exchanger that is this server, by the connector's Fqdn or by an address that a
// Receive connector listens on, is left out together with all exchangers that are not
// preferred to it (RFC 5321 section 5.1). Wildcard bindings stand for the addresses of
// the network interfaces, or for those that Sender.Local reports. Loops that can't be
// seen from here, such as an address that a router translates, are found by the next hop
// count of the Receive connector. If no exchanger remains, mail for a domain is refused
// with 554 5.4.6; a smart host that is this server is the administrator's mistake and
// gives 451 4.4.6.
//
// # TLS
//
// TLS is used where the next hop offers it, and from the start on port 465. The Sender
// checks a certificate only where TlsAuthLevel or DomainSecureEnabled require it, and before
// it logs on unless LogonWithoutCertificateCheck is set. When the handshake fails or stalls, or STARTTLS isn't
// answered, it calls again with a short ClientHello, which old firewalls let through, and
// then, if TLS isn't required, speaks in the clear, as to a next hop that doesn't offer
// it (RFC 7435), but never with credentials. It remembers this for a quarter of an hour.
// Where TLS or authentication is required and not offered, the message fails temporarily,
// because the mistake isn't the sender's. Credentials need a certificate that names the smart
// host; a wildcard in the leftmost label counts (RFC 9525), because services show such
// certificates. A next hop that offers STARTTLS and then refuses it gets no credentials either.
//
// Where TLS is required it is TLS 1.2 or 1.3, with any cipher suite except RC4 and Triple
// DES: some hosts have only CBC or RSA key exchange. Otherwise TLS 1.0 and Triple DES are
// accepted too. The Sender shows its certificate to hops that ask for one if
// TlsCertificateName names it, and to secured domains.
//
// Sender.TLSConfig may change the configuration of a connection: pin a key, raise the
// version, resume sessions, show a certificate for the occasion. It can't take away what
// the connector requires, and a check that it adds is never answered by a message in the
// clear. [Sender.SetCertificates] and [Sender.SetRootCAs] replace certificates while the
// Sender is in use.
//
// Sender.TLSPolicies has the requirements of domains' owners, by DANE and MTA-STS (package
// mxpolicy). It is asked about the mail exchangers of each domain that a connector with DNS
// routing sends to. These requirements come on top of the connector's: a host that doesn't
// meet them is passed over, and the message waits if no other host accepts it.
//
// DomainSecureEnabled concerns only the domains of TLSSendDomainSecureList: the next
// hop's certificate must name the recipient's domain, and this server shows its own. All
// other domains of such a connector are reached as usual.
//
// # Other servers of the organisation
//
// A connector of another server is used on that server. The message goes to port 25 of
// the server's FQDN, and the requirements of the connector for next hops don't apply to
// it: TLS if it is offered, without a check of the certificate, because Exchange's own
// X-ANONYMOUSTLS and X-EXPS don't exist here; no authentication; and no header firewall,
// because the other server applies the connector's when it sends. If the network between
// the servers isn't trusted, move the connector to this server, or add a Send connector
// with a smart host.
//
// # Events
//
// Sender.Events and Sender.Logger get what is not in an Outcome or a Receipt: hosts that failed
// before another one accepted, failures of TLS, and refusals to clients that wait.
//
// # What is passed on
//
// The bytes of the message are passed on unchanged, after the header firewall of the
// connector and what Sender.Prepare and Sender.Sign change. A bare CR or LF outside of
// BINARYMIME is refused with 550 5.6.11. A message whose declared body type the next hop
// doesn't take is converted to quoted-printable or base64 if that is possible.
//
// The AUTH parameter of MAIL is not passed on: next hops learn nothing about who
// authenticated here.
//
// Permanent refusals are passed on with the next hop's code and text, made printable; the code
// is 550 in place of one that would ask the client to log on here.
// Temporary ones become 451. Refusals that concern this server rather than the message
// are temporary for the client, and it doesn't get the next hop's text about STARTTLS and
// AUTH; an Outcome has all texts.
package delivery
