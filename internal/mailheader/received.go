package mailheader

import (
	"net/netip"
	"strings"
	"time"
	"unicode"
)

// DateFormat is how a date is written in a header (RFC 5322 section 3.3).
const DateFormat = "Mon, 2 Jan 2006 15:04:05 -0700"

// Received is a trace field (RFC 5321 section 4.4). Fields of the zero value
// are left out, but By and Time should be there. Nothing of it needs to be
// clean: what a client wrote is checked or replaced when printed.
type Received struct {
	Helo   string     // what the client called itself
	Remote netip.Addr // the client
	By     string     // our name
	Local  netip.Addr // our address

	ESMTP, TLS, Auth, UTF8 bool   // how the message came
	Cipher                 string // comment on TLS, "TLS1.3 TLS_AES_128_GCM_SHA256"

	ID   string
	For  string // the recipient if there is only one
	Time time.Time
}

// Protocol returns the keyword behind "with": RFC 3848 and, for UTF8, RFC 6531.
func (r Received) Protocol() string {
	if !r.ESMTP {
		return "SMTP"
	}
	p := "ESMTP"
	if r.UTF8 {
		p = "UTF8SMTP"
	}
	if r.TLS {
		p += "S"
	}
	if r.Auth {
		p += "A"
	}
	return p
}

// Append appends the complete field, folded and ended by CRLF, to b.
func (r Received) Append(b []byte) []byte {
	b = append(b, "Received: from "...)
	b = r.appendFrom(b)
	b = append(b, "\r\n\tby "...)
	b = append(b, clean(r.By)...)
	if r.Local.IsValid() {
		b = append(b, " ("...)
		b = append(appendLiteral(b, r.Local), ')')
	}
	b = append(b, " with "...)
	b = append(b, r.Protocol()...)
	if r.TLS && r.Cipher != "" {
		b = append(b, " ("...)
		b = append(append(b, clean(r.Cipher)...), ')')
	}
	if r.ID != "" {
		b = append(b, "\r\n\tid "...)
		b = append(b, strings.ReplaceAll(clean(r.ID), " ", "?")...)
	}
	if r.For != "" && isPath(r.For, r.UTF8) {
		b = append(b, "\r\n\tfor <"...)
		b = append(append(b, r.For...), '>')
	}
	b = append(b, "; "...)
	b = r.Time.AppendFormat(b, DateFormat)
	return append(b, "\r\n"...)
}

// String returns the field without its last CRLF.
func (r Received) String() string { return strings.TrimSuffix(string(r.Append(nil)), "\r\n") }

// appendFrom appends the client. A HELO argument that isn't a domain or an
// address literal gives its place to the address and ends in the comment.
func (r Received) appendFrom(b []byte) []byte {
	if isHost(r.Helo) {
		b = append(b, r.Helo...)
		if !r.Remote.IsValid() {
			return b
		}
		b = append(b, " ("...)
		return append(appendLiteral(b, r.Remote), ')')
	}
	if r.Remote.IsValid() {
		b = appendLiteral(b, r.Remote)
	} else {
		b = append(b, "unknown"...)
	}
	if r.Helo != "" {
		b = append(b, " (HELO "...)
		b = append(append(b, clean(r.Helo)...), ')')
	}
	return b
}

// appendLiteral appends the address literal of a (RFC 5321 section 4.1.3).
func appendLiteral(b []byte, a netip.Addr) []byte {
	a = a.Unmap().WithZone("")
	b = append(b, '[')
	if a.Is6() {
		b = append(b, "IPv6:"...)
	}
	return append(a.AppendTo(b), ']')
}

// isHost reports whether s may stand where a domain or an address literal
// does. Underscores are no hyphens, but hosts have them and they do no harm.
func isHost(s string) bool {
	if s == "" || len(s) > 255 {
		return false
	}
	if s[0] == '[' && s[len(s)-1] == ']' {
		s = s[1 : len(s)-1]
		return s != "" && strings.Trim(s, "0123456789abcdefABCDEFIPv.:") == ""
	}
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_') {
			return false
		}
	}
	return true
}

// isPath reports whether s may stand between the angle brackets of a path. A
// recipient that may not is left out: the clause is optional.
func isPath(s string, utf8 bool) bool {
	if len(s) > 320 {
		return false
	}
	for _, r := range s {
		ascii := r >= ' ' && r < 0x7f && !strings.ContainsRune(`()<>\;`, r)
		if !ascii && (!utf8 || r < 0xa0 || !unicode.IsPrint(r)) {
			return false
		}
	}
	return true
}

// clean returns s with everything replaced that could end a line, a comment
// or a quoted string, cut to 255 bytes.
func clean(s string) string {
	if len(s) > 255 {
		s = s[:255]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f || strings.ContainsRune(`()\;"`, r) {
			return '?'
		}
		return r
	}, s)
}
