// Package mailheader reads, filters and writes the header of a message
// without changing a byte that it need not change, so that a signature made
// before still verifies after.
//
// # Where the header ends
//
// The header goes up to the first empty line, or to the end of a message that
// has none. A line without a colon is kept as it is and does not end the
// header. Readers differ on such lines: some take the rest for the body, some
// skip them and go on. A firewall that believed the first kind would let a
// stripped class pass to a next hop of the second kind, so every line before
// the empty one is looked at.
//
// # Odd line ends
//
// Lines end in CRLF. Bare CR and bare LF get here only where a connector
// allows them or in BINARYMIME, and there readers differ again. So each of
// them counts as the end of a line when names are looked for, but an empty
// line ends the header only if it ends the way the line before it did:
// to a reader that knows only CRLF, LF CRLF is one line's end and not two.
// When a field is cut out of a header that has such ends, all of them are
// written as CRLF, lest the cut join two lines or make an empty one for some
// reader.
package mailheader
