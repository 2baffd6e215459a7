// Package smtpserver is the server's side of one SMTP connection: it reads commands
// and messages from the wire, strictly, and writes the replies.
//
// [Serve] runs a connection in the goroutine that calls it. Its loop reads a
// command, handles it, and sends the answer. Each command is parsed once, into
// typed values. The server itself refuses a command that is malformed or out of
// order; for any other it asks the [Handler], which knows the policy. A message is
// read straight from the connection's buffer within Handler.Data.
//
//	client --bytes--> wire --line--> command --typed values--> Handler
//	   ^                                |                         |
//	   +----------- reply ---------- answer <------- reply -------+
//
// Begin with serve.go, which has the loop, then handle.go. Package connector/order
// says which command may come when.
//
// # Duties
//
// A server on port 25 must see to the following. Each duty answers a fault that
// other servers have had.
//
//   - Time. The first read that fails is the last one: otherwise the rest of a
//     slow client's message would be read as commands. Every read and write has
//     a deadline, and so has the connection.
//   - End of data. Only CRLF.CRLF ends DATA. A bare CR, a bare LF and NUL are
//     refused with 550 5.6.11, because some next hops take them for line ends.
//   - Chunks. Bytes are counted in every state. A chunk that was cut short is
//     never a message, and a chunk of unknown size ends the connection.
//   - Lines. A line ends with CRLF and is printable, and no reply contains bytes
//     that a client sent.
//   - Addresses. Package routing parses them and keeps quotes, so that "a@b"@c
//     and a@b@c stay two.
//   - TLS. A failed handshake ends the connection, and so do commands pipelined
//     behind STARTTLS.
//   - Patience. The server counts errors, failed logons and commands without
//     effect, and slows down refusals, but only so many at a time.
//   - Shutdown. An idle client gets 421; a transaction may end first.
//
// # Decisions
//
//   - A message with bare CR, bare LF or NUL is read to its CRLF.CRLF, refused,
//     and the connection is closed: a sender with another idea of line ends
//     might already be in the middle of the next message, or still in this one.
//     With BDAT the end is certain, and the session goes on. With BareLinefeedOK a
//     bare LF ends a line of the message, never the message: the end of data
//     and the dots are looked for in the bytes that the client sent, and the
//     Handler reads CRLF only, so that no next hop can find another end in it. In
//     a BINARYMIME message every byte is content.
//   - A command line with a bare LF ends the connection for the same reason.
//   - A body line may have any length, because no line is held in memory.
//   - A client that talks before the greeting is served; the same rules hold for
//     the bytes that it sends.
//   - A client that sends more behind a DATA that is refused is cut off: those
//     bytes are a message, not commands.
//   - A client that speaks HTTP gets a reply that says so, and is cut off.
//   - 5xx replies count as errors, failed logons separately; 4xx replies do not
//     count. Nor do the refused senders, recipients and messages of a client that
//     is trusted or may relay: its list may well have more dead addresses than
//     MaxProtocolErrors, and it is not guessing.
//   - Everything that Exchange and Postfix accept is accepted if it can be read in
//     one way only: paths without brackets, device names in EHLO that are not
//     domains, tabs for spaces, the parameters and AUTH of ESMTP after HELO. A
//     parameter with an unreadable value counts as not given.
package smtpserver
