// Package dsn writes delivery status notifications: the messages that report to a
// sender what happened to a message, as RFC 3464 defines them, within
// multipart/report (RFC 6522) and with the extensions for UTF-8 (RFC 6533).
//
// A [Report] holds plain values. [Report.Reader] returns the message; it streams the
// original, so that a large one is never in memory. The package looks nothing up and
// sends nothing. [Wants] reports whether a recipient's NOTIFY asks for a report. The
// envelope of a report has a null sender, so that no report answers another one; a
// message with a null sender gets no report.
//
// # How much of the original is returned
//
// A report returns the whole original if it reports a failure, RET isn't HDRS, and the
// message is no larger than MaxSize (RFC 3461, sections 4.3 and 6.2). Otherwise it
// returns the header. It returns only the header of a BINARYMIME original, because
// most hosts don't take a binary report, and of an SMTPUTF8 original in a report
// without UTF8, because its readers could not read it. Of a header longer than
// 128 KiB it returns the first 128 KiB.
//
// The header firewall applies: like Exchange, a report leaves out the header fields of
// all classes of the firewall, Received and Resent among them. The other bytes stay,
// but a bare CR or LF becomes a line end, and lines longer than 998 bytes are broken.
//
// [Report.Body] returns the body type of the report. It follows from the declared body
// type of the original: an original with undeclared 8-bit bytes has them in the report
// too.
//
// # Text from other hosts
//
// Replies, host names, envelope identifiers, ORCPT and the identifiers of the original
// come from other hosts. Each is checked against its grammar or reduced to printable
// characters, cut to a length and folded, so that none can begin a line of its own.
// Invalid values are left out.
//
// # Where the standards leave a choice
//
// A recipient without NOTIFY gets reports of failures and delays. A failed recipient
// may have a status of class 4, as 4.4.7 of an expired message. A status of another
// class than its action becomes X.0.0. A Diagnostic-Code of the type smtp is the reply
// of a host; the type x-interchange is for errors found by this server.
package dsn
