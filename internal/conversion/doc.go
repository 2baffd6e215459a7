// Package conversion makes a message fit for a next hop that takes less than the
// client was offered: 8-bit and binary content become quoted-printable or base64
// (RFC 2045), the header's 8-bit text encoded words (RFC 2047) and extended
// parameters (RFC 2231). Every part decodes to the bytes that it had.
//
// # How it is done
//
// The message is read once and written as it is read, so that memory doesn't grow
// with it. A part's header goes out before its content is known; so up to 32 KB of
// the content are looked at first. A part that ends within them and is fit stays as
// it is. A longer one whose own header says that it is encoded stays so; any other is
// encoded, as a precaution: what its header says of it may not be true.
//
// # What is never changed
//
// Signed and encrypted parts (multipart/signed, multipart/encrypted and
// application/pkcs7-mime) and fragments (message/partial): to convert them is to
// break them. If the next hop can't take one, Convert fails with an [Error] that
// says which. A DKIM signature is no such part: it is broken by every conversion,
// and receivers have to bear that (RFC 6376, section 5.3).
//
// # Messages that are not as they should be
//
// A body that no part's header tells the type of gets text/plain, in UTF-8 if it
// is that, else in the charset unknown-8bit (RFC 1428). A multipart without a
// boundary can't be divided by any reader, and is converted as text. What stands
// around the parts of a multipart, which no reader shows, is written with =XX for
// the bytes that can't stay. Lines of a header end where anybody may think they end.
package conversion
