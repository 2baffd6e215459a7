// Package guard is the inbound side of an SMTP conversation: it stands between
// the wire and go-smtp, and between go-smtp and the relay.
//
// [Serve] runs one connection. It cuts what the client sends into commands and
// messages, strictly, parses each command once into typed values, and answers
// itself what is invalid or out of order. What is left is a command that go-smtp
// can work on: it reads a canonical line in place of the client's, calls the
// adapter, and the adapter calls the [Session] with the parsed values. go-smtp
// keeps a second account of the transaction; its reply is compared with what
// the session said, and the client gets the session's. If the two disagree the
// connection ends with 421.
//
//	client --octets--> wire --lines--> guard --canonical lines--> go-smtp
//	   ^                                 |  ^                         |
//	   |                                 |  +-------- adapter <-------+
//	   +------------ replies ------------+---typed values---> Session
//
// go-smtp is started when a client has more to say than hello, so that an idle
// connection costs no more than a small buffer and a goroutine. From then on
// everything happens in go-smtp's goroutine for the connection: the guard talks
// to the client within its Read, and the session reads a message straight from
// the guard's buffer within its call of Data. STARTTLS ends that server, and
// nothing of the conversation before lives on in the next.
//
// # Duties that go-smtp leaves open
//
// go-smtp is a good dispatcher but not a border guard. These duties are the
// guard's own, each with the reason why go-smtp's behaviour is not enough for a
// server on port 25:
//
//   - Time. go-smtp goes on after a read deadline, so that the rest of a slow
//     client's message is read as commands. Here the first failed read is the
//     last one; every read and write has a deadline, and so has the connection.
//   - End of data. Only CRLF.CRLF ends DATA. go-smtp does not see it behind an
//     additional CR, and passes bare CR, bare LF and NUL on; here each of them
//     is refused with 550 5.6.11.
//   - Chunks. A BDAT chunk cut short by the end of the connection looks whole to
//     a go-smtp backend, and after a malformed BDAT the chunk is read as
//     commands. Here octets are counted, and lost framing ends the connection.
//   - Lines. go-smtp takes bare LF as a line end, any octet in a command, and
//     puts the client's bytes into replies. Here a line ends with CRLF and is
//     printable, and no reply holds what a client sent.
//   - Addresses. go-smtp hands over quoted local parts without their quotes,
//     so that "a@b"@c and a@b@c become the same. Here addresses are parsed by
//     package routing.
//   - Order. go-smtp allows MAIL and AUTH within a transaction, AUTH and
//     parameters after HELO, duplicate parameters and STARTTLS before EHLO.
//   - TLS. After a failed handshake go-smtp continues in the clear, and drops
//     silently what was pipelined behind STARTTLS. Both end the connection here.
//   - Patience. go-smtp counts only malformed commands, and never failed logons
//     or refused recipients; it has no tarpit.
//   - Shutdown. go-smtp waits for idle clients without a word, or cuts off.
//   - Greeting, EHLO keywords and replies. Their wording and order are the
//     connector's here, and replies to pipelined commands leave in one write.
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
//     refused recipients of a trusted client: a list may well have more dead
//     addresses than MaxProtocolErrors, and it is not guessing.
package guard
