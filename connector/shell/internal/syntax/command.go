package syntax

import (
	"strings"
)

// command reads a command and its arguments.
func (p *parser) command() (*Command, *Error) {
	start := p.pos
	if err := p.refusedCommand(); err != nil {
		return nil, err
	}
	for !p.wordEnds() {
		p.next()
	}
	name, err := p.commandName(start)
	if err != nil {
		return nil, err
	}
	c := &Command{Span: p.span(start), Name: name, NameSpan: p.place(start, p.pos)}
	for {
		c.Length = int32(p.pos - start)
		p.skipSpace()
		if p.commandEnds() {
			return c, nil
		}
		if err := p.commandPart(c); err != nil {
			return nil, err
		}
	}
}

// commandName checks the word since start.
func (p *parser) commandName(start int) (string, *Error) {
	word := p.text[start:p.pos]
	name := strings.Map(func(r rune) rune {
		if n := normal(r); n == '-' {
			return n
		}
		return r
	}, word)
	if name == "%" || name == "?" || name == "." {
		return name, nil
	}
	if name == "" {
		return "", p.unexpected("")
	}
	plain := name
	if snapIn, rest, ok := strings.Cut(name, `\`); ok && strings.Contains(rest, "-") && commandLike(strings.ReplaceAll(snapIn, ".", "")) {
		plain = rest // the cmdlet with the name of its module before it
	}
	if !commandLike(plain) {
		return "", p.notCommand(start, name)
	}
	return name, nil
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
	return p.fail(start, p.pos, "this is not the name of a command", "a cmdlet, or text in quotes")
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
func (p *parser) commandPart(c *Command) *Error {
	start := p.pos
	r, second := p.peek(), p.peek2()
	switch {
	case r == '&':
		return p.fail(start, start+1, "& is not supported", "text with & in it needs quotes")
	case r == ',':
		return p.fail(start, start+1, "a value is missing before the comma", "")
	case r == '>' || isDigit(r) && second == '>' || r == '*' && second == '>':
		stream, err := p.redirection()
		c.ToNull = append(c.ToNull, stream)
		return err
	case r == '-' && (isLetter(second) || second == '_' || second == '?'):
		arg, err := p.parameter()
		c.Args = append(c.Args, arg)
		return err
	case r == '@' && isName(second):
		arg, err := p.splat()
		c.Args = append(c.Args, arg)
		return err
	}
	value, err := p.argList()
	if err != nil {
		return err
	}
	c.Args = append(c.Args, &Argument{Span: value.Where(), Value: value})
	return nil
}

// parameter reads -Name or -Name:value.
func (p *parser) parameter() (*Parameter, *Error) {
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
			return nil, p.fail(start, p.pos, "a value must follow the colon", "")
		}
		var err *Error
		if n.Value, err = p.argList(); err != nil {
			return nil, err
		}
	case r == ',':
		return nil, p.fail(p.pos, p.pos+1, "a value is missing before the comma", "")
	case !p.wordEnds():
		return nil, p.unexpected("a space or a colon must follow the parameter " + p.text[start:p.pos])
	}
	n.Span = p.span(start)
	return n, nil
}

// splat reads @variable.
func (p *parser) splat() (*Splat, *Error) {
	start := p.pos
	p.next()
	from := p.pos
	for isName(p.peek()) {
		p.next()
	}
	if !p.wordEnds() {
		return nil, p.unexpected("a splatted variable ends with its name; text that starts with @ needs quotes")
	}
	v := &Variable{Span: p.span(from), Name: p.text[from:p.pos]}
	return &Splat{Span: p.span(start), Variable: v}, nil
}

// argList reads an argument: one value, or several with commas between.
func (p *parser) argList() (Expr, *Error) {
	start := p.pos
	first, err := p.arg()
	if err != nil {
		return nil, err
	}
	var items []Expr
	for p.comma() {
		if items == nil {
			items = []Expr{first}
		}
		if p.commandEnds() {
			if p.peek() == eof {
				return nil, p.ended(start, p.pos, "a value must follow the comma", "")
			}
			return nil, p.unexpected("a value must follow the comma")
		}
		item, err := p.arg()
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	if items == nil {
		return first, nil
	}
	return &Array{Span: p.span(start), Items: items}, nil
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
func (p *parser) arg() (Expr, *Error) {
	if err := p.enter(p.pos); err != nil {
		return nil, err
	}
	defer p.leave()
	e, err := p.argPrimary()
	if err != nil {
		return nil, err
	}
	if s, ok := e.(*String); ok && s.Bare {
		return e, nil // a parenthesis may follow: PSCredential("a", $b)
	}
	if !p.argEnds() {
		return nil, p.unexpected("text runs on after a value: one value made of both needs quotes around all of it")
	}
	return e, nil
}

// argEnds reports whether a value ends here. A brace may follow at once, as in
// where{…}.
func (p *parser) argEnds() bool {
	return p.wordEnds() && p.peek() != '('
}

func (p *parser) argPrimary() (Expr, *Error) {
	second := p.peek2()
	switch r := p.peek(); r {
	case '"', '\'':
		return p.postfixed(p.quoted)
	case '$':
		if second == '(' {
			return p.postfixed(p.subExpr)
		}
		return p.argVariable()
	case '(':
		return p.postfixed(func() (Expr, *Error) { return p.parenExpr() })
	case '{':
		return p.scriptBlock()
	case '@':
		if second == '(' || second == '{' || second == '"' || second == '\'' {
			return p.postfixed(p.primary)
		}
		return nil, p.unexpected("")
	case '<', '>':
		return nil, p.unexpected("")
	case '&':
		return nil, p.unexpected("")
	}
	return p.bareword()
}

// argVariable reads an argument that starts with a variable: alone, with its
// properties, or as the beginning of a word ($server\Default).
func (p *parser) argVariable() (Expr, *Error) {
	start := p.pos
	v, err := p.variable()
	if err != nil {
		return nil, err
	}
	if r := p.peek(); p.wordEnds() || r == '.' || r == '[' || r == ':' {
		return p.postfix(start, v)
	}
	p.pos = start
	return p.bareword()
}

// redirection reads > $null and its kin.
func (p *parser) redirection() (Stream, *Error) {
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
			return stream, nil
		}
	}
	return 0, p.fail(start, end, "output can't be redirected to a file or another stream",
		"> $null; or Export-Csv, Export-Clixml to write a file; text with > in it needs quotes")
}

// exprRedirection reads > $null after an expression.
func (p *parser) exprRedirection(e *ExprElement) *Error {
	if p.peek() != '>' {
		return nil
	}
	start := p.pos
	if _, err := p.redirection(); err != nil {
		return p.fail(start, start+1, "> is not an operator", "write -gt to compare")
	}
	e.ToNull = true
	e.Span = p.span(int(e.Offset))
	return nil
}
