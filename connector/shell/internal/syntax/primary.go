package syntax

// primary reads a value without operators in expression mode.
func (p *parser) primary() (Expr, *Error) {
	second := p.peek2()
	switch r := p.peek(); {
	case r == '$' && second == '(':
		return p.subExpr()
	case r == '$':
		return p.variable()
	case r == '"' || r == '\'':
		return p.quoted()
	case r == '(':
		return p.parenExpr()
	case r == '{':
		return p.scriptBlock()
	case r == '@' && second == '(':
		start := p.pos
		body, err := p.bracketed(2, ')')
		if err != nil {
			return nil, err
		}
		return &ArrayExpr{Span: p.span(start), Body: body}, nil
	case r == '@' && second == '{':
		return p.hash()
	case r == '@' && (second == '"' || second == '\''):
		return p.hereString()
	case isDigit(r) || r == '.' && isDigit(second):
		return p.number()
	}
	return nil, p.unexpectedValue()
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
	return p.fail(start, p.pos, "text needs quotes in an expression", "quotes around it")
}

func (p *parser) subExpr() (Expr, *Error) {
	start := p.pos
	body, err := p.bracketed(2, ')')
	if err != nil {
		return nil, err
	}
	return &SubExpr{Span: p.span(start), Body: body}, nil
}

func (p *parser) scriptBlock() (Expr, *Error) {
	start := p.pos
	body, err := p.bracketed(1, '}')
	if err != nil {
		return nil, err
	}
	return &ScriptBlock{Span: p.span(start), Body: body}, nil
}

func (p *parser) parenExpr() (Expr, *Error) {
	n, err := p.paren()
	if err != nil {
		return nil, err
	}
	return n, nil
}

// paren reads ( pipeline ).
func (p *parser) paren() (*Paren, *Error) {
	start := p.pos
	if err := p.enter(start); err != nil {
		return nil, err
	}
	defer p.leave()
	outer := p.noComma
	p.noComma = false
	defer func() { p.noComma = outer }()
	p.pos++
	p.skipNewlines()
	switch p.peek() {
	case ')':
		return nil, p.fail(start, p.pos+1, "nothing stands between the parentheses", "@() for an empty list")
	case eof:
		return nil, p.ended(start, start+1, "( is never closed", "end it with )")
	}
	body, err := p.pipelineOrAssign()
	if err != nil {
		return nil, err
	}
	p.skipNewlines()
	if err := p.close(start, start+1, ')'); err != nil {
		return nil, err
	}
	return &Paren{Span: p.span(start), Body: body}, nil
}

// hash reads @{ key = value; … }.
func (p *parser) hash() (Expr, *Error) {
	start := p.pos
	if err := p.enter(start); err != nil {
		return nil, err
	}
	defer p.leave()
	outer := p.noComma
	p.noComma = false
	defer func() { p.noComma = outer }()
	p.pos += 2
	n := &Hash{}
	for {
		p.skipSeparators()
		if r := p.peek(); r == '}' || r == eof {
			if err := p.close(start, start+2, '}'); err != nil {
				return nil, err
			}
			n.Span = p.span(start)
			return n, nil
		}
		entry, err := p.hashEntry()
		if err != nil {
			return nil, err
		}
		n.Entries = append(n.Entries, entry)
	}
}

func (p *parser) hashEntry() (HashEntry, *Error) {
	key, err := p.hashKey()
	if err != nil {
		return HashEntry{}, err
	}
	p.skipSpace()
	if p.peek() != '=' {
		return HashEntry{}, p.unexpected("= must follow the key")
	}
	op := p.pos
	p.pos++
	value, err := p.assigned(op)
	if err != nil {
		return HashEntry{}, err
	}
	if err := p.statementEnd(value); err != nil {
		return HashEntry{}, err
	}
	return HashEntry{Key: key, Value: value}, nil
}

// hashKey reads a key: a name without quotes is text.
func (p *parser) hashKey() (Expr, *Error) {
	start := p.pos
	if r := p.peek(); isLetter(r) || r == '_' {
		for r := p.peek(); isName(r) || r == '-'; r = p.peek() {
			p.next()
		}
		return &String{Span: p.span(start), Value: p.text[start:p.pos], Bare: true}, nil
	}
	return p.unary()
}

// postfixed reads a value and what is attached to it.
func (p *parser) postfixed(read func() (Expr, *Error)) (Expr, *Error) {
	start := p.pos
	e, err := read()
	if err != nil {
		return nil, err
	}
	return p.postfix(start, e)
}

// postfix reads properties, method calls and indexes, which follow a value
// without a space.
func (p *parser) postfix(start int, e Expr) (Expr, *Error) {
	for chain := 0; ; chain++ {
		r, second := p.peek(), p.peek2()
		var err *Error
		switch {
		case r == '.' && second != '.' && second != ' ' && second != eof && !isNewline(second):
			e, err = p.member(start, e)
		case r == '[':
			e, err = p.index(start, e)
		case r == ':' && second == ':':
			return nil, p.fail(p.pos, p.pos+2, "static members stand after a type", "[ipaddress]::Parse('10.0.0.1')")
		default:
			return e, nil
		}
		if err != nil {
			return nil, err
		}
		if chain == maxChain {
			return nil, p.tooLong()
		}
	}
}

// member reads .Name or .Name(…).
func (p *parser) member(start int, object Expr) (Expr, *Error) {
	p.pos++
	from := p.pos
	name := ""
	switch r := p.peek(); {
	case r == '"' || r == '\'' || r == '$' || r == '(':
		e, err := p.primary()
		if err != nil {
			return nil, err
		}
		s, ok := e.(*String)
		if !ok {
			return &Member{Span: p.span(start), Object: object, Computed: e, NameSpan: p.place(from, p.pos)}, nil
		}
		name = s.Value
	case isName(r):
		p.skipName()
		name = p.text[from:p.pos]
	default:
		return nil, p.unexpected("the name of a property must follow the dot")
	}
	at := p.place(from, p.pos)
	switch p.peek() {
	case '(':
		return p.call(start, object, name, at)
	case '{':
		block, err := p.scriptBlock()
		if err != nil {
			return nil, err
		}
		return &Call{Span: p.span(start), Object: object, Name: name, NameSpan: at, Args: []Expr{block}}, nil
	}
	return &Member{Span: p.span(start), Object: object, Name: name, NameSpan: at}, nil
}

// call reads a method with its arguments.
func (p *parser) call(start int, object Expr, name string, at Span) (Expr, *Error) {
	args, err := p.arguments()
	if err != nil {
		return nil, err
	}
	return &Call{Span: p.span(start), Object: object, Name: name, NameSpan: at, Args: args}, nil
}

// arguments reads the arguments of a method in their parentheses.
func (p *parser) arguments() ([]Expr, *Error) {
	open := p.pos
	outer := p.noComma
	p.noComma = true
	defer func() { p.noComma = outer }()
	p.pos++
	var args []Expr
	p.skipNewlines()
	for p.peek() != ')' {
		arg, err := p.expr()
		if err != nil {
			return nil, err
		}
		args = append(args, arg)
		if !p.comma() {
			p.skipNewlines()
			break
		}
	}
	return args, p.close(open, open+1, ')')
}

// index reads [index].
func (p *parser) index(start int, object Expr) (Expr, *Error) {
	open := p.pos
	outer := p.noComma
	p.noComma = false
	defer func() { p.noComma = outer }()
	p.pos++
	p.skipNewlines()
	if p.peek() == ']' {
		return nil, p.fail(open, p.pos+1, "the index is missing", "[0] for the first item, [-1] for the last")
	}
	i, err := p.expr()
	if err != nil {
		return nil, err
	}
	p.skipNewlines()
	if err := p.close(open, open+1, ']'); err != nil {
		return nil, err
	}
	return &Index{Span: p.span(start), Object: object, Index: i}, nil
}
