// Package mailheader reads, filters and writes the header of a message
// without changing a byte unnecessarily, so that signatures still verify. [Read] reads a
// header.
//
// # Where the header ends
//
// The header extends to the first empty line, or to the end of a message without one.
// A line without a colon is kept and doesn't end the header. Mail programs differ on such
// lines: some take the rest for the body, others skip them. If the firewall took the rest
// for the body, a field that it should remove could reach a next hop that skips such
// lines. So it checks every line before the empty one.
//
// # Odd line ends
//
// Lines end in CRLF. A bare CR or LF gets here only if a connector allows it or in
// BINARYMIME, and mail programs differ on it too. So each counts as the end of a line in
// the search for names, but an empty line ends the header only if it ends in the same way
// as the line before it: to a program that knows only CRLF, LF CRLF is one line end, not
// two. If a field is removed from a header with such line ends, all of them are written as
// CRLF, so that the removal doesn't join two lines or make an empty line for some program.
package mailheader
