package envelope

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/internal/ascii"
)

// maxORcpt is the longest ORCPT in bytes (RFC 3461, section 4.2).
const maxORcpt = 500

const (
	digits    = "0123456789"
	typeChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" + digits + "-" // of an address type
)

// ParseORcpt checks the value of ORCPT and returns it as it can be passed on: an
// address type and xtext, or the type utf-8 and UTF-8 with \x{...} in it (RFC
// 6533, section 3). Postfix writes UTF-8 as xtext of the type rfc822; ParseORcpt
// makes an address of the type utf-8 of it.
func ParseORcpt(s string) (orcpt string, ok bool) {
	kind, address, ok := strings.Cut(s, ";")
	if !ok || kind == "" || address == "" || len(s) > maxORcpt || strings.Trim(kind, typeChars) != "" {
		return "", false
	}
	if isUTF8Type(kind) {
		if !isUTF8Address(address) {
			return "", false
		}
		return s, true
	}
	text, ok := DecodeXtext(address)
	switch {
	case !ok:
		return "", false
	case ascii.IsPrintable(text):
		return string(AppendXtext([]byte(kind+";"), address)), true
	case !strings.EqualFold(kind, "rfc822") || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return "", false
	}
	return "utf-8;" + strings.NewReplacer(`\`, `\x{5C}`, "+", `\x{2B}`, "=", `\x{3D}`, " ", `\x{20}`).Replace(text), true
}

// DecodeORcpt returns the type and the decoded address of an ORCPT. The address
// may hold any character.
func DecodeORcpt(orcpt string) (kind, address string, ok bool) {
	kind, address, ok = strings.Cut(orcpt, ";")
	if !ok || kind == "" || strings.Trim(kind, typeChars) != "" {
		return "", "", false
	}
	if isUTF8Type(kind) {
		address, ok = decodeUnicode(address)
		return "utf-8", address, ok
	}
	address, ok = DecodeXtext(address)
	return kind, address, ok
}

// AppendORcpt appends orcpt to b as the value of ORCPT. Characters beyond ASCII in
// an address of the type utf-8 stay as they are if inUTF8 is set, which is for
// hosts with SMTPUTF8, and become \x{...} otherwise.
func AppendORcpt(b []byte, orcpt string, inUTF8 bool) []byte {
	kind, address, _ := strings.Cut(orcpt, ";")
	b = append(append(b, kind...), ';')
	if !isUTF8Type(kind) {
		return AppendXtext(b, address)
	}
	for _, c := range address {
		if c >= 0xA0 && inUTF8 || c >= '!' && c <= '~' && c != '+' && c != '=' {
			b = append(b, string(c)...)
		} else {
			b = fmt.Appendf(b, `\x{%02X}`, c)
		}
	}
	return b
}

// AppendUnicode appends an address to b in the ASCII form of the type utf-8
// (utf-8-addr-xtext), with \x{...} for what ASCII or xtext can't hold.
// DecodeORcpt undoes it.
func AppendUnicode(b []byte, address string) []byte {
	for _, c := range address {
		if c > ' ' && c <= '~' && c != '\\' && c != '+' && c != '=' {
			b = append(b, byte(c))
		} else {
			b = fmt.Appendf(b, `\x{%02X}`, c)
		}
	}
	return b
}

// isUTF8Type reports whether kind is the address type of RFC 6533.
func isUTF8Type(kind string) bool { return strings.EqualFold(kind, "utf-8") }

// isUTF8Address reports whether s can be an address of the type utf-8.
func isUTF8Address(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsAny(s, "+= \x7f") && !strings.ContainsFunc(s, unicode.IsControl)
}

// decodeUnicode decodes the \x{...} of an address of the type utf-8.
func decodeUnicode(s string) (text string, ok bool) {
	var b strings.Builder
	for s != "" {
		plain, escape, found := strings.Cut(s, `\`)
		b.WriteString(plain)
		if !found {
			break
		}
		hex, after, ok := strings.Cut(strings.TrimPrefix(escape, "x{"), "}")
		if !ok || !strings.HasPrefix(escape, "x{") || len(hex) < 2 || len(hex) > 6 || strings.Trim(hex, digits+"ABCDEFabcdef") != "" {
			return "", false
		}
		n, _ := strconv.ParseUint(hex, 16, 32) // six hexadecimal digits always fit
		if !utf8.ValidRune(rune(n)) {
			return "", false
		}
		b.WriteRune(rune(n))
		s = after
	}
	text = b.String()
	return text, text != "" && utf8.ValidString(text)
}
