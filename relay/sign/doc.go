// Package sign signs messages with DKIM (RFC 6376, RFC 8463). Begin at [Signer], whose Sign is the Sign of
// a delivery.Sender or of a gateway.Config.
//
// A message gets a signature by the domain of its author, the address in From, so that it counts for DMARC:
// by the keys of that domain, or else by those of the nearest domain above it that has keys. An RSA and an
// Ed25519 key sign both. A message whose author's domain has no key, whose From field doesn't name one
// domain, or whose body has more than 10,000 blank lines in a row leaves unsigned, unless the DkimSigning of its Send connector is Required. If there are keys that
// can't be used, the message waits in either case.
//
// Both parts are canonicalised as relaxed/relaxed. All fields that a mail program shows or interprets are
// signed, and each is listed once more than the message has it, so that another one that is added later
// breaks the signature. The fields of mailing lists are listed only if they are there, because a list adds
// them to mail that it otherwise passes on unchanged. A signature covers the whole body (no l=) and expires
// after a week.
//
// # Keys
//
// [ReadDirectory] reads keys from files: DIR/contoso.com/SELECTOR.pem holds a private key in PEM, RSA or
// Ed25519, as openssl and opendkim-genkey write them. A line in front of the key says when it begins to
// sign:
//
//	Signs-From: 2026-12-06T00:00:00Z
//	-----BEGIN PRIVATE KEY-----
//
// Of the keys of one algorithm, the one that began last signs. To replace a key, add another that begins in
// some days, publish its record, and remove the old key and its record a week after the new one has begun.
// A program with keys elsewhere, in a security module for example, implements [Keys].
package sign
