// Package gosmtp keeps a connector.Policy with github.com/emersion/go-smtp: [Backend] makes
// any go-smtp server ask the policy, in front of a smtp.Backend that exists already,
// [Handler] runs such a backend behind relay.Server instead, and [Dial] connects a go-smtp
// client as a Send connector demands.
//
//	backend := &gosmtp.Backend{Policy: policy, Next: mailboxes, Verifier: users}
//	server := backend.NewServer()
//	server.Serve(backend.Listener(l))
//
// # What a Backend does
//
// The connector is chosen by the connection's own addresses. The policy decides on EHLO,
// AUTH, MAIL and RCPT, on the size of a message, its hops and its authors. What it refuses
// gets the reply of relay.Server; Next never hears of it. What it allows reaches Next with
// a Received field and without the header fields that the client may not set. Wrong
// passwords, errors, MessageRateLimit, open transactions and the memory for headers are
// limited as relay.Server does it, and TarpitInterval and AuthTarpitInterval delay refusals.
// What a limit refuses is an event for [Backend.Events], except refusals because of the size,
// the header, the hops or the recipients of one message.
//
// Replies of go-smtp itself stay as they are: its greeting, its texts for success, and its
// refusals of commands that it can't parse. A message that Next accepts gets the reply of
// relay.Server.
//
// [Backend.Listener] turns connections away before the greeting and keeps the timeouts of
// the connector in place of those of the smtp.Server. Without it a connection that no
// connector serves is closed at EHLO, and connections aren't counted.
//
// # Settings of the server
//
// [Backend.NewServer] sets what an smtp.Server must have. For a server made otherwise:
// AllowInsecureAuth true, because the connector decides where AUTH is offered;
// ReadTimeout not 0, because go-smtp then runs commands that were pipelined behind QUIT;
// MaxLineLength at least 12288, because lines of AUTH and of messages may be so long;
// MaxMessageBytes and MaxRecipients 0, because the connector has both limits. The extensions,
// TLSConfig and Domain are the same for all connectors. A Backend for a connector that
// needs TLS needs a TLSConfig.
//
// # Hazards of a bare go-smtp server that a Backend closes
//
// Tests hold each against go-smtp v0.25.1 as it comes.
//
//   - After a timeout within DATA, go-smtp reads the rest of the message as commands. The
//     connection is closed.
//   - Quotes around a local part are removed, so that "a@ext.example> ..."@contoso.com
//     becomes another recipient at the next hop. Next gets them back, and policies refuse
//     to relay by them.
//   - Addresses with controls, without domain or beyond their limits are accepted. Package
//     routing checks them.
//   - Bare CR, bare LF and NUL are passed on. They are refused, 550 5.6.11, or a bare LF
//     becomes CRLF if BareLinefeedRejectionEnabled is off. After DATA the connection ends.
//   - MAIL within a transaction and AUTH within one are accepted. They are refused.
//   - With BDAT, Reset and Mail are called while Data is running, and the result of a
//     message that RSET has broken off may be taken for that of the next one. Next sees
//     one call at a time, and the next transaction begins when the result is there.
//   - Errors are sent to clients with their text, and the 2xx of another server passes for
//     success. Both become 451.
//   - Guesses, errors, hops and transactions have no limits.
//   - A second EHLO may have any name. The next command is refused.
//
// With a Listener also:
//
//   - A chunk of BDAT that a lost connection cuts short passes for the whole message. It is
//     an error.
//   - Timeouts are those of a whole message, and a slow client is served for ever.
//   - A failed handshake is followed by a conversation in the clear, commands pipelined
//     behind STARTTLS are dropped without a word, and STARTTLSFOO begins TLS. All three
//     end the connection.
//   - Commands pipelined behind a refusal that should end the connection are run.
//   - Nothing limits connections, in all, by source and in a minute.
//   - Shutdown waits for idle clients and doesn't close them at its end. Backend.Shutdown
//     sends them 421, and closes all connections at its end.
//
// # Hazards that remain
//
// Only relay.Server closes these; with a Handler the same backend runs behind it:
//
//   - A chunk of BDAT passes for the whole message if the client ends TLS in good order in
//     the middle of it.
//   - BDAT with an argument that go-smtp can't parse is refused, and its chunk is run as
//     commands. They get what the policy allows the client, no more.
//   - A message that ends with CR CR LF dot CR LF is refused only at the timeout, because
//     go-smtp doesn't see the end. A dot and a CR that begin a line of other text are lost.
//   - STARTTLS, SIZE, CHUNKING, 8BITMIME, PIPELINING and ENHANCEDSTATUSCODES are offered
//     whatever the connector says. EHLO's argument, with any control characters, is in
//     the reply; the reply doesn't name the server.
//   - RCPT TO:<Postmaster> and addresses without domain are refused; DefaultDomain has no
//     effect.
//   - An HTTP client can send commands if it makes few errors. Commands without effect
//     (NOOP, VRFY, RSET) are not limited except by ConnectionTimeout: go-smtp answers them
//     by itself.
//   - The number of replies that are delayed at a time has the bound of the connections only.
//   - The error that exceeds MaxProtocolErrors or MaxLogonFailures ends the connection
//     without another reply. Received says ESMTP also after HELO. There is no protocol log.
//
// # Clients
//
// [Dial] returns a go-smtp client of a Send connector's next hop. It is connected by package
// delivery, which also sends messages by itself, with pipelining, several hosts and
// retries of TLS: see delivery.Sender. What remains of go-smtp's client: it writes addresses
// without looking at their quotes, sends a bare CR in a message on, and loses the refusal
// of a host that closes the connection within DATA.
//
// # Where to begin
//
// backend.go has the Backend; hello.go begins a session, commands.go decides on its commands
// and message.go on its message; conn.go has the additions of a Listener. handler.go and
// dial.go stand alone; guest.go has the logon of a Handler.
package gosmtp
