// Package smtpserver is the inbound side of an SMTP conversation: it stands between
// the wire and the relay.
//
// [Serve] runs one connection in the goroutine that calls it. It cuts what the
// client sends into commands and messages, strictly, parses each command once
// into typed values, and answers itself what is invalid or out of order. A
// command that is valid and in order becomes a call of the [Handler], whose reply
// the client gets. A message is read straight from the server's buffer within
// Handler.Data.
//
//	client --bytes--> wire --lines--> command --typed values--> Handler
//	   ^                                                           |
//	   +------------------------- replies -------------------------+
//
// # Duties
//
// What a server on port 25 must see to, each with what goes wrong elsewhere:
//
//   - Time. The first read that fails is the last one: otherwise the rest of a
//     slow client's message would be read as commands. Every read and write has
//     a deadline, and so has the connection.
//   - End of data. Only CRLF.CRLF ends DATA. A bare CR, a bare LF and NUL are
//     refused with 550 5.6.11, for some next hop takes them for line ends.
//   - Chunks. Bytes are counted in every state; a chunk cut short is never a
//     message, and framing that is lost ends the connection.
//   - Lines. A line ends with CRLF and is printable, and no reply holds what a
//     client sent.
//   - Addresses. They are parsed by package routing, quotes kept, so that
//     "a@b"@c and a@b@c stay two.
//   - TLS. A failed handshake ends the connection, and so does what was
//     pipelined behind STARTTLS.
//   - Patience. Errors, failed log-ons and commands that lead nowhere are
//     counted, and refusals are slowed.
//   - Shutdown. An idle client is told 421; a transaction may end first.
//
// # Decisions
//
//   - A message with bare CR, bare LF or NUL is read to its CRLF.CRLF, refused,
//     and the connection is closed: a sender with another idea of line ends
//     might already be in the middle of the next message, or still in this one.
//     BDAT has no such doubt, there the session goes on. With BareLinefeedOK a
//     bare LF ends a line of the message, and never the message: the end of data
//     and the dots are looked for in what the client sent, and what the session
//     reads has CRLF only, so that no next hop can find another end in it. In a
//     BINARYMIME message every octet is content.
//   - A command line with a bare LF ends the connection for the same reason.
//   - A body line may have any length: nothing here holds a line in memory.
//   - A client that talks before the greeting is served; what it sends is held
//     to the same rules.
//   - A client that sends more behind a DATA that is refused is cut off: those
//     octets are a message, not commands.
//   - A client that speaks HTTP is told so and cut off.
//   - 5xx replies count as errors, failed logons apart; 4xx do not. Nor do the
//     refused senders, recipients and messages of a client that is trusted or may
//     relay: a list may well have more dead addresses than MaxProtocolErrors, and
//     it is not guessing.
//   - What Exchange and Postfix take is taken, if it can be read in one way only:
//     paths without brackets, names of devices in EHLO that are no domains, tabs
//     for spaces, the parameters and AUTH of ESMTP after HELO. A parameter whose
//     value can't be read counts as not given.
package smtpserver
