package logfile

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxCell bounds a cell that has no other bound, in bytes before quoting.
const maxCell = 1024

// appendCell appends one cell, at most about limit bytes of it, quoted where RFC 4180 asks
// for it.
func appendCell(line []byte, cell string, limit int) []byte {
	if len(cell) > limit || strings.ContainsFunc(cell, isEscaped) {
		cell = escape(cell, limit)
	}
	if !strings.ContainsAny(cell, ",\"") { // line ends are escaped
		return append(line, cell...)
	}
	line = append(line, '"')
	for i := range len(cell) {
		if cell[i] == '"' {
			line = append(line, '"')
		}
		line = append(line, cell[i])
	}
	return append(line, '"')
}

// escape returns s with <NN> for each byte that isn't text, and "..." for what exceeds limit.
func escape(s string, limit int) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); {
		if b.Len() >= limit {
			b.WriteString("...")
			break
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if !isEscaped(r) {
			b.WriteString(s[i : i+size])
		} else {
			for _, c := range []byte(s[i : i+size]) {
				b.Write([]byte{'<', hex[c>>4], hex[c&15], '>'})
			}
		}
		i += size
	}
	return b.String()
}

// isEscaped reports whether r isn't text that every terminal shows as it is: control
// characters, marks of the direction of writing, line separators, and bytes that aren't UTF-8.
func isEscaped(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }
