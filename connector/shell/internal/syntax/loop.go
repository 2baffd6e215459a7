package syntax

import "strings"

// flowStatement reads the statement that a keyword begins; it returns nil if the word
// isn't one of these keywords.
func (p *parser) flowStatement(word string) (Statement, *Error) {
	start := p.pos
	switch word {
	case "while", "do", "for", "switch":
		return p.loopStatement(start, "", word)
	case "try":
		return p.try()
	case "function", "filter":
		return p.function(word)
	case "return", "exit", "throw":
		p.pos += len(word)
		return p.flowWithValue(start, FlowKind(word))
	case "break", "continue":
		p.pos += len(word)
		return p.jump(start, FlowKind(word)), nil
	}
	return nil, nil
}

// labelled reads :label and the loop that it names.
func (p *parser) labelled() (Statement, *Error) {
	start := p.pos
	p.pos++
	from := p.pos
	p.skipName()
	label := p.text[from:p.pos]
	p.skipNewlines()
	word := strings.ToLower(p.word())
	if word == "foreach" {
		loop, err := p.foreach()
		if err != nil {
			return nil, err
		}
		loop.Label, loop.Span = label, p.span(start)
		return loop, nil
	}
	switch word {
	case "while", "do", "for", "switch":
		return p.loopStatement(start, label, word)
	}
	return nil, p.fail(start, p.pos, "a loop or switch must follow the label "+label, ":outer foreach ($x in $list) { … }")
}

// loopStatement reads the loop or switch whose keyword stands here.
func (p *parser) loopStatement(start int, label, word string) (Statement, *Error) {
	p.pos += len(word)
	switch word {
	case "while":
		return p.while(start, label)
	case "do":
		return p.do(start, label)
	case "for":
		return p.forLoop(start, label)
	}
	return p.switchStatement(start, label)
}

func (p *parser) while(start int, label string) (Statement, *Error) {
	cond, err := p.condition("while")
	if err != nil {
		return nil, err
	}
	body, err := p.block("while")
	if err != nil {
		return nil, err
	}
	return &Loop{Span: p.span(start), Label: label, Cond: cond, Body: body}, nil
}

func (p *parser) do(start int, label string) (Statement, *Error) {
	body, err := p.block("do")
	if err != nil {
		return nil, err
	}
	n := &Loop{Label: label, Body: body, After: true}
	word := "while"
	if !p.followedBy(word) {
		if word, n.Until = "until", true; !p.followedBy(word) {
			p.skipNewlines()
			return nil, p.unexpected("while or until must follow the block of do")
		}
	}
	p.pos += len(word)
	if n.Cond, err = p.condition(word); err != nil {
		return nil, err
	}
	n.Span = p.span(start)
	return n, nil
}

// forLoop reads for (init; cond; step) { … }; each of the three may be missing.
func (p *parser) forLoop(start int, label string) (Statement, *Error) {
	p.skipNewlines()
	open := p.pos
	if p.peek() != '(' {
		return nil, p.unexpected("three parts in parentheses must follow for")
	}
	p.pos++
	var parts [3]Statement
	for i := range parts {
		p.skipNewlines()
		if r := p.peek(); r != ';' && r != ')' {
			part, err := p.pipelineOrAssign()
			if err != nil {
				return nil, err
			}
			parts[i] = part
		}
		p.skipNewlines()
		if i < 2 && p.peek() == ';' {
			p.pos++
		}
	}
	if err := p.close(open, open+1, ')'); err != nil {
		return nil, err
	}
	body, err := p.block("for")
	if err != nil {
		return nil, err
	}
	return &Loop{Span: p.span(start), Label: label, Init: parts[0], Cond: parts[1], Step: parts[2], Body: body}, nil
}

func (p *parser) switchStatement(start int, label string) (Statement, *Error) {
	n := &Switch{Label: label, Mode: Eq}
	if err := p.switchFlags(n); err != nil {
		return nil, err
	}
	on, err := p.condition("switch")
	if err != nil {
		return nil, err
	}
	n.On = on
	p.skipNewlines()
	open := p.pos
	if p.peek() != '{' {
		return nil, p.unexpected("clauses in braces must follow switch (…)")
	}
	p.pos++
	for {
		p.skipSeparators()
		if r := p.peek(); r == '}' || r == eof {
			break
		}
		if err := p.switchClause(n); err != nil {
			return nil, err
		}
	}
	if err := p.close(open, open+1, '}'); err != nil {
		return nil, err
	}
	n.Span = p.span(start)
	return n, nil
}

// switchFlags reads -regex and its kin.
func (p *parser) switchFlags(n *Switch) *Error {
	for {
		p.skipNewlines()
		start := p.pos
		if p.peek() != '-' {
			return nil
		}
		p.next()
		word := p.word()
		p.pos += len(word)
		switch strings.ToLower(word) {
		case "regex":
			n.Mode = Match
		case "wildcard":
			n.Mode = Like
		case "exact":
			n.Mode = Eq
		case "casesensitive":
			n.CaseSensitive = true
		default:
			return p.fail(start, p.pos, "switch has no -"+word+" here", "-regex, -wildcard, -exact, -casesensitive; switch (Get-Content …) goes through the lines of a file")
		}
	}
}

func (p *parser) switchClause(n *Switch) *Error {
	start := p.pos
	match, err := p.argPrimary()
	if err != nil {
		return err
	}
	if p.pos == start {
		return p.unexpected("a value must stand before its block")
	}
	body, err := p.block("a value of switch")
	if err != nil {
		return err
	}
	if s, ok := match.(*String); ok && s.Bare && strings.EqualFold(s.Value, "default") {
		if n.Default != nil {
			return p.fail(start, start+len(s.Value), "switch has a default already", "")
		}
		n.Default = body
		return nil
	}
	n.Clauses = append(n.Clauses, SwitchClause{Match: match, Body: body})
	return nil
}

func (p *parser) try() (Statement, *Error) {
	start := p.pos
	p.pos += len("try")
	body, err := p.block("try")
	if err != nil {
		return nil, err
	}
	n := &Try{Body: body}
	for p.followedBy("catch") {
		p.pos += len("catch")
		c, err := p.catch()
		if err != nil {
			return nil, err
		}
		n.Catches = append(n.Catches, c)
	}
	if p.followedBy("finally") {
		p.pos += len("finally")
		if n.Finally, err = p.block("finally"); err != nil {
			return nil, err
		}
	}
	if n.Catches == nil && n.Finally == nil {
		end := p.pos
		p.skipNewlines()
		if p.peek() == eof {
			return nil, p.ended(start, end, "try has neither catch nor finally", "")
		}
		return nil, p.fail(start, start+len("try"), "try has neither catch nor finally", "try { … } catch { … }")
	}
	n.Span = p.span(start)
	return n, nil
}

// catch reads the types of a catch and its block.
func (p *parser) catch() (Catch, *Error) {
	var c Catch
	for p.skipNewlines(); p.peek() == '['; p.skipNewlines() {
		name, err := p.typeName()
		if err != nil {
			return c, err
		}
		c.Types = append(c.Types, name)
		if p.comma() {
			continue
		}
	}
	var err *Error
	c.Body, err = p.block("catch")
	return c, err
}

// flowWithValue reads what may follow return, exit and throw on the line.
func (p *parser) flowWithValue(start int, kind FlowKind) (Statement, *Error) {
	n := &Flow{Kind: kind}
	end := p.pos
	p.skipSpace()
	if !p.commandEnds() {
		value, err := p.pipelineOrAssign()
		if err != nil {
			return nil, err
		}
		n.Value = value
		n.Span = p.over(start, value)
		return n, nil
	}
	p.pos = end
	n.Span = p.span(start)
	return n, nil
}

// jump reads the label that may follow break and continue.
func (p *parser) jump(start int, kind FlowKind) Statement {
	n := &Flow{Kind: kind}
	end := p.pos
	p.skipSpace()
	if from := p.pos; isLetter(p.peek()) {
		p.skipName()
		n.Label, end = p.text[from:p.pos], p.pos
	}
	p.pos = end
	n.Span = p.span(start)
	return n
}
