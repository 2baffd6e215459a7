// Package envelope has the one vocabulary for a mail transaction: the
// [Envelope], the [Recipient], and the values of the parameters of MAIL and RCPT
// (SIZE, BODY, SMTPUTF8 and those of delivery status notifications, RFC 3461).
//
// The SMTP server fills these types from commands, package relay adds what it
// knows of the session, package relay/queue adds the state of delivery, and the
// SMTP client writes them as commands again. Each of them embeds the types of
// this package, so that a message isn't copied field by field on its way.
//
// # Forms of their own
//
// Five types name the same things and don't embed an Envelope:
//
//   - dispatch.Mail has the values that an application may set for its message; Size,
//     Body, Report and the session are not among that.
//   - event.Event is flat because most events are about a connection, an attempt or a next
//     hop; in events of a delivery.Sender, Connector names the Send connector.
//   - control.Message is for operators and their programs: words for numbers, and a form
//     that stays when the encoding of a Store changes.
//   - relaytest.Message has the text of the client, also where that is no valid parameter.
//   - replay.Example has the facts of a log about a session, made printable.
//
// # Text that clients wrote
//
// ENVID and ORCPT stay in xtext (RFC 3461, section 4), the encoding of the
// commands, because they are passed on as they came. [ParseEnvID] and
// [ParseORcpt] check what a client wrote, [DecodeXtext] and [DecodeORcpt] decode
// it for a report, [AppendXtext] and [AppendORcpt] write it into a command.
//
// The package imports package routing for addresses, and no network package.
package envelope
