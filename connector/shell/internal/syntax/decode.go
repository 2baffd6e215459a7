package syntax

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// decode turns the bytes of a file into UTF-8: PowerShell's own editors write
// UTF-8 with a byte order mark, the shell's > wrote UTF-16 with one.
func decode(name string, src []byte) (*Source, *Error) {
	text := string(src)
	switch {
	case strings.HasPrefix(text, "\xff\xfe"):
		text = decode16(src[2:], binary.LittleEndian)
	case strings.HasPrefix(text, "\xfe\xff"):
		text = decode16(src[2:], binary.BigEndian)
	default:
		text = strings.TrimPrefix(text, "\uFEFF")
	}
	s := newSource(name, text)
	if bad := badByte(text); bad >= 0 {
		return nil, &Error{
			Span: Span{Source: newSource(name, strings.ToValidUTF8(text[:bad], "\uFFFD")), Offset: int32(bad)},
			Msg:  "the file is not text in UTF-8 or UTF-16",
			Fix:  "save it as UTF-8, or as UTF-16 with a byte order mark",
		}
	}
	return s, nil
}

func decode16(src []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(src)/2)
	for i := range units {
		units[i] = order.Uint16(src[2*i:])
	}
	return string(utf16.Decode(units))
}

// badByte returns the offset of the first NUL (UTF-16 without its mark is full
// of them) or invalid sequence; -1 if all of text is valid.
func badByte(text string) int {
	nul := strings.IndexByte(text, 0)
	if utf8.ValidString(text) {
		return nul
	}
	for i, r := range text {
		if r != utf8.RuneError {
			continue
		}
		if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
			if nul >= 0 && nul < i {
				return nul
			}
			return i
		}
	}
	return nul
}
