package syntax

import "strings"

// quoted reads a string in single or double quotes. Any kind of closing quote
// will do, and two of them stand for one.
func (p *parser) quoted() Expr {
	start := p.pos
	if quote := p.next(); quote == '\'' {
		return p.single(start)
	}
	opened := p.pos
	t := p.newParts(false)
	for {
		from := p.pos
		for p.pos < len(p.text) && p.text[p.pos] < 0x80 && p.text[p.pos] != '"' && p.text[p.pos] != '$' && p.text[p.pos] != '`' {
			p.pos++
		}
		t.addText(p.text[from:p.pos])
		switch r := p.peek(); r {
		case eof:
			panic(p.unclosed(start, opened))
		case '"':
			first := p.raw()
			if p.peek() != '"' {
				return t.expr(start)
			}
			p.next()
			t.addText(first)
		case '$':
			t.variable()
		case '`':
			p.pos++
			t.addRune(p.escaped())
		default:
			t.addText(p.raw())
		}
	}
}

func (p *parser) single(start int) Expr {
	opened := p.pos
	var text []byte
	for {
		from := p.pos
		for p.pos < len(p.text) && p.text[p.pos] < 0x80 && p.text[p.pos] != '\'' {
			p.pos++
		}
		if r := p.peek(); r == '\'' && text == nil {
			if end := p.pos; p.closesSingle() {
				return &String{Span: p.span(start), Value: p.text[from:end]}
			}
		}
		text = append(text, p.text[from:p.pos]...)
		switch r := p.peek(); r {
		case eof:
			panic(p.unclosed(start, opened))
		case '\'':
			if p.closesSingle() {
				return &String{Span: p.span(start), Value: string(text)}
			}
			text = append(text, p.raw()...)
			p.next()
		default:
			text = append(text, p.raw()...)
		}
	}
}

// closesSingle consumes a single quote that isn't doubled.
func (p *parser) closesSingle() bool {
	back := p.pos
	p.next()
	if p.peek() != '\'' {
		return true
	}
	p.pos = back
	return false
}

// unclosed is a string without its closing quote.
func (p *parser) unclosed(start, opened int) *Error {
	quote, _ := p.at(start)
	return p.ended(start, opened, "the string that starts here is never closed", "end it with "+string(quote))
}

// hereString reads @" … "@ or @' … '@. The text is the lines between, without
// the last line end.
func (p *parser) hereString() Expr {
	start := p.pos
	p.pos++
	quote := p.next()
	opened := p.pos
	for p.peek() == ' ' {
		p.next()
	}
	if !isNewline(p.peek()) {
		if p.peek() == eof {
			panic(p.ended(start, opened, "the here-string that starts here is never closed", "end it with "+string(quote)+"@ at the start of a line"))
		}
		panic(p.unexpected("a here-string's text starts on the next line"))
	}
	back := p.pos
	p.skipNewline()
	end, ok := p.hereEnd(back, quote)
	if !ok {
		panic(p.ended(start, opened, "the here-string that starts here is never closed", "end it with "+string(quote)+"@ at the start of a line"))
	}
	if end < p.pos { // no line between
		end = p.pos
	}
	if quote == '\'' {
		text := p.text[p.pos:end]
		p.pos = end
		p.hereClose()
		return &String{Span: p.span(start), Value: text}
	}
	return p.hereParts(start, end)
}

// hereParts expands the text of a here-string up to end. A sub-expression in
// it can't reach beyond.
func (p *parser) hereParts(start, end int) Expr {
	t := p.newParts(false)
	for p.pos < end {
		switch p.peek() {
		case '$':
			t.variable()
			if p.pos > end {
				panic(p.fail(start, start+2, "an expression in this here-string doesn't end inside it", ""))
			}
		case '`':
			p.pos++
			t.addRune(p.escaped())
		default:
			t.addText(p.raw())
		}
	}
	t.flush(p.pos)
	p.hereClose()
	return t.expr(start)
}

// hereEnd finds the line end before the closing quote and @, from the line end
// at pos on.
func (p *parser) hereEnd(pos int, quote rune) (end int, ok bool) {
	for pos < len(p.text) {
		next := strings.IndexAny(p.text[pos:], "\r\n")
		if next < 0 {
			return 0, false
		}
		end = pos + next
		pos = end + 1
		if p.text[end] == '\r' && pos < len(p.text) && p.text[pos] == '\n' {
			pos++
		}
		if r, size := p.at(pos); r == quote {
			if r, _ := p.at(pos + size); r == '@' {
				return end, true
			}
		}
	}
	return 0, false
}

// hereClose consumes the line end, the quote and the @.
func (p *parser) hereClose() {
	if isNewline(p.peek()) {
		p.skipNewline()
	}
	p.next()
	p.next()
}

// Quote returns a text as PowerShell would read it back: in single quotes,
// every quote in it doubled.
func Quote(text string) string {
	var b strings.Builder
	b.Grow(len(text) + 2)
	b.WriteByte('\'')
	for _, r := range text {
		if normal(r) == '\'' {
			b.WriteRune(r)
		}
		b.WriteRune(r)
	}
	b.WriteByte('\'')
	return b.String()
}
