package relay

import "strings"

// maxClean bounds the bytes of a client's text that go into one attribute.
const maxClean = 1024

// clean returns s as printable ASCII, with <NN> for every other byte. The handlers
// of package slog escape such bytes too, but others may not. Backslash and quote
// stay as they are, because handlers escape them.
func clean(s string) string {
	const hex = "0123456789ABCDEF"
	if len(s) <= maxClean && !strings.ContainsFunc(s, unclean) {
		return s
	}
	var b strings.Builder
	b.Grow(min(len(s), maxClean) + len(`\xNN...`))
	for i := range len(s) {
		if b.Len() >= maxClean {
			b.WriteString("...")
			break
		}
		if c := s[i]; unclean(rune(c)) {
			b.Write([]byte{'<', hex[c>>4], hex[c&15], '>'})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// unclean reports whether c isn't printable ASCII.
func unclean(c rune) bool { return c < ' ' || c > '~' }
