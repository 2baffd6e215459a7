package mailheader

import (
	"net/netip"
	"strings"
	"time"
	"unicode"
)

// DateFormat is how a date is written in a header (RFC 5322 section 3.3).
const DateFormat = "Mon, 2 Jan 2006 15:04:05 -0700"

// Received is a trace field (RFC 5321 section 4.4). Zero fields are left out, but By and
// Time should be set. Text from clients needn't be checked before: it is checked or
// replaced when it is written.
type Received struct {
	Helo   string     // the name that the client gave in EHLO
	Remote netip.Addr // the client
	By     string     // the name of this server
	Local  netip.Addr // the address of this server

	ESMTP, TLS, Auth, UTF8 bool   // how the message was received
	Cipher                 string // comment on TLS, "TLS1.3 TLS_AES_128_GCM_SHA256"

	ID   string
	For  string // the recipient if there is only one
	Time time.Time
}

// Protocol returns the keyword after "with" (RFC 3848 and, for UTF8, RFC 6531).
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

// appendFrom appends the client. A HELO name that isn't a domain or an address literal is
// replaced by the address and moved to the comment.
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

// isHost reports whether s can be written as a domain or an address literal. Underscores
// are accepted, because names of hosts have them and they do no harm.
func isHost(s string) bool {
	if s == "" || len(s) > 255 {
		return false
	}
	if s[0] == '[' && s[len(s)-1] == ']' {
		s = s[1 : len(s)-1]
		return s != "" && strings.Trim(s, "0123456789abcdefABCDEFIPv.:") == ""
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") == ""
}

// isPath reports whether s can be written between the angle brackets of a path. Another
// recipient is left out, because the clause is optional.
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

// clean returns s, cut to 255 bytes, without characters that could end a line, a comment or
// a quoted string.
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
