// Package relay enforces a connector.Policy on the wire: a [Server] accepts SMTP
// connections, picks the Receive connector for each before the greeting, asks the
// policy about every command, and hands accepted messages to a [Handler] as a stream.
//
// # Server and Handler
//
// The Server does everything up to the end of the message: listeners, limits, TLS,
// authentication, strict lines and ends of data, sizes, hop counts, the inbound header
// firewall and the Received field. A Handler gets the envelope and the message as it
// goes on, header first. It answers for the message. Returning nil promises the client
// that the message is taken care of, and becomes 250. An [Error] has the reply for the
// client. Any other error is only logged and becomes 451, so that the client tries again.
//
// A Handler begins a [Transaction] at MAIL, which is asked about each recipient at RCPT and
// then gets the message. Package relay/delivery has a Handler that sends messages on;
// package relay/dispatch has one with a queue; a [HandlerFunc] is a Handler that needs
// nothing but whole messages.
//
// # Hooks
//
// Server.Hooks are asked beside the Handler: when a connection begins, at EHLO, after a
// logon, at MAIL, at RCPT, and with the whole message before the Handler gets it (package
// relay/message). They refuse, count, add header fields, and look things up about the client.
// What they keep in the context, later ones and the Handler get. They can't switch off
// anything that the Handler does.
//
// # Which connector
//
// The connector is chosen by the connection's own addresses as net.Conn.LocalAddr and
// RemoteAddr return them, so any net.Listener will do; a front end that knows better
// (PROXY protocol) wraps its connections. A connection that matches no connector is
// closed without a word: Exchange's documentation says only that it is dropped.
//
// # Limits
//
// MaxInboundConnection, MaxInboundConnectionPerSource and
// MaxInboundConnectionPercentagePerSource are counted per connector name, and the counts
// survive [Server.SetPolicy]. The percentage is taken of the free connections and rounded up,
// so that a source can have the last one. MessageRateLimit counts accepted MAIL commands: a
// command that leads to no message costs as much as one that does, because
// guessing clients send such commands. The minute of a client begins with its first message. By "user" it
// means the authenticated user, or else the sender of MAIL. A source is one IPv4 address, or an IPv6 network
// of 64 bits, which usually belongs to one host.
//
// Server.MaxConnections and MaxConnectionRatePerMinute hold for all connectors together. A source
// gets three quarters of what the others leave of each, so that one client can't keep the others out.
//
// Each refusal by a limit is an event.LimitReached with the counter, its bound, and the client, user or connector that is counted.
//
// A Server has at most 1024 open transactions, of which a source may have a quarter of
// those that the others leave. MAIL beyond that is refused for now, 452 4.3.1.
//
// Unless Hooks look at whole messages, bodies aren't held. Headers and recipients are.
// All transactions of a Server share a budget for them, of which a source may have a
// quarter of what the others leave. Beyond that, a transaction that needs more than 2
// KB is refused for now, 452 4.3.1. A header that is larger than any transaction may
// have is refused for good, 552.
//
// # Guesses
//
// The server checks the passwords and other proofs of one source one after the other, and
// counts the wrong ones across connections. A source may give ten wrong ones at once and then
// two a second, and so may all sources together for one user name. A source that has given more
// than ten must also wait before each further one, twice as long each time, up to a minute; in
// a minute without a wrong one the server forgets one. Beyond these limits it checks nothing,
// and AUTH gets 454.
//
// Where a user has logged on in the last 90 days, only wrong passwords of that user from that
// source make the user wait: guesses from elsewhere never keep the user out. The server
// remembers the eight latest such sources of each user, and 16384 users; when there are more, it
// forgets the half that logged on longest ago. Server.KnownSources is a file that keeps them over
// a restart. It has no names and no addresses, only hashes of them
// with a key, which is in the file as well.
//
// Elsewhere a user shares the limit with those who guess at the name. But five of the ten are
// reserved for networks (IPv4 /24, IPv6 /48) that have given no wrong proof for the last 12
// hours, and such a network goes first in the two a second. So those who guess from many
// networks keep a user out of a new place only until each network has given its wrong password,
// two of them a second: a thousand networks for 8 minutes, ten thousand for an hour and a half.
// To go on for ever they need 86400. Not protected in a new place are a user in a network
// that has given a wrong proof itself, and a user who mistypes the password there, while
// others guess at the name.
//
// # Settings for which Exchange has no parameter
//
// Server.ImplicitTLS says which bindings speak TLS from the first byte; if it is nil,
// port 465 does (RFC 8314). The certificate of a connector is the one that
// TlsCertificateName names, else those that are valid for its Fqdn, else the one that
// fits the client's SNI, else the first. Where DomainSecureEnabled asks for client
// certificates, a client without a good one is still served, but not as a Partner.
//
// # Certificates
//
// Server.GetCertificate gets certificates from elsewhere, such as an ACME client. It is
// asked before Server.Certificates are. Most mail servers name no host in their handshake;
// then it is asked for the connector's Fqdn, so that
//
//	GetCertificate: func(_ *connector.Inbound, hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
//		return manager.GetCertificate(hello) // an autocert.Manager with HostPolicy
//	}
//
// is all that is needed. [Server.SetCertificates] replaces Server.Certificates, and sessions
// go on. Server.TLSConfig may change everything else, but can't go below the
// connector's TlsMinimumVersion.
//
// # Events and logs
//
// Server.Events get an event for each connection and each refusal, and for each recipient of
// a message; Server.Logger gets a line for each of them, in which all text of a client is
// printable ASCII. See package relay/event. Connectors with ProtocolLoggingLevel Verbose
// also write the conversation, without message content and without credentials, to
// Server.ProtocolLog in the field order of Exchange's own protocol logs.
//
// For the connectors that Server.Explain names, each decision of the policy has a line
// of its own with the steps that led to it, and the reply ends with its id in brackets.
// Replies that don't depend on the policy, such as those to bad syntax or too many
// connections, have no such line.
//
// # Where to begin
//
// server.go has the Server; conn.go takes a connection to its endpoint (endpoint.go);
// commands.go decides about each command and message.go about the message.
package relay
