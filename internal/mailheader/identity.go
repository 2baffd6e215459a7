package mailheader

import (
	"net/mail"
	"strings"
	"time"
)

// MessageID returns the Message-ID of h in angle brackets (RFC 5322 section 3.6.4), and
// whether a field has it in that form. It is "" if no field has a readable one.
func (h *Header) MessageID() (id string, wellFormed bool) {
	for value := range h.values("Message-ID", false) {
		found, exact := parseMessageID(string(value))
		if exact {
			return found, true
		}
		if id == "" {
			id = found
		}
	}
	return id, false
}

// parseMessageID finds the identifier in the value of a Message-ID, with or without its
// brackets, and reports whether the value is well-formed. A comment may follow the
// identifier. Of two identifiers, mail programs take the first.
func parseMessageID(value string) (id string, exact bool) {
	const blanks = " \t\r\n"
	value = strings.Trim(value, blanks)
	inner, opened := strings.CutPrefix(value, "<")
	inner, rest, closed := strings.Cut(inner, ">")
	text := strings.Trim(inner, blanks)
	left, right, ok := strings.Cut(text, "@")
	if !ok || left == "" || right == "" || strings.ContainsFunc(text, isNoIdentifier) {
		return "", false
	}
	rest = strings.TrimLeft(rest, blanks)
	return "<" + text + ">", opened && closed && inner == text && (rest == "" || rest[0] == '(')
}

// isNoIdentifier reports whether c can't stand in an identifier.
func isNoIdentifier(c rune) bool { return c <= ' ' || c == 0x7f || c == '<' }

// HasDate reports whether the first Date field, which mail programs show, has a date of RFC
// 5322 section 3.3, the obsolete forms included.
func (h *Header) HasDate() bool {
	return isDate(strings.TrimSpace(h.Value("Date")))
}

// isDate reports whether s is a date. Nearly all are in the usual form, and only for others
// it asks mail.ParseDate, which allocates for each of 48 forms that it tries.
func isDate(s string) bool {
	usual := DateFormat
	if strings.HasSuffix(s, ")") {
		usual = DateFormat + " (MST)"
	}
	if _, err := time.Parse(usual, s); err == nil {
		return true
	}
	_, err := mail.ParseDate(strings.Join(strings.Fields(s), " "))
	return err == nil
}
