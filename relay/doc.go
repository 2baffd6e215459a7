// Package relay enforces a connector.Policy on the wire: a [Server] takes SMTP
// connections, picks the Receive connector for each before it says a word,
// asks the policy about every command, and hands accepted messages to a
// [Handler] as a stream.
//
// # What the Server does, and what the Handler does
//
// The Server owns everything up to the end of the message: listeners, limits,
// TLS, authentication, line and end-of-data discipline, sizes, hop counts, the
// inbound header firewall and the Received field. A Handler gets the envelope
// and the octets that go on, header first. It answers for the message: nil is
// a promise to the client that the message is taken care of for every
// recipient, and makes it 250; an [Error] is the client's to see, and any other
// error is only logged and makes it 451, so that the client tries again.
// A Handler that is a [Gate] is also asked at MAIL, one that is a [Router] at
// every RCPT. Package relay/delivery has the one that sends messages on.
//
// # Which connector
//
// The connector is chosen by the connection's own addresses as
// net.Conn.LocalAddr and RemoteAddr give them, so any net.Listener will do; a
// front that knows better (PROXY protocol) wraps its connections. A connection
// that no connector wants is closed without a word: Exchange's documentation
// says no more than that it is dropped.
//
// # Limits
//
// MaxInboundConnection, MaxInboundConnectionPerSource and
// MaxInboundConnectionPercentagePerSource are counted per connector name and
// live on when [Server.SetPolicy] brings new values. The percentage is that of
// the connections still free, rounded up, so that the last free one can be
// had. MessageRateLimit counts accepted MAIL commands in a sliding minute:
// a command that leads to no message costs like one that does, since it is
// what a guessing client sends. By "user" it means who has authenticated, or
// else the sender of MAIL. A source is one IPv4 address, or an IPv6 network of 64
// bits, which one host commonly has whole.
//
// A Server has 1024 transactions open at a time, of which a source may have a
// quarter of what the others leave; MAIL beyond that is put off, 452 4.3.1.
//
// Message bodies are never held in memory. Headers and recipients are, and all
// transactions of a Server share a budget for them, of which a source may have
// a quarter of what the others leave: beyond it, 452 4.3.1 for whatever is
// longer than 2 KB. A header that is more than any transaction may have is
// refused for good, 552.
//
// # Guesses
//
// The passwords of one source are checked one after the other. A source, and a
// user, has ten wrong ones at once and then one a second; beyond that no
// password is checked, and AUTH is answered with 454. Guesses at a user don't
// keep out a source from which the user has logged on before.
//
// # Names that Exchange has no parameter for
//
// Which binding speaks TLS from the first octet is the embedder's to say, in
// Server.ImplicitTLS; port 465 does if nothing is said (RFC 8314). The
// certificate of a connector is the one TlsCertificateName names, else those
// that are valid for its Fqdn, else the one that fits the client's SNI, else
// the first. Where DomainSecureEnabled asks for client certificates, a client
// without a good one is still served, but as nobody in particular.
//
// # Logs
//
// Server.Logger gets one line per connection and one per message or refusal,
// in which everything that a client wrote is printable ASCII. Connectors with
// ProtocolLoggingLevel Verbose also write the conversation, without message
// content and without credentials, to Server.ProtocolLog in the field order of
// Exchange's own protocol logs.
//
// For connectors that Server.Explain names, each decision of the policy is a
// line of its own with the steps that led to it, and the reply ends with its id
// in brackets. What is answered before the policy is asked, such as bad syntax
// or too many connections, has no such line.
package relay
