package syntax

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Widths of a snippet, in characters.
const (
	snippetIndent = "    "
	snippetWidth  = 100 // of the source line; a longer one is cut around the span
	snippetBefore = 40  // kept before the span when cutting
)

// Snippet returns the line of the span's start with the span underlined, on
// two lines, or "" for no place. A line that may hold a password is not
// shown, and the quoted texts of a script that makes passwords are blanked:
// an error must not carry them into a log. Characters that a terminal would
// act on are replaced.
func (s Span) Snippet() string {
	if s.Source == nil {
		return ""
	}
	number, start := s.Source.line(s.Offset)
	line := s.Source.lineText(number)
	from := min(int(s.Offset-start), len(line))
	to := min(from+int(s.Length), len(line))
	if s.Source.nearPassword(number) {
		return snippetIndent + "(the line is not shown: it may hold a password)"
	}
	shown := line
	if s.Source.secretive() {
		shown = blankQuoted(line)
	}
	before, marked, after := cut([]rune(shown), utf8.RuneCountInString(line[:from]), utf8.RuneCountInString(line[:to]))
	var b strings.Builder
	b.WriteString(snippetIndent)
	writeVisible(&b, before)
	writeVisible(&b, marked)
	writeVisible(&b, after)
	b.WriteByte('\n')
	b.WriteString(snippetIndent)
	for _, r := range before {
		if r != '\t' {
			r = ' '
		}
		b.WriteRune(r)
	}
	b.WriteByte('^')
	b.WriteString(strings.Repeat("~", max(len(marked)-1, 0)))
	return b.String()
}

// cut splits a line at the span and shortens what is long.
func cut(line []rune, from, to int) (before, marked, after []rune) {
	before, marked, after = line[:from], line[from:to], line[to:]
	if len(line) <= snippetWidth {
		return before, marked, after
	}
	dots := []rune("...")
	if len(before) > snippetBefore {
		before = append(dots[:3:3], before[len(before)-snippetBefore:]...)
	}
	if room := snippetWidth - len(before); len(marked) > room {
		return before, marked[:room], dots
	}
	if room := snippetWidth - len(before) - len(marked); len(after) > room {
		after = append(after[:room:room], dots...)
	}
	return before, marked, after
}

// writeVisible replaces what moves a cursor or reorders text.
func writeVisible(b *strings.Builder, text []rune) {
	for _, r := range text {
		if r != '\t' && r != ' ' && !unicode.IsPrint(r) {
			r = '?'
		}
		b.WriteRune(r)
	}
}

// nearPassword reports whether the line speaks of a password, or one that it
// is joined to by a backtick or a pipe.
func (s *Source) nearPassword(number int) bool {
	const reach = 50 // lines of one command
	first, last := number, number
	for ; first > 1 && number-first < reach && joins(s.lineText(first-1)); first-- {
	}
	for ; last-number < reach && joins(s.lineText(last)); last++ {
	}
	for n := first; n <= last; n++ {
		if mentionsPassword(s.lineText(n)) {
			return true
		}
	}
	return false
}

// joins reports whether a line is continued on the next.
func joins(line string) bool {
	line = strings.TrimRight(line, " \t")
	return strings.HasSuffix(line, "`") || strings.HasSuffix(line, "|") || strings.HasSuffix(line, ",")
}

// mentionsPassword finds ConvertTo-SecureString, -AsPlainText, -Password and
// variables named for one.
func mentionsPassword(text string) bool {
	return containsFold(text, "securestring") || containsFold(text, "plaintext") || containsFold(text, "password")
}

// containsFold is strings.Contains without regard to ASCII case; word is in
// lower case.
func containsFold(text, word string) bool {
	for i := 0; i+len(word) <= len(text); i++ {
		if text[i]|0x20 == word[0] && strings.EqualFold(text[i:i+len(word)], word) {
			return true
		}
	}
	return false
}

// blankQuoted replaces what stands between quotes, character by character.
func blankQuoted(line string) string {
	var b strings.Builder
	var open rune
	for _, r := range line {
		switch kind := normal(r); {
		case open == 0 && (kind == '"' || kind == '\''):
			open = kind
		case open != 0 && kind == open:
			open = 0
		case open != 0:
			r = '*'
		}
		b.WriteRune(r)
	}
	return b.String()
}
