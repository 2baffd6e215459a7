// Package conversion converts a message for a next hop that takes less than this server
// offered to the client: 8-bit and binary content become quoted-printable or base64 (RFC
// 2045), 8-bit text of the header becomes encoded words (RFC 2047) and extended parameters
// (RFC 2231). Every part still decodes to the same bytes. [Convert] does it, and [Fits]
// reports whether it is needed.
//
// # How it works
//
// The message is read once and written while it is read, so that memory doesn't grow with
// it. The header of a part is written before its whole content is known, so up to 32 KB of
// the content are inspected first. A part that ends within them and fits is not changed.
// Of longer parts, those that are encoded by their header stay encoded; all others are
// encoded, because what the header says may be wrong.
//
// # What is never changed
//
// Signed and encrypted parts (multipart/signed, multipart/encrypted and
// application/pkcs7-mime) and fragments (message/partial) would break. If the next hop
// can't take one, Convert fails with an [Error] that names the part. A DKIM signature is
// no reason to fail: every conversion breaks it, and receivers must expect that (RFC 6376,
// section 5.3).
//
// # Malformed messages
//
// A part with 8-bit content and without a type gets text/plain, in UTF-8 if its content is
// valid UTF-8, else in the charset unknown-8bit (RFC 1428). A multipart without a boundary
// can't be divided, and is converted as text. The text around the parts of a multipart,
// which mail programs don't show, is written with =XX for forbidden bytes. A line of a
// header ends wherever some program may end it.
package conversion
