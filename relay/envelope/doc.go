// Package envelope has the one vocabulary for a mail transaction: the
// [Envelope], the [Recipient], and the values of the parameters of MAIL and RCPT
// (SIZE, BODY, SMTPUTF8 and those of delivery status notifications, RFC 3461).
//
// The SMTP server fills these types from commands, package relay adds what it
// knows of the session, package relay/queue adds the state of delivery, and the
// SMTP client writes them as commands again. Each of them embeds the types of
// this package, so that a message isn't copied field by field on its way.
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
