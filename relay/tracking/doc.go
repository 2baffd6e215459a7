// Package tracking writes and reads message tracking logs in Exchange's form: what became of each
// message, from the client that sent it to the next hop that has it.
//
// A [Log] is a reader of events (package relay/event) that writes a [Row] for each reception, attempt,
// failure and report. [Read] reads such logs, also those of Exchange 2007 and later, and [Find] puts the
// rows of a message together.
//
// # The rows
//
// Exchange's event IDs are used where they have the same meaning:
//
//	RECEIVE   SMTP     a client's message was accepted; AGENT: an application has handed it in
//	SEND      SMTP     a next hop has accepted it
//	DEFER     SMTP     an attempt failed, and is repeated; DNS, QUEUE: no host was reached
//	          ADMIN    an operator has suspended it
//	FAIL      SMTP     refused for good: by this server, or by the next hop
//	          ROUTING  no Send connector takes it
//	          QUEUE    it has waited for too long
//	DSN       DSN      a delivery report was made; Reference is the Message-ID of the message that it is on
//	DROP      ADMIN    an operator gave it up; AGENT: the program's checks have removed a recipient
//	RESUBMIT  ADMIN    an operator had it tried at once, or resumed it
//	THROTTLE  SMTP     there are no rows for further refusals, until the minute ends
//
// A row names each recipient to which the same happened at the same time, at most 250; further recipients
// have further rows. RecipientStatus has a reply for each, in the same order.
//
// CustomData has values for which Exchange has no field, as S:key=value separated by semicolons: Id (the ID of
// the message here), Session, Reason, Rights, User, TLS (version and cipher suite of the connection), Decision, Hop,
// Attempts, MailFrom (the sender before RewriteSender), Operator, Filter. Values have no semicolons.
//
// # Text of others
//
// Clients choose addresses, subjects, names and replies. Each value is cut, semicolons that would look
// like the end of a value become <3B>, and what writes the lines escapes control characters. Refusals
// that strangers cause can't push other rows out of the log: of one source there are 100 a minute, of all
// 500.
package tracking
