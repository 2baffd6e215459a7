package syntax

import (
	"strings"
	"unicode"
)

// bareword reads text without quotes in argument mode. Quotes, backticks and
// variables may stand in the middle of it, as in C:\"Program Files" or
// $server\Default. A plain one that reads as a number is a number.
func (p *parser) bareword() Expr {
	start := p.pos
	for p.pos < len(p.text) && plainWord(p.text[p.pos]) {
		p.pos++
	}
	if p.wordEnds() && p.pos > start {
		word := p.text[start:p.pos]
		if n, ok := parseNumber(word); ok {
			return &Number{Span: p.span(start), Value: n, Text: word}
		}
		return &String{Span: p.span(start), Value: word, Bare: true}
	}
	p.pos = start
	return p.mixedWord()
}

// plainWord holds for the bytes of a word that mean themselves and don't end
// it.
func plainWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte(`-_.:/\*+=[]!%#@^~?`, c) >= 0
}

// mixedWord reads a bareword of several parts.
func (p *parser) mixedWord() Expr {
	start := p.pos
	parts := p.newParts(true)
	for {
		r := p.peek()
		switch {
		case p.wordEnds():
			if p.pos == start {
				panic(p.unexpected(""))
			}
			return parts.expr(start)
		case r == '"' || r == '\'':
			quoted := p.quoted()
			parts.addExpr(quoted)
		case r == '$':
			parts.variable()
		case r == '`':
			p.refuseStrayBacktick()
			p.pos++
			parts.addRune(p.escaped())
		case !unicode.IsPrint(r):
			panic(p.unexpected(""))
		default:
			parts.addText(p.raw())
		}
	}
}

// raw consumes one character and returns it as it was written.
func (p *parser) raw() string {
	start := p.pos
	p.next()
	return p.text[start:p.pos]
}

// refuseStrayBacktick refuses a backtick before spaces that end the line: it looks
// like a continuation and isn't one.
func (p *parser) refuseStrayBacktick() {
	pos := p.pos + 1
	r, size := p.at(pos)
	for ; r == ' '; r, size = p.at(pos) {
		pos += size
	}
	switch {
	case r == eof && pos == p.pos+1:
		panic(p.ended(p.pos, p.pos+1, "nothing follows the backtick", ""))
	case pos > p.pos+1 && (isNewline(r) || r == eof):
		panic(p.fail(p.pos, pos, "the spaces after the backtick keep it from continuing the line", "remove the spaces at the end of the line"))
	}
}

// escaped reads the character after a backtick.
func (p *parser) escaped() rune {
	start := p.pos
	switch r := p.next(); r {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case '0':
		return 0
	case 'a':
		return '\a'
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'v':
		return '\v'
	}
	for _, r := range p.text[start:p.pos] {
		return r
	}
	return eof
}

// parts collects a string that may have variables in it.
type parts struct {
	p     *parser
	bare  bool
	list  []Expr
	text  []byte
	begin int // where text began in the source
}

func (p *parser) newParts(bare bool) *parts {
	return &parts{p: p, bare: bare, begin: p.pos}
}

func (t *parts) addText(s string) { t.text = append(t.text, s...) }

func (t *parts) addRune(r rune) {
	if r != eof {
		t.text = append(t.text, string(r)...)
	}
}

// flush makes a part of the text so far, which ends in the source at end.
func (t *parts) flush(end int) {
	if len(t.text) > 0 {
		t.p.nodes++
		t.list = append(t.list, &String{Span: t.p.place(t.begin, end), Value: string(t.text)})
		t.text = t.text[:0]
	}
}

// addExpr adds a string that stood inside the word.
func (t *parts) addExpr(e Expr) {
	switch e := e.(type) {
	case *String:
		t.addText(e.Value)
	case *Expand:
		t.flush(int(e.Offset))
		t.list = append(t.list, e.Parts...)
		t.begin = t.p.pos
	}
}

// variable adds what the dollar sign at the current place starts: a variable,
// a sub-expression, or only itself.
func (t *parts) variable() {
	p := t.p
	start := p.pos
	var e Expr
	switch second := p.peek2(); {
	case second == '(':
		e = p.subExpr()
	case second == '$' || second == '?' || second == '^':
		panic(p.fail(start, start+2, "$"+string(second)+" is a variable here, which is not supported",
			"put single quotes around the text, or a backtick before the $"))
	case isName(second) || second == '{':
		e = p.variable()
	default:
		p.pos++
		t.addText("$")
		return
	}
	t.flush(start)
	switch e := e.(type) {
	case *Bool:
		t.addBool(e)
	case *Null:
	default:
		t.list = append(t.list, e)
	}
	t.begin = p.pos
}

// addBool adds the text of $true or $false.
func (t *parts) addBool(b *Bool) {
	text := "False"
	if b.Value {
		text = "True"
	}
	t.list = append(t.list, &String{Span: b.Span, Value: text})
}

// expr returns the whole as an expression that started at start.
func (t *parts) expr(start int) Expr {
	if len(t.list) == 0 {
		return &String{Span: t.p.span(start), Value: string(t.text), Bare: t.bare}
	}
	t.flush(t.p.pos)
	return &Expand{Span: t.p.span(start), Parts: t.list, Bare: t.bare}
}
