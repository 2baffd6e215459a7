package mailheader

import (
	"bytes"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/routing"
)

// ReplaceFrom replaces the From and Sender fields by a From field with the address a, and keeps
// what they said in X-Original-From and X-Original-Sender. The first display name stays, unless
// it looks like another address. DKIM signatures are removed, because they no longer fit.
func (h *Header) ReplaceFrom(a routing.Address) {
	field := append([]byte("From: "), h.displayName()...)
	field = append(append(append(field, '<'), a.String()...), ">\r\n"...)
	for _, name := range []string{"From", "Sender"} {
		for value := range h.values(name, false) {
			if len(bytes.TrimSpace(value)) > 0 {
				field = append(append(append(field, "X-Original-"...), name...), ':')
				field = AppendLines(field, value)
			}
		}
	}
	replaced := []string{"From", "Sender", "DKIM-Signature"}
	h.Filter(func(name string) bool {
		for _, r := range replaced {
			if len(r) == len(name) && strings.EqualFold(r, name) {
				return false
			}
		}
		return true
	})
	h.Prepend(field)
	h.author = true
}

// maxDisplayName bounds the bytes of a display name that is kept.
const maxDisplayName = 64

// displayName returns the display name of the first author, quoted and encoded as a header
// needs it, with a blank after it; "" for none that can be kept.
func (h *Header) displayName() string {
	for value := range h.values("From", false) {
		list, err := parseAddresses(value)
		if err != nil || len(list) == 0 {
			return ""
		}
		name := strings.TrimSpace(list[0].Name)
		if name == "" || len(name) > maxDisplayName || !utf8.ValidString(name) ||
			strings.ContainsFunc(name, func(c rune) bool { return c == '@' || unicode.IsControl(c) }) {
			return ""
		}
		text := (&mail.Address{Name: name, Address: "a@b"}).String()
		return strings.TrimSuffix(text, "<a@b>")
	}
	return ""
}
