package ascii

import "strings"

// maxLogged bounds what Escape returns, in bytes.
const maxLogged = 1024

// Escape returns s for a protocol log: printable ASCII, with \xNN for every other byte and for
// the backslash, and "..." for what exceeds 1 KiB.
func Escape(s string) string {
	const hex = "0123456789ABCDEF"
	if len(s) <= maxLogged && !strings.ContainsFunc(s, isEscaped) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if b.Len() >= maxLogged {
			b.WriteString("...")
			break
		}
		if c := s[i]; isEscaped(rune(c)) {
			b.Write([]byte{'\\', 'x', hex[c>>4], hex[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// isEscaped reports whether c isn't printable ASCII, or is the backslash.
func isEscaped(c rune) bool { return c < ' ' || c > '~' || c == '\\' }
