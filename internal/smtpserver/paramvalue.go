package smtpserver

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The limits of RFC 3461 for ENVID and ORCPT, in octets.
const (
	maxEnvID             = 100
	maxOriginalRecipient = 500
)

// parseSize parses SIZE: up to 20 digits; what doesn't fit is the most that does,
// so that it is too large rather than unknown. 0 if it can't be read.
func parseSize(s string) int64 {
	if s == "" || len(s) > 20 || strings.Trim(s, digits) != "" {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		n = math.MaxInt64
	}
	return n
}

// parseEnvID returns ENVID as xtext that can be sent on; "" if it can't be read.
func parseEnvID(s string) string {
	text, ok := decodeXtext(s)
	if !ok || text == "" || len(text) > maxEnvID || !isPrintable(text) {
		return ""
	}
	return asXtext(s)
}

// parseNotify parses NOTIFY: NEVER alone, or others; nil if it can't be read.
func parseNotify(s string) []string {
	list := strings.Split(strings.ToUpper(s), ",")
	if len(list) == 1 && list[0] == "NEVER" {
		return list
	}
	var out []string
	seen := map[string]bool{}
	for _, v := range list {
		switch v {
		case "SUCCESS", "FAILURE", "DELAY":
			if !seen[v] {
				out = append(out, v)
			}
			seen[v] = true
		default:
			return nil
		}
	}
	return out
}

// parseOriginalRecipient returns ORCPT as it can be sent on: an address type and
// xtext, for the type utf-8 with UTF-8 and \x{...} in it (RFC 6533, section 3).
// Postfix writes UTF-8 as xtext of the type rfc822; that is made an address of the
// type utf-8. "" if it can't be read.
func parseOriginalRecipient(s string) string {
	typ, addr, ok := strings.Cut(s, ";")
	if !ok || typ == "" || addr == "" || len(s) > maxOriginalRecipient || strings.Trim(typ, letters+digits+"-") != "" {
		return ""
	}
	if strings.EqualFold(typ, "utf-8") {
		if !isUTF8Address(addr) {
			return ""
		}
		return s
	}
	text, ok := decodeXtext(addr)
	switch {
	case !ok:
		return ""
	case isPrintable(text):
		return typ + ";" + asXtext(addr)
	case !strings.EqualFold(typ, "rfc822") || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return ""
	}
	text = strings.NewReplacer("\\", `\x{5C}`, "+", `\x{2B}`, "=", `\x{3D}`, " ", `\x{20}`).Replace(text)
	return "utf-8;" + text
}

// isUTF8Address reports whether s can be an address of the type utf-8.
func isUTF8Address(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsAny(s, "+= \x7f") && !strings.ContainsFunc(s, unicode.IsControl)
}

// decodeXtext decodes xtext (RFC 3461, section 4). An = that stands for itself,
// which isn't xtext, can mean nothing else; a + that does could.
func decodeXtext(s string) (string, bool) {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c < '!' || c > '~':
			return "", false
		case c == '+':
			if i+2 >= len(s) {
				return "", false
			}
			hi, lo := strings.IndexByte(hexDigits, s[i+1]), strings.IndexByte(hexDigits, s[i+2])
			if hi < 0 || lo < 0 {
				return "", false
			}
			c = byte(hi<<4 | lo)
			i += 2
		}
		out = append(out, c)
	}
	return string(out), true
}

// asXtext makes xtext of what decodeXtext has taken.
func asXtext(s string) string { return strings.ReplaceAll(s, "=", "+3D") }
