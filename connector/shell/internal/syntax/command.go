package syntax

import (
	"strings"
)

// command reads a command and its arguments.
func (p *parser) command() *Command {
	start := p.pos
	p.refusedCommand()
	for !p.wordEnds() {
		p.next()
	}
	name := p.commandName(start)
	c := &Command{Span: p.span(start), Name: name, NameSpan: p.place(start, p.pos)}
	for {
		c.Length = int32(p.pos - start)
		p.skipSpace()
		if p.commandEnds() {
			return c
		}
		p.commandPart(c)
	}
}

// commandName checks the word since start.
func (p *parser) commandName(start int) string {
	word := p.text[start:p.pos]
	name := strings.Map(func(r rune) rune {
		if n := normal(r); n == '-' {
			return n
		}
		return r
	}, word)
	if name == "%" || name == "?" || name == "." {
		return name
	}
	if name == "" {
		panic(p.unexpected(""))
	}
	plain := name
	if snapIn, rest, ok := strings.Cut(name, `\`); ok && strings.Contains(rest, "-") && commandLike(strings.ReplaceAll(snapIn, ".", "")) {
		plain = rest // the cmdlet with the name of its module before it
	}
	if !commandLike(plain) {
		panic(p.notCommand(start, name))
	}
	return name
}

// commandLike reports whether a text could be the name of a command.
func commandLike(name string) bool {
	for i, r := range name {
		if !isName(r) && (r != '-' || i == 0) {
			return false
		}
	}
	return name != ""
}

// notCommand says why a word can't be the name of a command.
func (p *parser) notCommand(start int, name string) *Error {
	switch low := strings.ToLower(name); {
	case strings.ContainsAny(name, `\/`) || strings.HasSuffix(low, ".exe") || strings.HasSuffix(low, ".ps1") ||
		strings.HasSuffix(low, ".cmd") || strings.HasSuffix(low, ".bat"):
		return p.fail(start, p.pos, "programs and other scripts are not run", "give several scripts to be read in order")
	case strings.ContainsAny(name, "\"'“”‘’$`"):
		return p.fail(start, p.pos, "the name of a command must be written plainly", "Get-ReceiveConnector")
	case strings.HasPrefix(name, "@"):
		return p.fail(start, p.pos, "splatted parameters need a command before them", "New-ReceiveConnector @params")
	}
	return p.fail(start, p.pos, "this is not the name of a command", "write a cmdlet, or text in quotes")
}

// commandEnds reports whether no more arguments follow.
func (p *parser) commandEnds() bool {
	switch r := p.peek(); r {
	case eof, '\n', '\r', ';', '|', ')', '}':
		return true
	}
	return false
}

// commandPart reads one argument, parameter or redirection.
func (p *parser) commandPart(c *Command) {
	start := p.pos
	r, second := p.peek(), p.peek2()
	switch {
	case r == '&':
		panic(p.fail(start, start+1, "& is not supported", "put quotes around text with & in it"))
	case r == ',':
		panic(p.fail(start, start+1, "a value is missing before the comma", ""))
	case r == '>' || isDigit(r) && second == '>' || r == '*' && second == '>':
		c.ToNull = append(c.ToNull, p.redirection())
	case r == '-' && (isLetter(second) || second == '_' || second == '?'):
		c.Args = append(c.Args, p.parameter())
	case r == '@' && isName(second):
		c.Args = append(c.Args, p.splat())
	default:
		value := p.argList()
		c.Args = append(c.Args, &Argument{Span: value.Where(), Value: value})
	}
}

// parameter reads -Name or -Name:value.
func (p *parser) parameter() *Parameter {
	start := p.pos
	p.next()
	from := p.pos
	for r := p.peek(); isName(r) || r == '-' || r == '?'; r = p.peek() {
		p.next()
	}
	n := &Parameter{Name: p.text[from:p.pos]}
	switch r := p.peek(); {
	case r == ':':
		p.pos++
		p.skipSpace()
		if p.commandEnds() {
			panic(p.fail(start, p.pos, "a value must follow the colon", ""))
		}
		n.Value = p.argList()
	case r == ',':
		panic(p.fail(p.pos, p.pos+1, "a value is missing before the comma", ""))
	case !p.wordEnds():
		panic(p.unexpected("a space or a colon must follow the parameter " + p.text[start:p.pos]))
	}
	n.Span = p.span(start)
	return n
}

// splat reads @variable.
func (p *parser) splat() *Splat {
	start := p.pos
	p.next()
	from := p.pos
	for isName(p.peek()) {
		p.next()
	}
	if !p.wordEnds() {
		panic(p.unexpected("a splatted variable ends with its name; text that starts with @ needs quotes"))
	}
	v := &Variable{Span: p.span(from), Name: p.text[from:p.pos]}
	return &Splat{Span: p.span(start), Variable: v}
}

// argList reads an argument: one value, or several with commas between.
func (p *parser) argList() Expr {
	start := p.pos
	first := p.arg()
	var items []Expr
	for p.comma() {
		if items == nil {
			items = []Expr{first}
		}
		if p.commandEnds() {
			if p.peek() == eof {
				panic(p.ended(start, p.pos, "a value must follow the comma", ""))
			}
			panic(p.unexpected("a value must follow the comma"))
		}
		item := p.arg()
		items = append(items, item)
	}
	if items == nil {
		return first
	}
	return &Array{Span: p.span(start), Items: items}
}

// comma consumes a comma with the space and line ends around it; without one
// it stays.
func (p *parser) comma() bool {
	back := p.pos
	p.skipSpace()
	if p.peek() != ',' {
		p.pos = back
		return false
	}
	p.pos++
	p.skipNewlines()
	return true
}

// arg reads one value in argument mode.
func (p *parser) arg() Expr {
	p.enter(p.pos)
	defer p.leave()
	e := p.argPrimary()
	if s, ok := e.(*String); ok && s.Bare {
		return e // a parenthesis may follow: PSCredential("a", $b)
	}
	if !p.wordEnds() || p.peek() == '(' { // a brace may follow at once: where{…}
		panic(p.unexpected("text runs on after a value: one value made of both needs quotes around all of it"))
	}
	return e
}

func (p *parser) argPrimary() Expr {
	start, second := p.pos, p.peek2()
	switch r := p.peek(); {
	case r == '{':
		return p.scriptBlock()
	case r == '$' && second != '(':
		return p.argVariable()
	case r == '@' && second != '(' && second != '{' && second != '"' && second != '\'', r == '<', r == '>', r == '&':
		panic(p.unexpected(""))
	case r == '"', r == '\'', r == '$', r == '(', r == '@':
		return p.postfix(start, p.primary())
	}
	return p.bareword()
}

// argVariable reads an argument that starts with a variable: alone, with its
// properties, or as the beginning of a word ($server\Default).
func (p *parser) argVariable() Expr {
	start := p.pos
	v := p.variable()
	if r := p.peek(); p.wordEnds() || r == '.' || r == '[' || r == ':' {
		return p.postfix(start, v)
	}
	p.pos = start
	return p.bareword()
}

// redirection reads > $null, 2> $null and *> $null.
func (p *parser) redirection() Stream {
	start := p.pos
	stream := StreamOutput
	switch r := p.peek(); {
	case r == '*':
		stream = StreamAll
		p.pos++
	case isDigit(r):
		stream = Stream(r - '0')
		p.pos++
	}
	p.pos++
	if p.peek() == '>' {
		p.pos++
	}
	end := p.pos
	p.skipSpace()
	if p.has("$null") || p.has("$NULL") || p.has("$Null") {
		p.pos += len("$null")
		if endsWord(p.peek()) && stream <= StreamVerbose {
			return stream
		}
	}
	panic(p.fail(start, end, "output can't be redirected to a file or another stream",
		"> $null; or Export-Csv, Export-Clixml to write a file; text with > in it needs quotes"))
}

// exprRedirection reads > $null after an expression.
func (p *parser) exprRedirection(e *ExprElement) {
	if p.peek() != '>' {
		return
	}
	start := p.pos
	if p.attempt(func() { p.redirection() }) != nil {
		panic(p.fail(start, start+1, "> is not an operator", "write -gt to compare"))
	}
	e.ToNull = true
	e.Span = p.span(int(e.Offset))
}
