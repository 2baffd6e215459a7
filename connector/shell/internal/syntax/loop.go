package syntax

import "strings"

// flowStatement reads the statement that a keyword begins; it returns nil if the word
// isn't one of these keywords.
func (p *parser) flowStatement(word string) Statement {
	start := p.pos
	switch word {
	case "if":
		return p.ifStatement()
	case "foreach":
		if p.foreachStatement(start + len(word)) {
			return p.loopStatement(start, "", word)
		}
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
		return p.jump(start, FlowKind(word))
	}
	return nil
}

// labelled reads :label and the loop that it names.
func (p *parser) labelled() Statement {
	start := p.pos
	p.pos++
	from := p.pos
	p.skipName()
	label := p.text[from:p.pos]
	p.skipNewlines()
	switch word := strings.ToLower(p.word()); word {
	case "while", "do", "for", "foreach", "switch":
		return p.loopStatement(start, label, word)
	}
	panic(p.fail(start, p.pos, "a loop or switch must follow the label "+label, ":outer foreach ($x in $list) { … }"))
}

// loopStatement reads the loop or switch whose keyword stands here.
func (p *parser) loopStatement(start int, label, word string) Statement {
	p.pos += len(word)
	switch word {
	case "while":
		return p.while(start, label)
	case "do":
		return p.do(start, label)
	case "for":
		return p.forLoop(start, label)
	case "foreach":
		return p.foreach(start, label)
	}
	return p.switchStatement(start, label)
}

func (p *parser) while(start int, label string) Statement {
	cond := p.condition("while")
	body := p.block("while")
	return &Loop{Span: p.span(start), Label: label, Cond: cond, Body: body}
}

func (p *parser) do(start int, label string) Statement {
	body := p.block("do")
	n := &Loop{Label: label, Body: body, After: true}
	word := "while"
	if !p.followedBy(word) {
		if word, n.Until = "until", true; !p.followedBy(word) {
			p.skipNewlines()
			panic(p.unexpected("while or until must follow the block of do"))
		}
	}
	p.pos += len(word)
	n.Cond = p.condition(word)
	n.Span = p.span(start)
	return n
}

// forLoop reads for (init; cond; step) { … }; each of the three may be missing.
func (p *parser) forLoop(start int, label string) Statement {
	p.skipNewlines()
	if p.peek() != '(' {
		panic(p.unexpected("three parts in parentheses must follow for"))
	}
	var parts [3]Statement
	p.within(1, ')', false, func() {
		for i := range parts {
			p.skipNewlines()
			if r := p.peek(); r != ';' && r != ')' {
				parts[i] = p.pipelineOrAssign()
			}
			p.skipNewlines()
			if i < 2 && p.peek() == ';' {
				p.pos++
			}
		}
	})
	body := p.block("for")
	return &Loop{Span: p.span(start), Label: label, Init: parts[0], Cond: parts[1], Step: parts[2], Body: body}
}

// foreach reads foreach ($variable in values) { … }.
func (p *parser) foreach(start int, label string) Statement {
	n := &ForEach{Label: label}
	p.skipNewlines()
	p.within(1, ')', false, func() {
		p.skipNewlines()
		if p.peek() != '$' {
			panic(p.unexpected("foreach takes ($variable in values)"))
		}
		v := p.variable()
		var ok bool
		if n.Variable, ok = v.(*Variable); !ok {
			panic(p.fail(int(v.Where().Offset), p.pos, "foreach needs a variable here", "foreach ($item in $list) { … }"))
		}
		if !p.followedBy("in") {
			p.skipNewlines()
			panic(p.unexpected("foreach takes ($variable in values)"))
		}
		p.pos += len("in")
		p.skipNewlines()
		n.In = p.pipelineOrAssign()
		p.skipNewlines()
	})
	n.Body = p.block("foreach")
	n.Span = p.span(start)
	return n
}

func (p *parser) switchStatement(start int, label string) Statement {
	n := &Switch{Label: label, Mode: Eq}
	p.switchFlags(n)
	n.On = p.condition("switch")
	p.skipNewlines()
	if p.peek() != '{' {
		panic(p.unexpected("clauses in braces must follow switch (…)"))
	}
	p.entries(1, func() { p.switchClause(n) })
	n.Span = p.span(start)
	return n
}

// entries reads what stands in braces, one entry after the other.
func (p *parser) entries(opening int, read func()) {
	p.within(opening, '}', false, func() {
		for p.skipSeparators(); p.peek() != '}' && p.peek() != eof; p.skipSeparators() {
			read()
		}
	})
}

// switchFlags reads -regex, -wildcard, -exact and -casesensitive.
func (p *parser) switchFlags(n *Switch) {
	for {
		p.skipNewlines()
		start := p.pos
		if p.peek() != '-' {
			return
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
			panic(p.fail(start, p.pos, "switch has no -"+word+" here", "use -regex, -wildcard, -exact or -casesensitive; switch (Get-Content …) goes through the lines of a file"))
		}
	}
}

func (p *parser) switchClause(n *Switch) {
	start := p.pos
	match := p.argPrimary()
	if p.pos == start {
		panic(p.unexpected("a value must stand before its block"))
	}
	body := p.block("a value of switch")
	if s, ok := match.(*String); ok && s.Bare && strings.EqualFold(s.Value, "default") {
		if n.Default != nil {
			panic(p.fail(start, start+len(s.Value), "switch has a default already", ""))
		}
		n.Default = body
		return
	}
	n.Clauses = append(n.Clauses, SwitchClause{Match: match, Body: body})
}

func (p *parser) try() Statement {
	start := p.pos
	p.pos += len("try")
	n := &Try{Body: p.block("try")}
	for p.followedBy("catch") {
		p.pos += len("catch")
		n.Catches = append(n.Catches, p.catch())
	}
	if p.followedBy("finally") {
		p.pos += len("finally")
		n.Finally = p.block("finally")
	}
	if n.Catches == nil && n.Finally == nil {
		end := p.pos
		p.skipNewlines()
		if p.peek() == eof {
			panic(p.ended(start, end, "try has neither catch nor finally", ""))
		}
		panic(p.fail(start, start+len("try"), "try has neither catch nor finally", "try { … } catch { … }"))
	}
	n.Span = p.span(start)
	return n
}

// catch reads the types of a catch and its block.
func (p *parser) catch() Catch {
	var c Catch
	for p.skipNewlines(); p.peek() == '['; p.skipNewlines() {
		c.Types = append(c.Types, p.typeName())
		p.comma()
	}
	c.Body = p.block("catch")
	return c
}

// flowWithValue reads what may follow return, exit and throw on the line.
func (p *parser) flowWithValue(start int, kind FlowKind) Statement {
	n := &Flow{Kind: kind}
	end := p.pos
	p.skipSpace()
	if !p.commandEnds() {
		n.Value = p.pipelineOrAssign()
		n.Span = p.over(start, n.Value)
		return n
	}
	p.pos = end
	n.Span = p.span(start)
	return n
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
