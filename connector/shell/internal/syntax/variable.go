package syntax

import "strings"

// scopes are the prefixes of a variable's name that mean something here.
var scopes = map[string]bool{"env": true, "global": true, "script": true, "local": true}

// variable reads a variable, $true, $false or $null.
func (p *parser) variable() Expr {
	start := p.pos
	p.next()
	if p.peek() == '{' {
		return p.bracedVariable(start)
	}
	from := p.pos
	if p.peek() == '?' { // whether the last command succeeded
		p.pos++
		return p.named(start, "", "?")
	}
	p.skipName()
	if p.pos == from {
		end := p.pos
		if r := p.peek(); r == '$' || r == '^' {
			end++
		}
		panic(p.fail(start, end, "this is not a variable", "write $name, ${name}, $env:NAME or $( … )"))
	}
	name, scope := p.text[from:p.pos], ""
	if p.peek() == ':' && isName(p.peek2()) {
		scope = strings.ToLower(name)
		p.pos++
		from = p.pos
		p.skipName()
		name = p.text[from:p.pos]
		if !scopes[scope] {
			panic(p.fail(start, p.pos, "this reads as the variable "+name+" of the drive "+scope+", which does not exist",
				"${"+scope+"}:… for a variable before a colon, or $env:NAME"))
		}
	}
	return p.named(start, scope, name)
}

func (p *parser) skipName() {
	for isName(p.peek()) {
		p.next()
	}
}

// bracedVariable reads the rest of ${name}, where a name may hold anything.
func (p *parser) bracedVariable(start int) Expr {
	p.pos++
	from := p.pos
	for r := p.peek(); r != '}'; r = p.peek() {
		if r == eof || isNewline(r) || r == '{' {
			panic(p.fail(start, p.pos, "the name of the variable is never closed", "${name}"))
		}
		p.next()
	}
	name, scope := p.text[from:p.pos], ""
	p.pos++
	if before, after, ok := strings.Cut(name, ":"); ok {
		scope, name = strings.ToLower(before), after
		if !scopes[scope] {
			panic(p.fail(start, p.pos, "files and drives can't be read as variables", "$env:NAME"))
		}
	}
	if name == "" {
		panic(p.fail(start, p.pos, "the variable has no name", "${name}"))
	}
	return p.named(start, scope, name)
}

// named returns the node of a variable's name.
func (p *parser) named(start int, scope, name string) Expr {
	at := p.span(start)
	if scope == "" {
		switch strings.ToLower(name) {
		case "true":
			return &Bool{Span: at, Value: true}
		case "false":
			return &Bool{Span: at}
		case "null":
			return &Null{Span: at}
		case "psitem":
			name = "_"
		}
	}
	return &Variable{Span: at, Scope: scope, Name: name}
}
