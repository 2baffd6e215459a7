package syntax

import (
	"unicode"
	"unicode/utf8"
)

// eof is the character after the last one.
const eof rune = -1

// normal returns the character that PowerShell reads a character as: quotes
// and dashes that a word processor made, and the many spaces.
func normal(r rune) rune {
	if r < utf8.RuneSelf {
		if r == '\v' || r == '\f' || r == '\t' {
			return ' '
		}
		return r
	}
	switch r {
	case '\u2018', '\u2019', '\u201A', '\u201B':
		return '\''
	case '\u201C', '\u201D', '\u201E':
		return '"'
	case '\u2013', '\u2014', '\u2015':
		return '-'
	case '\u0085', '\u2028', '\u2029':
		return ' '
	}
	if unicode.Is(unicode.Zs, r) {
		return ' '
	}
	return r
}

// at returns the normal character at an offset and its size in bytes.
func (p *parser) at(pos int) (rune, int) {
	if pos >= len(p.text) {
		return eof, 0
	}
	if c := p.text[pos]; c < utf8.RuneSelf {
		return normal(rune(c)), 1
	}
	r, size := utf8.DecodeRuneInString(p.text[pos:])
	return normal(r), size
}

// peek returns the next character.
func (p *parser) peek() rune {
	r, _ := p.at(p.pos)
	return r
}

// peek2 returns the character after the next one.
func (p *parser) peek2() rune {
	_, size := p.at(p.pos)
	r, _ := p.at(p.pos + size)
	return r
}

// next consumes one character.
func (p *parser) next() rune {
	r, size := p.at(p.pos)
	p.pos += size
	return r
}

func isNewline(r rune) bool { return r == '\n' || r == '\r' }

func isLetter(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r >= utf8.RuneSelf && unicode.IsLetter(r)
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// isName reports whether a character may stand in the name of a variable or
// a property.
func isName(r rune) bool {
	return isLetter(r) || isDigit(r) || r == '_' || r >= utf8.RuneSelf && unicode.IsDigit(r)
}

// endsWord reports whether a character ends a bareword wherever it stands.
func endsWord(r rune) bool {
	switch r {
	case eof, ' ', '\n', '\r', '{', '}', '(', ')', ';', ',', '|', '&', '<', '>':
		return true
	}
	return false
}

// wordEnds reports whether a word ends here: also at a backtick that continues
// the line.
func (p *parser) wordEnds() bool {
	r := p.peek()
	return endsWord(r) || r == '`' && isNewline(p.peek2())
}

// skipSpace skips spaces, comments and lines continued by a backtick.
func (p *parser) skipSpace() {
	for {
		switch r, size := p.at(p.pos); {
		case r == ' ':
			p.pos += size
		case r == '#':
			p.skipLine()
		case r == '<' && p.peek2() == '#':
			p.skipBlockComment()
		case r == '`' && isNewline(p.peek2()):
			p.pos++
			p.skipNewline()
		default:
			return
		}
	}
}

func (p *parser) skipLine() {
	for p.pos < len(p.text) && !isNewline(rune(p.text[p.pos])) {
		p.pos++
	}
}

func (p *parser) skipNewline() {
	if p.next() == '\r' && p.peek() == '\n' {
		p.pos++
	}
}

func (p *parser) skipBlockComment() {
	start := p.pos
	for p.pos += 2; p.pos < len(p.text); p.pos++ {
		if p.text[p.pos] == '#' && p.pos+1 < len(p.text) && p.text[p.pos+1] == '>' {
			p.pos += 2
			return
		}
	}
	p.report(p.ended(start, start+2, "the comment that starts here is never closed", "end it with #>"))
}

// skipNewlines skips spaces, comments and line ends.
func (p *parser) skipNewlines() {
	for {
		p.skipSpace()
		if !isNewline(p.peek()) {
			return
		}
		p.skipNewline()
	}
}

// skipSeparators skips what may stand between statements.
func (p *parser) skipSeparators() {
	for {
		p.skipNewlines()
		if p.peek() != ';' {
			return
		}
		p.pos++
	}
}

// word returns the ASCII letters at the current place, "" if none; it
// consumes nothing.
func (p *parser) word() string {
	end := p.pos
	for end < len(p.text) && isLetter(rune(p.text[end])) && p.text[end] < utf8.RuneSelf {
		end++
	}
	return p.text[p.pos:end]
}
