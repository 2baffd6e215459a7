package conversion

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime"
	"strings"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/internal/ascii"
)

// foldAt is where lines of a rewritten field are folded (RFC 5322, section 2.1.1).
const foldAt = 76

// encodeField returns a field with its 8-bit text in ASCII, folded and ended by CRLF: as
// parameters of RFC 2231 if the field has parameters, else as encoded words of RFC 2047.
// The name of a line without a colon is "".
func encodeField(name, value string) string {
	value = strings.ReplaceAll(strings.TrimRight(value, "\r\n"), "\r\n", "")
	if name == "" {
		if before, after, ok := strings.Cut(value, ":"); ok { // a name that isn't ASCII
			return foldField(questionMarks(before)+":", encodeText(after))
		}
		return foldField("", encodeText(value))
	}
	switch strings.ToLower(name) {
	case "content-type", "content-disposition":
		value = encodeParameters(value)
	case "from", "sender", "to", "cc", "bcc", "reply-to", "resent-from", "resent-sender", "resent-to", "resent-cc", "resent-bcc",
		"resent-reply-to", "disposition-notification-to":
		value = encodePhrases(value)
	default:
		value = encodeText(value)
	}
	return foldField(name+":", value)
}

// encodeText encodes the words of unstructured text that aren't ASCII.
func encodeText(text string) string {
	var b strings.Builder
	for text != "" {
		plain := len(text) - len(strings.TrimLeft(text, " \t"))
		word, run := plain, plain // run ends after the last word that isn't ASCII
		for word < len(text) {
			end := nextBlank(text, word)
			if isASCII(text[word:end]) {
				break
			}
			run = end
			word = end + len(text[end:]) - len(strings.TrimLeft(text[end:], " \t"))
		}
		b.WriteString(text[:plain])
		if run > plain {
			b.WriteString(encodeWord(text[plain:run]))
		} else {
			run = nextBlank(text, plain)
			b.WriteString(text[plain:run])
		}
		text = text[run:]
	}
	return b.String()
}

// nextBlank returns the position of the next blank in text from start on.
func nextBlank(text string, start int) int {
	if i := strings.IndexAny(text[start:], " \t"); i >= 0 {
		return start + i
	}
	return len(text)
}

// encodePhrases encodes the names, quoted or not, and comments in a list of addresses. An
// address that isn't ASCII would need SMTPUTF8; its bytes become question marks.
func encodePhrases(value string) string {
	var b strings.Builder
	angle := false
	for value != "" {
		if value[0] == '"' {
			n := quotedEnd(value)
			switch quoted := value[:n]; {
			case isASCII(quoted):
				b.WriteString(quoted)
			case angle:
				b.WriteString(questionMarks(quoted))
			default:
				b.WriteString(encodeWord(unquote(quoted)))
			}
			value = value[n:]
			continue
		}
		n := strings.IndexAny(value, `"<>(),;:`)
		switch {
		case n < 0:
			n = len(value)
		case n == 0:
			angle = value[0] == '<' || angle && value[0] != '>'
			b.WriteByte(value[0])
			value = value[1:]
			continue
		}
		if angle || strings.Contains(value[:n], "@") {
			b.WriteString(questionMarks(value[:n]))
		} else {
			b.WriteString(encodeText(value[:n]))
		}
		value = value[n:]
	}
	return b.String()
}

// quotedEnd returns the length of the quoted string that s begins with.
func quotedEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// unquote returns the text of a quoted string.
func unquote(s string) string {
	var b strings.Builder
	s = strings.TrimPrefix(s, `"`)
	for i := 0; i < len(s) && s[i] != '"'; i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// questionMarks returns s with a question mark for every byte above 127.
func questionMarks(s string) string {
	b := []byte(s)
	for i := range b {
		if b[i] >= 0x80 {
			b[i] = '?'
		}
	}
	return string(b)
}

// encodeWord returns text as encoded words with blanks between them.
func encodeWord(text string) string {
	if utf8.ValidString(text) {
		return mime.BEncoding.Encode("utf-8", text)
	}
	const most = 39 // bytes that fit an encoded word of this charset
	var words []string
	for ; len(text) > 0; text = text[min(most, len(text)):] {
		words = append(words, "=?unknown-8bit?b?"+base64.StdEncoding.EncodeToString([]byte(text[:min(most, len(text))]))+"?=")
	}
	return strings.Join(words, " ")
}

// encodeParameters encodes the parameters that aren't ASCII.
func encodeParameters(value string) string {
	var b strings.Builder
	for first := true; value != ""; first = false {
		n := 0
		for n < len(value) && value[n] != ';' {
			if value[n] == '"' {
				n += quotedEnd(value[n:])
			} else {
				n++
			}
		}
		part := value[:n]
		name, text, ok := strings.Cut(part, "=")
		switch name = strings.TrimSpace(name); {
		case isASCII(part):
			b.WriteString(part)
		case first || !ok || !isASCII(name):
			b.WriteString(questionMarks(part))
		default:
			b.WriteString(encodeParameter(name, strings.TrimSpace(text)))
		}
		if value = value[n:]; value != "" {
			b.WriteString(";")
			value = value[1:]
		}
	}
	return b.String()
}

// encodeParameter returns a parameter in the form of RFC 2231.
func encodeParameter(name, text string) string {
	if strings.HasPrefix(text, `"`) {
		text = unquote(text)
	}
	charset := "unknown-8bit"
	if utf8.ValidString(text) {
		charset = "utf-8"
	}
	if extended, ok := strings.CutSuffix(name, "*"); ok { // the value should have been encoded
		if parts := strings.SplitN(text, "'", 3); len(parts) == 3 {
			text = parts[2]
		}
		name = extended
	}
	var segments []string
	segment := charset + "''"
	for i := range len(text) {
		if len(segment) > foldAt-len(name)-10 && len(segment) > 30 {
			segments, segment = append(segments, segment), ""
		}
		if c := text[i]; c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' {
			segment += string(c)
		} else {
			segment += fmt.Sprintf("%%%02X", c)
		}
	}
	if len(segments) == 0 {
		return " " + name + "*=" + segment
	}
	var b strings.Builder
	for i, s := range append(segments, segment) {
		if i > 0 {
			b.WriteByte(';')
		}
		fmt.Fprintf(&b, " %s*%d*=%s", name, i, s)
	}
	return b.String()
}

// foldField writes head and value in lines of at most foldAt bytes if value has enough
// blanks.
func foldField(head, value string) string {
	var b bytes.Buffer
	b.WriteString(head)
	col := len(head)
	for first := true; value != ""; first = false {
		blank := len(value) - len(strings.TrimLeft(value, " \t"))
		end := nextBlank(value, blank)
		if word := value[:end]; !first && blank > 0 && end > blank && col+len(word) > foldAt {
			b.WriteString("\r\n")
			col = 0
		}
		b.WriteString(value[:end])
		col += end
		value = value[end:]
	}
	b.WriteString("\r\n")
	return b.String()
}

// printable returns s, cut, in printable ASCII.
func printable(s string) string { return ascii.Printable(s[:min(len(s), 40)]) }

// isASCII reports whether all bytes of b are below 128.
func isASCII[T string | []byte](b T) bool {
	for i := range len(b) {
		if b[i] >= 0x80 {
			return false
		}
	}
	return true
}
