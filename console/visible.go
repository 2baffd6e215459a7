package console

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// visible returns a page with control characters, and characters that change the direction of text, replaced by their
// names. They come from names, subjects and replies that others chose, and could make a page say what it doesn't.
// The names are plain text, so they are as safe as the characters in every part of a page. In hidden fields of forms
// the characters stay, as references, because the form sends them back.
func visible(page []byte) []byte {
	first := bytes.IndexFunc(page, hidden)
	if first < 0 && utf8.Valid(page) {
		return page
	}
	var out bytes.Buffer
	out.Grow(len(page) + 64)
	tag := -1 // where the tag begins in out
	for len(page) > 0 {
		r, n := utf8.DecodeRune(page)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&out, "⟨%02X⟩", page[0])
		case hidden(r) && referable(r) && tag >= 0 && bytes.HasPrefix(out.Bytes()[tag:], []byte(`<input type="hidden"`)):
			fmt.Fprintf(&out, "&#%d;", r)
		case hidden(r):
			fmt.Fprintf(&out, "⟨U+%04X⟩", r)
		default:
			switch r {
			case '<':
				tag = out.Len()
			case '>':
				tag = -1
			}
			out.Write(page[:n])
		}
		page = page[n:]
	}
	return out.Bytes()
}

// referable reports whether a browser takes a reference to a character for that character.
func referable(r rune) bool { return r != 0 && (r < 0x7f || r > 0x9f) }

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
