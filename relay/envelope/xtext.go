package envelope

import (
	"strings"

	"github.com/interchange-smtp/interchange/internal/ascii"
)

// maxEnvID is the longest ENVID in bytes, decoded (RFC 3461, section 4.4).
const maxEnvID = 100

const hexDigits = "0123456789ABCDEF"

// ParseEnvID checks the value of ENVID and returns it as xtext that can be passed
// on. ok is false if it is not xtext of 1 to 100 printable ASCII characters.
func ParseEnvID(s string) (envID string, ok bool) {
	text, ok := DecodeXtext(s)
	if !ok || text == "" || len(text) > maxEnvID || !ascii.IsPrintable(text) {
		return "", false
	}
	return string(AppendXtext(nil, s)), true
}

// DecodeXtext decodes xtext (RFC 3461, section 4). A "=" that is not encoded is
// taken as it is: the standard forbids it, but it has one meaning only. The text
// may hold any byte.
func DecodeXtext(s string) (text string, ok bool) {
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
			high, low := strings.IndexByte(hexDigits, s[i+1]), strings.IndexByte(hexDigits, s[i+2])
			if high < 0 || low < 0 {
				return "", false
			}
			c = byte(high<<4 | low)
			i += 2
		}
		out = append(out, c)
	}
	return string(out), true
}

// AppendXtext appends s, which is xtext, to b. A byte that xtext can't hold is
// encoded, so that the result never ends a parameter or a command.
func AppendXtext(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < '!' || c > '~' || c == '=' {
			b = append(b, '+', hexDigits[c>>4], hexDigits[c&15])
		} else {
			b = append(b, c)
		}
	}
	return b
}
