package smtpserver

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector/reply"
)

const (
	digits    = "0123456789"
	hexDigits = "0123456789ABCDEF"
	letters   = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

	// blanks separate words. RFC 5321 has spaces only.
	blanks = " \t"
)

// isBlank reports whether c separates words.
func isBlank(c rune) bool { return c == ' ' || c == '\t' }

// cutWord returns the first word of s and the text behind it, without blanks
// around either.
func cutWord(s string) (word, rest string) {
	if i := strings.IndexAny(s, blanks); i >= 0 {
		return s[:i], strings.Trim(s[i:], blanks)
	}
	return s, ""
}

// looksLike reports whether a line was meant as the command verb, even if it is
// not well-formed.
func looksLike(line, verb string) bool {
	line = strings.TrimLeft(line, blanks)
	return len(line) >= len(verb) && strings.EqualFold(line[:len(verb)], verb)
}

// isSASLName reports whether s can be a mechanism (RFC 4422, section 3.1).
func isSASLName(s string) bool {
	return s != "" && len(s) <= 20 && strings.Trim(s, letters+digits+"-_") == ""
}

// noArgument refuses an argument of a command that has none.
func noArgument(arg string) (r reply.Reason) {
	if arg != "" {
		return reply.InvalidArguments
	}
	return r
}
