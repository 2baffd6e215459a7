// Package smtpclient speaks SMTP to a next hop.
//
// MAIL, RCPT and DATA travel in one write where the hop offers PIPELINING
// (RFC 2920), a short message and its final dot in another. Long messages go
// in BDAT chunks where the hop offers CHUNKING (RFC 3030): nothing has to be
// stuffed, and a refusal is seen after the chunk it answers. The last chunk is
// always an empty one, because receivers exist that take a LAST chunk which
// was cut short for a whole message.
//
// The first digit of a reply says what it means, and whatever can be read in one
// way only is read: any other digits, lines of any length and number, whose text
// is cut, a bare LF at their end. All else, and a reply that can't stand in its
// place, is an Error without a Reply, which means a temporary failure and the end
// of the connection. So is a reply that is there before the command, or the end
// of the message, that it would be the answer to. Only 2xx to the end of the
// message is delivery.
//
// The words of a hop are kept. On a connection on which we have logged on, a text
// that repeats the password is left out.
//
// A message whose sender declared a body type that the hop doesn't take is converted
// (package conversion): a short one before anything of it is sent, a long one as it
// goes. One that can't be is an Error without a Reply, too.
//
// A bare CR or LF never leaves in a message that isn't binary: receivers
// exist that would find the end of the message, and another one, behind it.
package smtpclient
