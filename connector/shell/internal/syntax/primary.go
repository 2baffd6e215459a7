package syntax

// primary reads a value without operators in expression mode.
func (p *parser) primary() Expr {
	second := p.peek2()
	switch r := p.peek(); {
	case r == '$' && second == '(':
		return p.subExpr()
	case r == '$':
		return p.variable()
	case r == '"' || r == '\'':
		return p.quoted()
	case r == '(':
		return p.paren()
	case r == '{':
		return p.scriptBlock()
	case r == '@' && second == '(':
		start := p.pos
		return &ArrayExpr{Body: p.bracketed(2, ')'), Span: p.span(start)}
	case r == '@' && second == '{':
		return p.hash()
	case r == '@' && (second == '"' || second == '\''):
		return p.hereString()
	case isDigit(r) || r == '.' && isDigit(second):
		return p.number()
	}
	panic(p.unexpectedValue())
}

// unexpectedValue is a mistake where a value should be.
func (p *parser) unexpectedValue() *Error {
	start := p.pos
	if p.peek() != eof && !isLetter(p.peek()) {
		return p.unexpected("")
	}
	for !endsWord(p.peek()) {
		p.next()
	}
	if p.pos == start {
		return p.unexpected("a value is missing")
	}
	return p.fail(start, p.pos, "text needs quotes in an expression", "put quotes around it")
}

func (p *parser) subExpr() Expr {
	start := p.pos
	return &SubExpr{Body: p.bracketed(2, ')'), Span: p.span(start)}
}

func (p *parser) scriptBlock() Expr {
	start := p.pos
	return &ScriptBlock{Body: p.bracketed(1, '}'), Span: p.span(start)}
}

// paren reads ( pipeline ).
func (p *parser) paren() *Paren {
	start := p.pos
	p.enter(start)
	defer p.leave()
	var body Statement
	p.within(1, ')', false, func() {
		p.skipNewlines()
		switch p.peek() {
		case ')':
			panic(p.fail(start, p.pos+1, "nothing stands between the parentheses", "@() for an empty list"))
		case eof:
			panic(p.ended(start, start+1, "( is never closed", "end it with )"))
		}
		body = p.pipelineOrAssign()
		p.skipNewlines()
	})
	return &Paren{Span: p.span(start), Body: body}
}

// hash reads @{ key = value; … }.
func (p *parser) hash() Expr {
	start := p.pos
	p.enter(start)
	defer p.leave()
	n := &Hash{}
	p.entries(2, func() { n.Entries = append(n.Entries, p.hashEntry()) })
	n.Span = p.span(start)
	return n
}

func (p *parser) hashEntry() HashEntry {
	key := p.hashKey()
	p.skipSpace()
	if p.peek() != '=' {
		panic(p.unexpected("= must follow the key"))
	}
	op := p.pos
	p.pos++
	value := p.assigned(op)
	p.statementEnd(value)
	return HashEntry{Key: key, Value: value}
}

// hashKey reads a key: a name without quotes is text.
func (p *parser) hashKey() Expr {
	start := p.pos
	if r := p.peek(); isLetter(r) || r == '_' {
		for r := p.peek(); isName(r) || r == '-'; r = p.peek() {
			p.next()
		}
		return &String{Span: p.span(start), Value: p.text[start:p.pos], Bare: true}
	}
	return p.unary()
}

// postfix reads properties, method calls and indexes, which follow a value
// without a space.
func (p *parser) postfix(start int, e Expr) Expr {
	for chain := 0; ; chain++ {
		r, second := p.peek(), p.peek2()
		switch {
		case r == '.' && second != '.' && second != ' ' && second != eof && !isNewline(second):
			e = p.member(start, e)
		case r == '[':
			e = p.index(start, e)
		case r == ':' && second == ':':
			panic(p.fail(p.pos, p.pos+2, "static members stand after a type", "[ipaddress]::Parse('10.0.0.1')"))
		default:
			return e
		}
		if chain == maxChain {
			panic(p.tooLong())
		}
	}
}

// member reads .Name or .Name(…).
func (p *parser) member(start int, object Expr) Expr {
	p.pos++
	from := p.pos
	name := ""
	switch r := p.peek(); {
	case r == '"' || r == '\'' || r == '$' || r == '(':
		e := p.primary()
		s, ok := e.(*String)
		if !ok {
			return &Member{Span: p.span(start), Object: object, Computed: e, NameSpan: p.place(from, p.pos)}
		}
		name = s.Value
	case isName(r):
		p.skipName()
		name = p.text[from:p.pos]
	default:
		panic(p.unexpected("the name of a property must follow the dot"))
	}
	at := p.place(from, p.pos)
	switch p.peek() {
	case '(':
		return &Call{Object: object, Name: name, NameSpan: at, Args: p.arguments(), Span: p.span(start)}
	case '{':
		return &Call{Object: object, Name: name, NameSpan: at, Args: []Expr{p.scriptBlock()}, Span: p.span(start)}
	}
	return &Member{Span: p.span(start), Object: object, Name: name, NameSpan: at}
}

// arguments reads the arguments of a method in their parentheses.
func (p *parser) arguments() (args []Expr) {
	p.within(1, ')', true, func() {
		p.skipNewlines()
		for p.peek() != ')' {
			args = append(args, p.expr())
			if !p.comma() {
				p.skipNewlines()
				return
			}
		}
	})
	return args
}

// index reads [index].
func (p *parser) index(start int, object Expr) Expr {
	n, open := &Index{Object: object}, p.pos
	p.within(1, ']', false, func() {
		p.skipNewlines()
		if p.peek() == ']' {
			panic(p.fail(open, p.pos+1, "the index is missing", "[0] for the first item, [-1] for the last"))
		}
		n.Index = p.expr()
		p.skipNewlines()
	})
	n.Span = p.span(start)
	return n
}
