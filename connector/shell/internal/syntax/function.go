package syntax

import "strings"

// function reads function Name($a, $b) { … } and filter Name { … }.
func (p *parser) function(word string) Statement {
	start := p.pos
	p.pos += len(word)
	p.skipNewlines()
	n := &Function{}
	p.functionName(n)
	p.skipNewlines()
	var head head
	if p.peek() == '(' {
		p.params(&head)
		p.skipNewlines()
	}
	if p.peek() != '{' {
		panic(p.unexpected("a block in braces must follow " + word))
	}
	p.functionBody(n, &head, word == "filter")
	n.Params, n.Advanced = head.params, head.advanced
	n.Span = p.span(start)
	return n
}

// functionName reads the name, without the scope that may stand before it.
func (p *parser) functionName(n *Function) {
	from := p.pos
	for r := p.peek(); isName(r) || r == '-' || r == '.' || r == ':'; r = p.peek() {
		p.next()
	}
	n.Name, n.NameSpan = p.text[from:p.pos], p.place(from, p.pos)
	if scope, name, ok := strings.Cut(n.Name, ":"); ok && scopes[strings.ToLower(scope)] {
		n.Name = name
	}
	if !commandLike(strings.ReplaceAll(n.Name, ".", "_")) {
		panic(p.unexpected("the name of the function must follow"))
	}
}

func (p *parser) functionBody(n *Function, head *head, filter bool) {
	p.enter(p.pos)
	defer p.leave()
	p.within(1, '}', false, func() {
		p.head(head)
		divided := p.parts(n)
		from := p.pos
		if !divided {
			block := &Block{Body: p.statements('}')}
			block.Span = p.span(from)
			if n.End = block; filter {
				n.Process, n.End = block, nil
			}
		}
		p.skipSeparators()
	})
}

// parts reads begin, process and end with their blocks. It reports whether there
// was one.
func (p *parser) parts(n *Function) (divided bool) {
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
			return divided
		}
		if *into != nil {
			panic(p.fail(p.pos, p.pos+len(word), "there is a block "+word+" already", ""))
		}
		p.pos += len(word)
		*into = p.block(word)
		divided = true
	}
}

// head is the part that may stand first in a script or function.
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
	if err := p.attempt(func() { p.params(h) }); err != nil {
		p.report(err)
		p.recoverFrom(from, max(p.pos, int(err.Offset)))
	}
}

func isBinding(name string) bool {
	return strings.EqualFold(name, "CmdletBinding") || strings.EqualFold(name, "Parameter")
}

// params reads the parameters in their parentheses.
func (p *parser) params(h *head) {
	if p.peek() != '(' {
		panic(p.unexpected("parameters in parentheses must follow"))
	}
	p.eachBetweenCommas(func() {
		n := p.param()
		for _, a := range n.Attributes {
			h.advanced = h.advanced || isBinding(a.Name)
		}
		for _, other := range h.params {
			if strings.EqualFold(other.Name, n.Name) {
				panic(&Error{Span: n.Span, Msg: "there is a parameter $" + n.Name + " already"})
			}
		}
		h.params = append(h.params, n)
	})
}

// eachBetweenCommas reads a list in parentheses; read reads one entry.
func (p *parser) eachBetweenCommas(read func()) {
	p.within(1, ')', true, func() {
		for p.skipNewlines(); p.peek() != ')'; p.skipNewlines() {
			read()
			p.skipNewlines()
			if p.peek() != ',' {
				return
			}
			p.pos++
		}
	})
}

// param reads one parameter with its attributes, type and default.
func (p *parser) param() *Param {
	start := p.pos
	p.enter(start)
	defer p.leave()
	n := &Param{}
	for p.skipNewlines(); p.peek() == '['; p.skipNewlines() {
		if a, ok := p.attribute(); ok {
			n.Attributes = append(n.Attributes, a)
			continue
		}
		name := p.typeName()
		n.Type = &name
	}
	from := p.pos
	if p.peek() != '$' || !isName(p.peek2()) {
		panic(p.unexpected("a parameter is a variable: $Server"))
	}
	p.next()
	p.skipName()
	n.Name = p.text[from+1 : p.pos]
	end := p.pos
	p.skipNewlines()
	if p.peek() != '=' {
		p.pos = end
		n.Span = p.span(start)
		return n
	}
	p.pos++
	p.skipNewlines()
	n.Default = p.expr()
	n.Span = p.over(start, n.Default)
	return n
}

// attribute reads [Name(…)]. Where no attribute begins it reads nothing.
func (p *parser) attribute() (a Attribute, ok bool) {
	start := p.pos
	mistake := p.attempt(func() {
		p.pos++
		p.skipSpace()
		from := p.pos
		for r := p.peek(); isName(r) || r == '.'; r = p.peek() {
			p.next()
		}
		a.Name = p.text[from:p.pos]
		p.skipSpace()
		if a.Name == "" || p.peek() != '(' || p.depth == maxDepth {
			panic(p.unexpected(""))
		}
		p.eachBetweenCommas(func() { p.attributeArg(&a) })
		p.skipSpace()
		p.close(start, start+1, ']')
		a.Span = p.span(start)
	})
	if mistake != nil {
		p.pos = start
	}
	return a, mistake == nil
}

// attributeArg reads Name, Name = value or a value.
func (p *parser) attributeArg(a *Attribute) {
	if !isLetter(p.peek()) {
		a.Args = append(a.Args, p.expr())
		return
	}
	from := p.pos
	p.skipName()
	arg := AttributeArg{Name: p.text[from:p.pos]}
	p.skipNewlines()
	if p.peek() == '=' {
		p.pos++
		p.skipNewlines()
		arg.Value = p.expr()
	}
	a.Named = append(a.Named, arg)
}
