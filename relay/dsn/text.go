package dsn

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/relay/envelope"
)

const (
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits  = "0123456789"

	maxText = 1000 // characters of text from other hosts
	maxItem = 900  // bytes of a value from other hosts that can't be folded
	width   = 76   // where lines are folded (RFC 5322, section 2.1.1)
	maxWord = 900  // bytes of a word; a longer one is broken, because lines end at 998
)

// clean returns text from other hosts on one line: printable characters, only ASCII
// unless inUTF8 is set, with single spaces.
func clean(s string, inUTF8 bool) string {
	var b strings.Builder
	space, n := false, 0
	for _, c := range s { // invalid bytes are U+FFFD here
		switch {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			space = b.Len() > 0
			continue
		case !unicode.IsPrint(c) || c == utf8.RuneError || c >= utf8.RuneSelf && !inUTF8:
			c = '?'
		}
		if n++; n > maxText {
			b.WriteString("...")
			break
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(c)
	}
	return b.String()
}

// field writes a header field, folded. value is on one line.
func field(b *strings.Builder, name, value string) {
	b.WriteString(name)
	b.WriteByte(':')
	fold(b, value, len(name)+1, " ")
	b.WriteString("\r\n")
}

// addressField writes a header field without folding it, because the blanks of an
// address are significant. Only words longer than a line are broken.
func addressField(b *strings.Builder, name, value string) {
	b.WriteString(name + ": ")
	addressLine(b, value)
}

func addressLine(b *strings.Builder, value string) {
	b.WriteString(strings.Join(broken(value), "\r\n ") + "\r\n")
}

// paragraph writes text as lines that begin with indent.
func paragraph(b *strings.Builder, indent, text string) {
	b.WriteString(strings.TrimSuffix(indent, " "))
	first := strings.Builder{}
	fold(&first, text, len(indent)-1, indent)
	line := first.String()
	if indent == "" {
		line = strings.TrimPrefix(line, " ")
	}
	b.WriteString(line)
	b.WriteString("\r\n")
}

// fold writes the words of text, each after a space or, where the line would become too
// long, after a line end and indent. at is the length of the line so far.
func fold(b *strings.Builder, text string, at int, indent string) {
	first := true
	for word := range strings.FieldsSeq(text) {
		for _, w := range broken(word) {
			if !first && at+1+len(w) > width {
				b.WriteString("\r\n" + indent)
				at = len(indent)
			} else {
				b.WriteByte(' ')
				at++
			}
			b.WriteString(w)
			at += len(w)
			first = false
		}
	}
}

// broken cuts a word that is longer than a line into pieces.
func broken(word string) []string {
	var parts []string
	for len(word) > maxWord {
		cut := maxWord
		for cut > maxWord-utf8.UTFMax && !utf8.RuneStart(word[cut]) {
			cut--
		}
		parts, word = append(parts, word[:cut]), word[cut:]
	}
	return append(parts, word)
}

// isShowable reports whether s can be shown in a UTF-8 report unchanged.
func isShowable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(c rune) bool { return !unicode.IsPrint(c) || c == ' ' }) < 0
}

// inASCII returns an address in the ASCII form of the type utf-8 (RFC 6533,
// section 3).
func inASCII(address string) string { return string(envelope.AppendUnicode(nil, address)) }
