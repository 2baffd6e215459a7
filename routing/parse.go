package routing

import (
	"strconv"

	"github.com/interchange-smtp/interchange/connector/source"
)

// parseError says what could not be parsed, and why.
type parseError struct {
	what string // "domain", "address", "path" or "address space"
	in   string // as given
	msg  string // what is wrong or what would be right
}

func (e *parseError) Error() string {
	return e.what + " " + quoteInput(e.in) + ": " + e.msg
}

// Unwrap returns e as a *source.Diagnostic with a code.
func (e *parseError) Unwrap() error {
	return &source.Diagnostic{Severity: source.SeverityError, Code: source.CodeValueInvalid, Detail: e.Error()}
}

// quoteInput quotes input for an error: escaped, ASCII only, of bounded length.
func quoteInput(s string) string {
	const max = 80
	if len(s) <= max {
		return strconv.QuoteToASCII(s)
	}
	return strconv.QuoteToASCII(s[:max]) + "…"
}

// maxInput bounds the input of the parsers, in bytes. The longest valid address
// has 571 bytes; quoting at most doubles its local part, and a domain in Unicode
// may take four bytes where its A-label takes one.
const maxInput = 1500

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// lowerByte folds ASCII letters and nothing else.
func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// lowerASCII folds ASCII letters only: Unicode folding would turn the Kelvin
// sign into k and so let two different names compare equal. It allocates
// only when there is something to fold.
func lowerASCII(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; 'A' <= c && c <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				b[i] = lowerByte(b[i])
			}
			return string(b)
		}
	}
	return s
}

// equalFoldASCII compares without regard to the case of ASCII letters.
func equalFoldASCII(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i++ {
		if lowerByte(a[i]) != lowerByte(b[i]) {
			return false
		}
	}
	return true
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
