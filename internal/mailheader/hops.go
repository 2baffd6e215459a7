package mailheader

import (
	"bytes"
	"strings"
)

// Hops counts the Received fields as they were read: those removed by Filter count too, so
// that a firewall can't hide a loop.
func (h *Header) Hops() int {
	n := 0
	for range h.values("Received", true) {
		n++
	}
	return n
}

// LocalHops counts the Received fields written by the host fqdn.
func (h *Header) LocalHops(fqdn string) int {
	n := 0
	for raw := range h.values("Received", true) {
		if strings.EqualFold(receivedBy(raw), fqdn) {
			n++
		}
	}
	return n
}

// Relays counts the Received fields with a "from" clause, as they were read. Programs that
// submit mail write fields without one: "by copier (sSMTP sendmail emulation)".
func (h *Header) Relays() int {
	n := 0
	for value := range h.values("Received", true) {
		for len(value) > 0 {
			var word string
			if word, value = traceWord(value); strings.EqualFold(word, "from") {
				n++
				break
			}
		}
	}
	return n
}

// receivedBy returns the name after the word "by" of a Received field, or "". Words in
// comments and quoted strings don't count, nor does the word after "from", which the
// client chose and which may be "by".
func receivedBy(value []byte) string {
	before := ""
	for len(value) > 0 {
		quoted := value[0] == '"'
		word, rest := traceWord(value)
		value = rest
		switch {
		case word == "" && !quoted:
		case strings.EqualFold(before, "from"):
			before = "-" // a name, whatever it says
		case word == "":
		case strings.EqualFold(before, "by"):
			return word
		default:
			before = word
		}
	}
	return ""
}

// traceWord cuts the next word off a trace field; word is empty if a comment, a quoted
// string or blanks were skipped.
func traceWord(b []byte) (word string, rest []byte) {
	switch b[0] {
	case '(':
		return "", skipComment(b)
	case '"':
		for i := 1; i < len(b); i++ {
			if b[i] == '\\' {
				i++
			} else if b[i] == '"' {
				return "", b[i+1:]
			}
		}
		return "", nil
	case ' ', '\t', '\r', '\n', ';':
		return "", b[1:]
	}
	n := bytes.IndexAny(b, " \t\r\n;(\"")
	if n < 0 {
		n = len(b)
	}
	return string(b[:n]), b[n:]
}

// skipComment returns b without the comment at its beginning, which may nest.
func skipComment(b []byte) []byte {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return b[i+1:]
			}
		}
	}
	return nil
}
