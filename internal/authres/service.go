package authres

import (
	"slices"
	"strings"
)

// Service returns the name of the server that a field names as its author (authserv-id), as it
// stands there without quotes. ok is false if the value, the text after the colon, isn't
// written as RFC 8601 section 2.2 says up to its first result.
func Service(value []byte) (name string, ok bool) {
	name, _, ok = service(value)
	return name, ok
}

// service is Service, and also returns the comments around the name.
func service(value []byte) (name string, comments []byte, ok bool) {
	s := scanner{value}
	if !s.blank() {
		return "", nil, false
	}
	front := value[:len(value)-len(s.rest)]
	if name, ok = s.word(); !ok {
		return "", nil, false
	}
	back := s.rest
	if !s.blank() || s.next('/') && !s.blank() {
		return "", nil, false
	}
	if s.digits(); !s.blank() {
		return "", nil, false
	}
	comments = slices.Concat(front, []byte{';'}, back[:len(back)-len(s.rest)])
	return strings.TrimSuffix(name, "."), comments, len(s.rest) == 0 || s.rest[0] == ';'
}

// Claims reports whether a field claims to be written by a server whose fields keep refuses.
// refused are the names of such servers in lower case: a field that can't be read claims to be
// of each server that it mentions, and so does one that mentions a server in a comment around
// the name of its author.
func Claims(value []byte, keep func(service string) bool, refused []string) bool {
	text := value
	if name, comments, ok := service(value); ok {
		if !keep(name) {
			return true
		}
		if !strings.ContainsFunc(name, func(r rune) bool { return r > 0x7f || !isToken(byte(r)) }) {
			text = comments
		}
	}
	return slices.ContainsFunc(refused, func(name string) bool { return mentions(text, name) })
}

// mentions reports whether some reader could find a name, which is in lower case, in a text.
// Blanks, quotes, backslashes and comments may stand between its bytes, and a comment may end at
// any parenthesis, because readers differ in where they take it to end.
func mentions(text []byte, name string) bool {
	found := make([]bool, len(name)+1)   // found[i]: the text ends in the first i bytes of the name
	comment := make([]bool, len(name)+1) // comment[i]: a comment has begun behind these
	for _, c := range text {
		found[0] = true
		for i := len(name) - 1; i >= 0; i-- {
			if found[i] && toLower(c) == name[i] {
				found[i+1] = true
			}
			comment[i] = comment[i] || found[i] && c == '('
			found[i] = found[i] && isIgnored(c) || comment[i] && c == ')'
		}
		if found[len(name)] {
			return true
		}
	}
	return false
}

// isIgnored reports whether a reader may skip c within a name.
func isIgnored(c byte) bool { return c <= ' ' || c >= 0x7f || strings.IndexByte(`"\()`, c) >= 0 }

// toLower returns c in lower case.
func toLower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// scanner reads the tokens of a structured field.
type scanner struct{ rest []byte }

// next consumes c.
func (s *scanner) next(c byte) bool {
	if len(s.rest) == 0 || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// blank consumes white space, folds and comments. It returns false if a comment has no end.
func (s *scanner) blank() bool {
	for len(s.rest) > 0 {
		switch s.rest[0] {
		case ' ', '\t', '\r', '\n':
			s.rest = s.rest[1:]
		case '(':
			if !s.comment() {
				return false
			}
		default:
			return true
		}
	}
	return true
}

// comment consumes a comment, which may hold others.
func (s *scanner) comment() bool {
	depth := 0
	for i := 0; i < len(s.rest); i++ {
		switch s.rest[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				s.rest = s.rest[i+1:]
				return true
			}
		}
	}
	return false
}

// word consumes a token or a quoted string and returns its text.
func (s *scanner) word() (string, bool) {
	if s.next('"') {
		return s.quoted()
	}
	n := 0
	for n < len(s.rest) && isToken(s.rest[n]) {
		n++
	}
	word := string(s.rest[:n])
	s.rest = s.rest[n:]
	return word, n > 0
}

// quoted consumes the rest of a quoted string.
func (s *scanner) quoted() (string, bool) {
	var text []byte
	for i := 0; i < len(s.rest); i++ {
		switch c := s.rest[i]; {
		case c == '"':
			s.rest = s.rest[i+1:]
			return string(text), true
		case c == '\r' || c == '\n':
		case c == '\\' && i+1 < len(s.rest):
			i++
			text = append(text, s.rest[i])
		default:
			text = append(text, c)
		}
	}
	return "", false
}

// digits consumes the version of the field.
func (s *scanner) digits() {
	for len(s.rest) > 0 && '0' <= s.rest[0] && s.rest[0] <= '9' {
		s.rest = s.rest[1:]
	}
}

// isToken reports whether c may stand in a token (RFC 2045 section 5.1).
func isToken(c byte) bool {
	return c > ' ' && c < 0x7f && strings.IndexByte(`()<>@,;:\"/[]?=`, c) < 0
}
