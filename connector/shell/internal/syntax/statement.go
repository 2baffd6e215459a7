package syntax

import "strings"

// statement reads one statement. What may follow it is not checked.
func (p *parser) statement() (Statement, *Error) {
	if err := p.enter(p.pos); err != nil {
		return nil, err
	}
	defer p.leave()
	if p.peek() == ':' && isLetter(p.peek2()) {
		return p.labelled()
	}
	word := p.word()
	if word != "" && p.keywordEnds(p.pos+len(word)) {
		switch low := strings.ToLower(word); low {
		case "if":
			return p.ifStatement()
		case "foreach":
			if p.foreachStatement(p.pos + len(word)) {
				loop, err := p.foreach()
				if err != nil {
					return nil, err
				}
				return loop, nil
			}
		default:
			if s, err := p.flowStatement(low); s != nil || err != nil {
				return s, err
			}
			if r, ok := refusedWords[low]; ok {
				return nil, p.fail(p.pos, p.pos+len(word), r.msg, r.supported)
			}
		}
	}
	return p.pipelineOrAssign()
}

// keywordEnds reports whether a word that ends at pos is a word of its own and
// not the beginning of a command's name.
func (p *parser) keywordEnds(pos int) bool {
	r, _ := p.at(pos)
	return endsWord(r) || r == '#' || r == '['
}

// foreachStatement tells foreach (…), the statement, from foreach { … }, the
// alias of ForEach-Object.
func (p *parser) foreachStatement(pos int) bool {
	back := p.pos
	defer func() { p.pos = back }()
	p.pos = pos
	p.skipNewlines()
	return p.peek() == '('
}

func (p *parser) ifStatement() (Statement, *Error) {
	start := p.pos
	n := &If{}
	for word := "if"; ; word = "elseif" {
		p.pos += len(word)
		cond, err := p.condition(word)
		if err != nil {
			return nil, err
		}
		body, err := p.block(word)
		if err != nil {
			return nil, err
		}
		n.Clauses = append(n.Clauses, IfClause{Cond: cond, Body: body})
		if !p.followedBy("elseif") {
			break
		}
	}
	if p.followedBy("else") {
		from := p.pos
		p.pos += len("else")
		p.skipNewlines()
		if strings.EqualFold(p.word(), "if") {
			return nil, p.fail(from, p.pos+2, "else if is two statements", "write elseif, in one word")
		}
		var err *Error
		if n.Else, err = p.block("else"); err != nil {
			return nil, err
		}
	}
	n.Span = p.span(start)
	return n, nil
}

// followedBy reports whether the next word, perhaps on a later line, is word,
// and goes there; otherwise it stays.
func (p *parser) followedBy(word string) bool {
	back := p.pos
	p.skipNewlines()
	if w := p.word(); strings.EqualFold(w, word) && p.keywordEnds(p.pos+len(w)) {
		return true
	}
	p.pos = back
	return false
}

// condition reads ( pipeline ) after a keyword.
func (p *parser) condition(word string) (Statement, *Error) {
	p.skipNewlines()
	if p.peek() != '(' {
		return nil, p.unexpected("a condition in parentheses must follow " + word)
	}
	paren, err := p.paren()
	if err != nil {
		return nil, err
	}
	return paren.Body, nil
}

// block reads { statements } after a keyword.
func (p *parser) block(word string) (*Block, *Error) {
	p.skipNewlines()
	if p.peek() != '{' {
		return nil, p.unexpected("a block in braces must follow " + word)
	}
	start := p.pos
	body, err := p.bracketed(1, '}')
	if err != nil {
		return nil, err
	}
	return &Block{Span: p.span(start), Body: body}, nil
}

// bracketed reads an opening bracket of some bytes, statements and the closer.
func (p *parser) bracketed(opening int, closer rune) ([]Statement, *Error) {
	start := p.pos
	if err := p.enter(start); err != nil {
		return nil, err
	}
	defer p.leave()
	p.pos += opening
	body := p.statements(closer)
	if err := p.close(start, start+opening, closer); err != nil {
		return nil, err
	}
	return body, nil
}

// close consumes the closer of the bracket at start.
func (p *parser) close(start, end int, closer rune) *Error {
	switch r := p.peek(); {
	case r == closer:
		p.pos++
		return nil
	case r == eof:
		return p.ended(start, end, p.text[start:end]+" is never closed", "end it with "+string(closer))
	}
	return p.unexpected(string(closer) + " must come before this, for the " + p.text[start:end] + " in line " + p.lineOf(start))
}

func (p *parser) foreach() (*ForEach, *Error) {
	start := p.pos
	p.pos += len("foreach")
	p.skipNewlines()
	open := p.pos
	p.pos++
	p.skipNewlines()
	if p.peek() != '$' {
		return nil, p.unexpected("foreach takes ($variable in values)")
	}
	v, err := p.variable()
	if err != nil {
		return nil, err
	}
	variable, ok := v.(*Variable)
	if !ok {
		return nil, p.fail(int(v.Where().Offset), p.pos, "foreach needs a variable here", "foreach ($item in $list) { … }")
	}
	if !p.followedBy("in") {
		p.skipNewlines()
		return nil, p.unexpected("foreach takes ($variable in values)")
	}
	p.pos += len("in")
	p.skipNewlines()
	in, err := p.pipelineOrAssign()
	if err != nil {
		return nil, err
	}
	p.skipNewlines()
	if err := p.close(open, open+1, ')'); err != nil {
		return nil, err
	}
	body, err := p.block("foreach")
	if err != nil {
		return nil, err
	}
	return &ForEach{Span: p.span(start), Variable: variable, In: in, Body: body}, nil
}

// pipelineOrAssign reads a pipeline, or an assignment when its first stage
// turns out to be the target of one.
func (p *parser) pipelineOrAssign() (Statement, *Error) {
	start := p.pos
	first, err := p.element(true)
	if err != nil {
		return nil, err
	}
	if e, ok := first.(*ExprElement); ok {
		assign, err := p.assign(start, e.Value)
		if assign != nil || err != nil {
			return assign, err
		}
		if err := p.exprRedirection(e); err != nil {
			return nil, err
		}
	}
	elements := []Element{first}
	for p.pipe() {
		if p.peek() == '|' {
			return nil, p.fail(p.pos-1, p.pos+1, "|| is not supported", "use if")
		}
		bar := p.pos
		p.skipNewlines()
		if p.peek() == eof {
			return nil, p.ended(bar-1, bar, "nothing follows the |", "")
		}
		e, err := p.element(false)
		if err != nil {
			return nil, err
		}
		elements = append(elements, e)
	}
	return &Pipeline{Span: p.over(start, elements[len(elements)-1]), Elements: elements}, nil
}

// pipe consumes a |, which may also start the next line.
func (p *parser) pipe() bool {
	p.skipSpace()
	back := p.pos
	p.skipNewlines()
	if p.peek() == '|' {
		p.pos++
		return true
	}
	p.pos = back
	return false
}

// element reads one stage of a pipeline.
func (p *parser) element(first bool) (Element, *Error) {
	if !p.startsExpr() {
		return p.command()
	}
	start := p.pos
	value, err := p.expr()
	if err != nil {
		return nil, err
	}
	if !first {
		return nil, p.fail(start, p.pos, "an expression can only be the first stage of a pipeline",
			"a command, such as ForEach-Object { $_.Name }")
	}
	return &ExprElement{Span: p.over(start, value), Value: value}, nil
}

// startsExpr chooses the mode of a stage by its first character.
func (p *parser) startsExpr() bool {
	r, second := p.peek(), p.peek2()
	switch r {
	case '$', '"', '\'', '(', '{', ',', '!', '+', '-':
		return true
	case '[':
		return true
	case '@':
		return second == '(' || second == '{' || second == '"' || second == '\''
	case '.':
		return isDigit(second)
	}
	return isDigit(r)
}

// assignOps are the assignment operators, longest first.
var assignOps = [...]struct {
	text string
	op   Operator
}{
	{"++", Add}, {"--", Sub}, {"+=", Add}, {"-=", Sub}, {"*=", Mul}, {"/=", Div}, {"%=", Mod}, {"=", Set},
}

// assign reads the rest of an assignment; it returns nil where no assignment follows.
func (p *parser) assign(start int, target Expr) (Statement, *Error) {
	p.skipSpace()
	for _, a := range assignOps {
		if !p.has(a.text) {
			continue
		}
		if strings.HasPrefix(p.text[p.pos:], "==") {
			return nil, p.fail(p.pos, p.pos+2, "== is not an operator", "write -eq")
		}
		if !assignable(target) {
			return nil, p.fail(start, int(target.Where().Offset+target.Where().Length),
				"nothing can be assigned to this", "one variable, property or item: $x = …, $x.Name = …, $x[0] = …")
		}
		op := p.pos
		p.skip(a.text)
		if a.text == "++" || a.text == "--" {
			return p.increment(start, op, target, a.op), nil
		}
		value, err := p.assigned(op)
		if err != nil {
			return nil, err
		}
		return &Assign{Span: p.over(start, value), Target: target, Op: a.op, Value: value}, nil
	}
	return nil, nil
}

// has reports whether the text follows, whatever dash was used.
func (p *parser) has(text string) bool {
	pos := p.pos
	for _, want := range text {
		r, size := p.at(pos)
		if r != want {
			return false
		}
		pos += size
	}
	return true
}

// skip consumes a text that has reported.
func (p *parser) skip(text string) {
	for range text {
		p.next()
	}
}

// increment makes $i++ an assignment of += 1.
func (p *parser) increment(start, op int, target Expr, operator Operator) Statement {
	one := &Number{Span: p.span(op), Value: int64(1), Text: "1"}
	value := &Pipeline{Span: one.Span, Elements: []Element{&ExprElement{Span: one.Span, Value: one}}}
	return &Assign{Span: p.span(start), Target: target, Op: operator, Value: value}
}

// assigned reads what stands to the right of an assignment operator.
func (p *parser) assigned(op int) (Statement, *Error) {
	end := p.pos
	p.skipNewlines()
	switch p.peek() {
	case eof:
		return nil, p.ended(op, end, "nothing follows the "+p.text[op:end], "")
	case ';', ')', '}':
		return nil, p.fail(op, end, "nothing follows the "+p.text[op:end], "$null stands for nothing")
	}
	return p.statement()
}

// assignable reports whether an expression names a place.
func assignable(e Expr) bool {
	switch e := e.(type) {
	case *Variable, *Member, *Index, *Null: // $null = … throws the value away
		return true
	case *Cast:
		_, ok := e.Value.(*Variable)
		return ok
	case *Array:
		for _, item := range e.Items {
			switch item.(type) {
			case *Variable, *Null:
			default:
				return false
			}
		}
		return len(e.Items) > 1
	}
	return false
}
