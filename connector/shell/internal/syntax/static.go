package syntax

import "strings"

// typeName reads [type], where a type may have types of its own in brackets.
func (p *parser) typeName() TypeName {
	start := p.pos
	p.pos++
	p.skipSpace()
	from, open := p.pos, 0
	for {
		r := p.peek()
		switch {
		case isName(r) || r == '.' || r == '+':
		case r == '[':
			open++
		case r == ']' && open > 0:
			open--
		case r == ',' && open > 0 || r == '`' && isDigit(p.peek2()):
		default:
			name := strings.TrimSpace(p.text[from:p.pos])
			p.skipSpace()
			if p.peek() != ']' || name == "" || !isLetter(firstRune(name)) {
				panic(p.fail(start, max(p.pos, start+1), "this is not a type; text needs quotes here", "'[::]:25'"))
			}
			p.pos++
			return TypeName{Span: p.place(from, from+len(name)), Name: name}
		}
		p.next()
	}
}

// cast reads [type]value, [type]::Name and [type]::Name(…).
func (p *parser) cast() Expr {
	start := p.pos
	typ := p.typeName()
	if strings.EqualFold(typ.Name, "PS") {
		panic(p.fail(start, p.pos, "this looks like the shell's prompt, copied along with a command", "remove the prompt"))
	}
	if p.has("::") {
		e := p.static(start, typ)
		return p.postfix(start, e)
	}
	p.skipSpace()
	if !p.startsValue() {
		panic(p.fail(start, p.pos, "a type must be followed by the value to convert", "[int]'25', [string]$x"))
	}
	value := p.unary()
	return &Cast{Span: p.over(start, value), Type: typ.Name, TypeSpan: typ.Span, Value: value}
}

// static reads ::Name and ::Name(…) after a type.
func (p *parser) static(start int, typ TypeName) Expr {
	p.pos += len("::")
	from := p.pos
	p.skipName()
	n := &Static{Type: typ, Name: p.text[from:p.pos], NameSpan: p.place(from, p.pos)}
	if n.Name == "" {
		panic(p.unexpected("the name of a member must follow ::"))
	}
	if p.peek() == '(' {
		n.Call = true
		n.Args = p.arguments()
	}
	n.Span = p.span(start)
	return n
}

// typeValue reads [type] after -is and -as.
func (p *parser) typeValue() Expr {
	start := p.pos
	if p.peek() != '[' {
		panic(p.unexpected("a type in brackets must follow"))
	}
	typ := p.typeName()
	return &Type{Span: p.span(start), Name: typ.Name}
}
