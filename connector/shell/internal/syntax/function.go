package syntax

import "strings"

// function reads function Name($a, $b) { … } and filter Name { … }.
func (p *parser) function(word string) (Statement, *Error) {
	start := p.pos
	p.pos += len(word)
	p.skipNewlines()
	n := &Function{}
	if err := p.functionName(n); err != nil {
		return nil, err
	}
	p.skipNewlines()
	var head head
	if p.peek() == '(' {
		if err := p.params(&head); err != nil {
			return nil, err
		}
		p.skipNewlines()
	}
	if p.peek() != '{' {
		return nil, p.unexpected("a block in braces must follow " + word)
	}
	if err := p.functionBody(n, &head, word == "filter"); err != nil {
		return nil, err
	}
	n.Params, n.Advanced = head.params, head.advanced
	n.Span = p.span(start)
	return n, nil
}

// functionName reads the name, without the scope that may stand before it.
func (p *parser) functionName(n *Function) *Error {
	from := p.pos
	for r := p.peek(); isName(r) || r == '-' || r == '.' || r == ':'; r = p.peek() {
		p.next()
	}
	n.Name, n.NameSpan = p.text[from:p.pos], p.place(from, p.pos)
	if scope, name, ok := strings.Cut(n.Name, ":"); ok && scopes[strings.ToLower(scope)] {
		n.Name = name
	}
	if !commandLike(strings.ReplaceAll(n.Name, ".", "_")) {
		return p.unexpected("the name of the function must follow")
	}
	return nil
}

func (p *parser) functionBody(n *Function, head *head, filter bool) *Error {
	open := p.pos
	if err := p.enter(open); err != nil {
		return err
	}
	defer p.leave()
	p.pos++
	p.head(head)
	divided, err := p.parts(n)
	if err != nil {
		return err
	}
	from := p.pos
	if !divided {
		block := &Block{Body: p.statements('}')}
		block.Span = p.span(from)
		if n.End = block; filter {
			n.Process, n.End = block, nil
		}
	}
	p.skipSeparators()
	return p.close(open, open+1, '}')
}

// parts reads begin, process and end with their blocks. It reports whether there
// was one.
func (p *parser) parts(n *Function) (divided bool, err *Error) {
	for {
		back := p.pos
		p.skipSeparators()
		word := strings.ToLower(p.word())
		var into **Block
		switch word {
		case "begin":
			into = &n.Begin
		case "process":
			into = &n.Process
		case "end":
			into = &n.End
		}
		if into == nil || !p.keywordEnds(p.pos+len(word)) {
			p.pos = back
			return divided, nil
		}
		if *into != nil {
			return true, p.fail(p.pos, p.pos+len(word), "there is a block "+word+" already", "")
		}
		p.pos += len(word)
		if *into, err = p.block(word); err != nil {
			return true, err
		}
		divided = true
	}
}

// head is what may stand first in a script or function.
type head struct {
	params   []*Param
	advanced bool
}

// head reads attributes and param (…), if they are here.
func (p *parser) head(h *head) {
	start := p.pos
	p.skipSeparators()
	for p.peek() == '[' {
		if a, ok := p.attribute(); !ok {
			p.pos = start
			return
		} else if isBinding(a.Name) {
			h.advanced = true
		}
		p.skipSeparators()
	}
	word := p.word()
	if !strings.EqualFold(word, "param") || !p.keywordEnds(p.pos+len(word)) {
		p.pos = start
		return
	}
	from := p.pos
	p.pos += len(word)
	p.skipNewlines()
	if err := p.params(h); err != nil {
		p.report(err)
		p.recoverFrom(from, max(p.pos, int(err.Offset)))
	}
}

func isBinding(name string) bool {
	return strings.EqualFold(name, "CmdletBinding") || strings.EqualFold(name, "Parameter")
}

// params reads the parameters in their parentheses.
func (p *parser) params(h *head) *Error {
	open := p.pos
	if p.peek() != '(' {
		return p.unexpected("parameters in parentheses must follow")
	}
	outer := p.noComma
	p.noComma = true
	defer func() { p.noComma = outer }()
	p.pos++
	for p.skipNewlines(); p.peek() != ')'; p.skipNewlines() {
		n, err := p.param()
		if err != nil {
			return err
		}
		for _, a := range n.Attributes {
			h.advanced = h.advanced || isBinding(a.Name)
		}
		for _, other := range h.params {
			if strings.EqualFold(other.Name, n.Name) {
				return &Error{Span: n.Span, Msg: "there is a parameter $" + n.Name + " already"}
			}
		}
		h.params = append(h.params, n)
		p.skipNewlines()
		if p.peek() != ',' {
			break
		}
		p.pos++
	}
	return p.close(open, open+1, ')')
}

// param reads one parameter with its attributes, type and default.
func (p *parser) param() (*Param, *Error) {
	start := p.pos
	if err := p.enter(start); err != nil {
		return nil, err
	}
	defer p.leave()
	n := &Param{}
	for p.skipNewlines(); p.peek() == '['; p.skipNewlines() {
		if a, ok := p.attribute(); ok {
			n.Attributes = append(n.Attributes, a)
			continue
		}
		name, err := p.typeName()
		if err != nil {
			return nil, err
		}
		n.Type = &name
	}
	from := p.pos
	if p.peek() != '$' || !isName(p.peek2()) {
		return nil, p.unexpected("a parameter is a variable: $Server")
	}
	p.next()
	p.skipName()
	n.Name = p.text[from+1 : p.pos]
	end := p.pos
	p.skipNewlines()
	if p.peek() != '=' {
		p.pos = end
		n.Span = p.span(start)
		return n, nil
	}
	p.pos++
	p.skipNewlines()
	var err *Error
	if n.Default, err = p.expr(); err != nil {
		return nil, err
	}
	n.Span = p.over(start, n.Default)
	return n, nil
}

// attribute reads [Name(…)]. Where no attribute begins it reads nothing.
func (p *parser) attribute() (a Attribute, ok bool) {
	start := p.pos
	defer func() {
		if !ok {
			p.pos = start
		}
	}()
	p.pos++
	p.skipSpace()
	from := p.pos
	for r := p.peek(); isName(r) || r == '.'; r = p.peek() {
		p.next()
	}
	a.Name = p.text[from:p.pos]
	p.skipSpace()
	if a.Name == "" || p.peek() != '(' || p.depth == maxDepth {
		return a, false
	}
	outer := p.noComma
	p.noComma = true
	defer func() { p.noComma = outer }()
	p.pos++
	for p.skipNewlines(); p.peek() != ')'; p.skipNewlines() {
		if !p.attributeArg(&a) {
			return a, false
		}
		p.skipNewlines()
		if p.peek() != ',' {
			break
		}
		p.pos++
	}
	if p.peek() != ')' {
		return a, false
	}
	p.pos++
	p.skipSpace()
	if p.peek() != ']' {
		return a, false
	}
	p.pos++
	a.Span = p.span(start)
	return a, true
}

// attributeArg reads Name, Name = value or a value.
func (p *parser) attributeArg(a *Attribute) bool {
	if !isLetter(p.peek()) {
		value, err := p.expr()
		if err != nil {
			return false
		}
		a.Args = append(a.Args, value)
		return true
	}
	from := p.pos
	p.skipName()
	arg := AttributeArg{Name: p.text[from:p.pos]}
	p.skipNewlines()
	if p.peek() == '=' {
		p.pos++
		p.skipNewlines()
		value, err := p.expr()
		if err != nil {
			return false
		}
		arg.Value = value
	}
	a.Named = append(a.Named, arg)
	return true
}
