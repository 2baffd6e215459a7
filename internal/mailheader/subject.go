package mailheader

import (
	"mime"
	"strings"
	"unicode/utf8"
)

// maxSubject bounds the result of Subject, in bytes.
const maxSubject = 255

// Subject returns the decoded Subject as one line of at most 255 bytes of UTF-8, in which "?" stands for
// other bytes and for control characters; "" without one. Encoded words (RFC 2047) in other character
// sets than UTF-8, ISO-8859-1 and US-ASCII stay as they are.
func (h *Header) Subject() string {
	text := h.Value("Subject")
	if strings.Contains(text, "=?") {
		if decoded, err := new(mime.WordDecoder).DecodeHeader(text[:min(len(text), 8*maxSubject)]); err == nil {
			text = decoded
		}
	}
	return OneLine(text, maxSubject)
}

// OneLine returns text as one line of at most max bytes of UTF-8: "?" stands for other bytes and for
// control characters, also those that change the direction of text.
func OneLine(text string, max int) string {
	text = strings.Map(func(c rune) rune {
		switch {
		case c == '\t':
			return ' '
		case c < ' ' || c == utf8.RuneError || 0x7f <= c && c < 0xa0 || c == 0x2028 || c == 0x2029,
			0x200e <= c && c <= 0x200f, 0x202a <= c && c <= 0x202e, 0x2066 <= c && c <= 0x2069:
			return '?'
		}
		return c
	}, text)
	for len(text) > max {
		_, n := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-n]
	}
	return text
}
