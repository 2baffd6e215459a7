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

// equalFold compares ASCII text without case.
func equalFold(a, b string) bool { return len(a) == len(b) && strings.EqualFold(a, b) }

// maxMessageID bounds the bytes of a Message-ID in a reply, whose line may have 512.
const maxMessageID = 250

// visibleID returns a Message-ID that can be shown in a reply, or "": it is in angle
// brackets, visible ASCII and short.
func visibleID(value string) string {
	id := strings.Trim(value, " \t\r\n")
	if len(id) < 3 || len(id) > maxMessageID || id[0] != '<' || id[len(id)-1] != '>' {
		return ""
	}
	if strings.ContainsFunc(id[1:len(id)-1], func(c rune) bool {
		return c <= ' ' || c > '~' || strings.ContainsRune(`<>\"`, c)
	}) {
		return ""
	}
	return id
}
