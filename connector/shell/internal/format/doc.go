// Package format writes values of the shell as Exchange's shell prints and
// exports them, and reads the same forms back: Format-List text, Format-Table
// text (written only), CSV, JSON and CLIXML.
//
// # Writing
//
// Lists and tables are for people. They show at most Options.Enumeration
// elements of a list and an ellipsis for the rest, and tables cut what doesn't
// fit. CSV, JSON and CLIXML are exports: nothing is left out, except what lies
// deeper than the depth asked for, and secrets. Where PowerShell's own export
// loses something, this package doesn't: a list in a CSV cell is its elements
// with ", " between them, not the name of a .NET type, and an enumeration in
// JSON is its names, not a number.
//
// # Reading
//
// A reader returns a Document: the values in order, and for each object, each property
// and, where the form has it, each list element the line on which it stands. Readers
// don't guess types: the values of a list or of a CSV file are text, whatever they look
// like, and null if they are blank. Lists in Format-List text are text too, {a, b};
// SplitList takes them apart, and refuses a list that was cut.
//
// Input may be UTF-8, with or without a byte order mark, or UTF-16, as the
// redirections of Windows PowerShell write it. Everything is bounded: the size
// of the text, the depth of nesting and what references can multiply. An XML
// document type is refused, and with it all entities but the five of XML.
//
// Wrapped lines of Format-List text are joined as Windows PowerShell wraps them: at a
// blank, which is restored, or else within a word. Line breaks in the value itself look
// the same and become blanks; exports in the other forms keep them.
package format
