package syntax

import "strings"

// statement reads one statement. What may follow it is not checked.
func (p *parser) statement() Statement {
	p.enter(p.pos)
	defer p.leave()
	if p.peek() == ':' && isLetter(p.peek2()) {
		return p.labelled()
	}
	word := p.word()
	if word != "" && p.keywordEnds(p.pos+len(word)) {
		low := strings.ToLower(word)
		if s := p.flowStatement(low); s != nil {
			return s
		}
		if r, ok := refusedWords[low]; ok {
			panic(p.fail(p.pos, p.pos+len(word), r.msg, r.fix))
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

// foreachStatement reports whether this is foreach (…), the statement, and not
// foreach { … }, the alias of ForEach-Object.
func (p *parser) foreachStatement(pos int) bool {
	back := p.pos
	defer func() { p.pos = back }()
	p.pos = pos
	p.skipNewlines()
	return p.peek() == '('
}

func (p *parser) ifStatement() Statement {
	start := p.pos
	n := &If{}
	for word := "if"; ; word = "elseif" {
		p.pos += len(word)
		cond := p.condition(word)
		body := p.block(word)
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
			panic(p.fail(from, p.pos+2, "else if is two statements", "write elseif, in one word"))
		}
		n.Else = p.block("else")
	}
	n.Span = p.span(start)
	return n
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
func (p *parser) condition(word string) Statement {
	p.skipNewlines()
	if p.peek() != '(' {
		panic(p.unexpected("a condition in parentheses must follow " + word))
	}
	return p.paren().Body
}

// block reads { statements } after a keyword.
func (p *parser) block(word string) *Block {
	p.skipNewlines()
	if p.peek() != '{' {
		panic(p.unexpected("a block in braces must follow " + word))
	}
	start := p.pos
	return &Block{Body: p.bracketed(1, '}'), Span: p.span(start)}
}

// bracketed reads an opening bracket of some bytes, statements and the closer.
func (p *parser) bracketed(opening int, closer rune) (body []Statement) {
	p.enter(p.pos)
	defer p.leave()
	p.within(opening, closer, false, func() { body = p.statements(closer) })
	return body
}

// close consumes the closer of the bracket at start.
func (p *parser) close(start, end int, closer rune) {
	switch r := p.peek(); {
	case r == closer:
		p.pos++
		return
	case r == eof:
		panic(p.ended(start, end, p.text[start:end]+" is never closed", "end it with "+string(closer)))
	}
	panic(p.unexpected(string(closer) + " must come before this, for the " + p.text[start:end] + " in line " + p.lineOf(start)))
}

// pipelineOrAssign reads a pipeline, or an assignment when its first stage
// turns out to be the target of one.
func (p *parser) pipelineOrAssign() Statement {
	start := p.pos
	first := p.element(true)
	if e, ok := first.(*ExprElement); ok {
		if assign := p.assign(start, e.Value); assign != nil {
			return assign
		}
		p.exprRedirection(e)
	}
	elements := []Element{first}
	for p.pipe() {
		if p.peek() == '|' {
			panic(p.fail(p.pos-1, p.pos+1, "|| is not supported", "use if"))
		}
		bar := p.pos
		p.skipNewlines()
		if p.peek() == eof {
			panic(p.ended(bar-1, bar, "nothing follows the |", ""))
		}
		elements = append(elements, p.element(false))
	}
	return &Pipeline{Span: p.over(start, elements[len(elements)-1]), Elements: elements}
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
func (p *parser) element(first bool) Element {
	if !p.startsExpr() {
		return p.command()
	}
	start := p.pos
	value := p.expr()
	if !first {
		panic(p.fail(start, p.pos, "an expression can only be the first stage of a pipeline",
			"a command, such as ForEach-Object { $_.Name }"))
	}
	return &ExprElement{Span: p.over(start, value), Value: value}
}

// startsExpr chooses the mode of a stage by its first character.
func (p *parser) startsExpr() bool {
	r, second := p.peek(), p.peek2()
	switch r {
	case '$', '"', '\'', '(', '{', '[', ',', '!', '+', '-':
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
func (p *parser) assign(start int, target Expr) Statement {
	p.skipSpace()
	for _, a := range assignOps {
		if !p.has(a.text) {
			continue
		}
		if strings.HasPrefix(p.text[p.pos:], "==") {
			panic(p.fail(p.pos, p.pos+2, "== is not an operator", "write -eq"))
		}
		if !assignable(target) {
			panic(p.fail(start, int(target.Where().Offset+target.Where().Length),
				"nothing can be assigned to this", "one variable, property or item: $x = …, $x.Name = …, $x[0] = …"))
		}
		op := p.pos
		p.skip(a.text)
		if a.text == "++" || a.text == "--" {
			return p.increment(start, op, target, a.op)
		}
		value := p.assigned(op)
		return &Assign{Span: p.over(start, value), Target: target, Op: a.op, Value: value}
	}
	return nil
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

// skip consumes a text that has found.
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
func (p *parser) assigned(op int) Statement {
	end := p.pos
	p.skipNewlines()
	switch p.peek() {
	case eof:
		panic(p.ended(op, end, "nothing follows the "+p.text[op:end], ""))
	case ';', ')', '}':
		panic(p.fail(op, end, "nothing follows the "+p.text[op:end], "write $null for nothing"))
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
