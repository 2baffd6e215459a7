// Package smtpclient speaks SMTP to a next hop.
//
// MAIL, RCPT and DATA travel in one write where the hop offers PIPELINING
// (RFC 2920), a short message and its final dot in another. Long messages go
// in BDAT chunks where the hop offers CHUNKING (RFC 3030): nothing has to be
// stuffed, and a refusal is seen after the chunk it answers. The last chunk is
// always an empty one, because receivers exist that take a LAST chunk which
// was cut short for a whole message.
//
// A reply is believed only when it is well formed and one that may stand in
// its place; all else is an Error without a Reply, which means a temporary
// failure and the end of the connection. So is a reply that is there before the
// command that it would be the answer to. Only 2xx to the end of the message is
// delivery.
//
// A bare CR or LF never leaves in a message that isn't binary: receivers
// exist that would find the end of the message, and another one, behind it.
package smtpclient
