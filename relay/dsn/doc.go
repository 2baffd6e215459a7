// Package dsn writes delivery status notifications: the messages that tell a
// sender what became of a message, as RFC 3464 has them, within multipart/report
// (RFC 6522) and with the extensions for UTF-8 (RFC 6533).
//
// A [Report] is plain values; [Report.Reader] is the message, which streams the
// original through, so that a large one is never in memory. Nothing is looked up
// and nothing is sent. Whether a report is due is for [Wants] to say, as far as
// the recipient's NOTIFY decides it. A report has a null sender in its envelope,
// so none is ever an answer to another; To must therefore be an address.
//
// # What is returned of the original
//
// Its header only, unless the report tells of a failure, RET isn't HDRS, and the
// message is no larger than MaxSize (RFC 3461, sections 4.3 and 6.2). Of a
// BINARYMIME original only the header is returned, because most hosts take no
// binary report; of an SMTPUTF8 original in a report without UTF8, because
// nobody there could read it. Where the header itself is longer than 128 KiB, it
// is what fits into that of it.
//
// The header firewall stands here as well: the fields of all its classes, Received
// and Resent among them, are left out, as Exchange does it. The rest keeps its
// bytes, but bare CR and bare LF become line ends, and lines longer than 998
// bytes are broken.
//
// The report is of the body type that [Report.Body] tells. What was declared
// for the original counts: one that had 8-bit bytes without saying so has
// them in the report, too.
//
// # What others wrote
//
// Replies, host names, envelope identifiers, ORCPT and the identifiers of the
// original come from strangers. Each is held to its grammar or to printable
// characters, cut to a length and folded, so that none of them makes a line of
// its own. What isn't what it should be is left out.
//
// # Where the standards leave a choice
//
// A recipient without NOTIFY is told of failures and delays. A failed recipient
// may have a status of class 4, as 4.4.7 of an expired message has. The status
// of another class than its action is replaced by X.0.0. What we found out
// ourselves is a Diagnostic-Code of the type x-interchange; smtp is what a host
// said.
package dsn
