package event

import "strings"

// maxPrintable bounds what Printable returns, in bytes.
const maxPrintable = 1024

// Printable returns text from outside as printable ASCII, with <NN> for every other byte and
// "..." for what exceeds 1 KiB. The handlers of package slog escape such bytes too, but
// others may not. Backslash and quote stay as they are, because handlers escape them.
func Printable(s string) string {
	const hex = "0123456789ABCDEF"
	if len(s) <= maxPrintable && !strings.ContainsFunc(s, isUnprintable) {
		return s
	}
	var b strings.Builder
	b.Grow(min(len(s), maxPrintable) + len(`\xNN...`))
	for i := range len(s) {
		if b.Len() >= maxPrintable {
			b.WriteString("...")
			break
		}
		if c := s[i]; isUnprintable(rune(c)) {
			b.Write([]byte{'<', hex[c>>4], hex[c&15], '>'})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// isUnprintable reports whether c isn't printable ASCII.
func isUnprintable(c rune) bool { return c < ' ' || c > '~' }
