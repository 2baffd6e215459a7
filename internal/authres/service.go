package authres

import (
	"bytes"
	"strings"
)

// Service returns the name of the server that a field names as its author (authserv-id), as it
// stands there without quotes. ok is false if the value, the text after the colon, isn't
// written as RFC 8601 section 2.2 says up to its first result.
func Service(value []byte) (name string, ok bool) {
	s := scanner{value}
	if !s.blank() {
		return "", false
	}
	if name, ok = s.word(); !ok || !s.blank() {
		return "", false
	}
	if s.next('/') && !s.blank() {
		return "", false
	}
	if s.digits(); !s.blank() {
		return "", false
	}
	return strings.TrimSuffix(name, "."), len(s.rest) == 0 || s.rest[0] == ';'
}

// Claims reports whether a field claims to be written by a server whose fields keep refuses.
// refused are the names of such servers in lower case: a field that can't be read claims to be
// of each server that it mentions.
func Claims(value []byte, keep func(service string) bool, refused []string) bool {
	if name, ok := Service(value); ok {
		return !keep(name)
	}
	text := bytes.ToLower(bytes.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return r
	}, value))
	for _, name := range refused {
		if bytes.Contains(text, []byte(name)) {
			return true
		}
	}
	return false
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
