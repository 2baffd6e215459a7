package console

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// visible returns text with control characters, and characters that change the direction of text, replaced by their
// names. They come from names, subjects and replies that others chose, and could make a page say what it doesn't.
// The names are plain text, so they are as safe as the characters in every part of a page.
func visible(text []byte) []byte {
	first := bytes.IndexFunc(text, hidden)
	if first < 0 && utf8.Valid(text) {
		return text
	}
	var out bytes.Buffer
	out.Grow(len(text) + 64)
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&out, "⟨%02X⟩", text[0])
		case hidden(r):
			fmt.Fprintf(&out, "⟨U+%04X⟩", r)
		default:
			out.Write(text[:n])
		}
		text = text[n:]
	}
	return out.Bytes()
}

// hidden reports whether a character has no shape of its own and changes what is around it.
func hidden(r rune) bool {
	switch {
	case r == '\n' || r == '\t' || r == '\r':
		return false
	case r < 0x20, r >= 0x7f && r < 0xa0:
		return true
	case r == 0x00ad, r == 0x034f, r == 0x061c, r == 0x180e, r == 0xfeff:
		return true
	case r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f:
		return true
	case r >= 0xfff9 && r <= 0xfffb, r >= 0xe0000 && r <= 0xe007f:
		return true
	}
	return false
}
