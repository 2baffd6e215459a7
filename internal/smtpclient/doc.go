// Package smtpclient speaks SMTP to a next hop. [Open] opens a connection, [Conn.Begin]
// begins a transaction on it, and [Conn.Data] sends the message.
//
// MAIL, RCPT and DATA leave in one write if the next hop offers PIPELINING (RFC 2920),
// and a short message with its final dot in another. Long messages leave in BDAT chunks
// if the next hop offers CHUNKING (RFC 3030): they need no dot-stuffing, and a refusal is
// read after the chunk that it answers. The last chunk is always empty, because some
// receivers take a LAST chunk that was cut short for a whole message.
//
// The first digit of a reply decides. Replies that have only one meaning are accepted:
// with any other digits, with lines of any length and number, of which the text is cut,
// and with a bare LF at the end of a line. Other replies, and replies that can't answer
// the last command, are an Error without a Reply, which means a temporary failure and the
// end of the connection. So are replies that arrive before the command, or the end of the
// message, that they would answer. Only 2xx after the end of the message means that it
// was delivered.
//
// [Conn.DataEach] is Data for LMTP (RFC 2033), where the next hop replies for each
// recipient.
//
// The text of a reply is kept. After authentication, a text that repeats the password is
// left out.
//
// A message is converted if the next hop doesn't take the declared body type (package
// conversion): a short one before any of it is sent, a long one while it is sent. If it
// can't be converted, that is an Error without a Reply too.
//
// A bare CR or LF is never sent in a message that isn't binary, because some receivers
// would find the end of the message, and another message, after it.
package smtpclient
