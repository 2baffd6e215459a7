package syntax

import (
	"fmt"
	"strings"
)

// Limits of a script. They are far above what people write, and keep a
// hostile script from exhausting the reader.
const (
	MaxSource = 32 << 20  // bytes of a script
	maxNodes  = 4_000_000 // nodes of its tree
	maxDepth  = 200       // brackets and operators inside each other
	maxChain  = 1000      // operators in a row: 1+1+1…, and .a.a.a…
	maxErrors = 20        // reported for one script
)

// parser reads a source by recursive descent, straight from its characters:
// what a character means depends on the mode, so there are no tokens to make
// beforehand. Its functions panic with the first mistake, an *Error; attempt
// returns it, and statements continues with the next statement.
type parser struct {
	src     *Source
	text    string
	pos     int
	depth   int
	nodes   int
	noComma bool // inside the arguments of a method: a comma ends one
	errs    Errors
}

// Parse reads a script. The error is Errors, every mistake with its place;
// there is no script then. Parse is safe for concurrent use, and the tree
// shares no memory with src.
func Parse(file string, src []byte) (*Script, error) {
	if len(src) > MaxSource {
		return nil, Errors{{
			Span: Span{Source: newSource(file, "")},
			Msg:  fmt.Sprintf("the script is larger than %d MB", MaxSource>>20),
		}}
	}
	source, bad := decode(file, src)
	if bad != nil {
		return nil, Errors{bad}
	}
	p := &parser{src: source, text: source.Text}
	script := p.script()
	if len(p.errs) > 0 {
		return nil, p.errs
	}
	return script, nil
}

// script reads all of the source. The blocks of a script that is divided into
// begin, process and end are its statements, one block after the other: nothing
// comes through a pipeline.
func (p *parser) script() *Script {
	var head head
	p.head(&head)
	s := &Script{Source: p.src, Params: head.params}
	var divided Function
	if err := p.attempt(func() { p.parts(&divided) }); err != nil {
		p.report(err)
		return s
	}
	for _, block := range []*Block{divided.Begin, divided.Process, divided.End} {
		if block != nil {
			s.Body = append(s.Body, block.Body...)
		}
	}
	s.Body = append(s.Body, p.statements(eof)...)
	return s
}

// span is the text that was read since start. Every node takes one.
func (p *parser) span(start int) Span {
	p.nodes++
	return p.place(start, p.pos)
}

// over is the span from start to the end of the node that was read last: what
// was skipped to find out that it is the last does not count.
func (p *parser) over(start int, last Node) Span {
	p.nodes++
	end := last.Where()
	return p.place(start, int(end.Offset+end.Length))
}

func (p *parser) place(start, end int) Span {
	return Span{Source: p.src, Offset: int32(start), Length: int32(end - start)}
}

// fail is a mistake in the text from start to end.
func (p *parser) fail(start, end int, msg, fix string) *Error {
	return &Error{Span: p.place(start, end), Msg: msg, Fix: fix}
}

// ended is a mistake that more text could mend. What was opened and not
// closed stands from start to end; all that follows is lost in it.
func (p *parser) ended(start, end int, msg, fix string) *Error {
	p.pos = len(p.text)
	return &Error{Span: p.place(start, end), Msg: msg, Fix: fix, Incomplete: true}
}

// report keeps a mistake. After too many the rest of the script isn't read,
// and of several things that the end of the script leaves open only the innermost is
// reported.
func (p *parser) report(err *Error) {
	if n := len(p.errs); n > 0 && err.Incomplete && p.errs[n-1].Incomplete {
		return
	}
	if len(p.errs) == maxErrors {
		p.pos = len(p.text)
		return
	}
	p.errs = append(p.errs, err)
}

// attempt runs read and returns the mistake at which it stopped, nil if there was
// none.
func (p *parser) attempt(read func()) (mistake *Error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *Error:
			mistake = r
		default:
			panic(r)
		}
	}()
	read()
	return nil
}

// within reads an opening bracket of so many bytes, calls read for the text inside and
// reads the closing bracket; noComma says whether a comma ends an expression inside.
func (p *parser) within(opening int, closer rune, noComma bool, read func()) {
	start, outer := p.pos, p.noComma
	p.noComma = noComma
	defer func() { p.noComma = outer }()
	p.pos += opening
	read()
	p.close(start, start+opening, closer)
}

// enter counts nesting, leave undoes it. Every statement and value passes
// here, so the size of the tree is checked too.
func (p *parser) enter(start int) {
	if p.depth == maxDepth {
		panic(p.fail(start, start, fmt.Sprintf("nested more than %d deep", maxDepth), ""))
	}
	if p.nodes > maxNodes {
		panic(p.fail(start, start, "the script is too large", "split it into several files"))
	}
	p.depth++
}

func (p *parser) leave() { p.depth-- }

// statements reads statements up to the closer, which it leaves, or the end.
// A statement with a mistake is reported and left out.
func (p *parser) statements(closer rune) []Statement {
	var list []Statement
	for {
		p.skipSeparators()
		r := p.peek()
		if r == eof || r == closer {
			return list
		}
		start := p.pos
		if r == ')' || r == '}' {
			if closer != eof {
				return list // the caller misses its closer
			}
			p.pos++
			p.report(p.fail(start, p.pos, "nothing is open that this could close", ""))
			continue
		}
		err := p.attempt(func() {
			s := p.statement()
			p.statementEnd(s)
			list = append(list, s)
		})
		if err != nil {
			p.report(err)
			p.recoverFrom(start, max(p.pos, int(err.Offset)))
		}
	}
}

// statementEnd checks that nothing follows a statement on its line.
func (p *parser) statementEnd(s Statement) {
	switch s := s.(type) {
	case *If, *ForEach, *Switch, *Try, *Function:
		return // they end with a brace
	case *Loop:
		if !s.After {
			return
		}
	}
	p.skipSpace()
	switch r := p.peek(); {
	case r == eof || r == ';' || r == '}' || r == ')' || isNewline(r):
		return
	}
	panic(p.unexpected(""))
}

// recoverFrom skips the statement that starts at start, up to a place where
// another may begin, beyond the mistake.
func (p *parser) recoverFrom(start, beyond int) {
	if p.nodes > maxNodes || len(p.errs) >= maxErrors || p.errs[len(p.errs)-1].Incomplete {
		p.pos = len(p.text)
		return
	}
	p.pos = start
	nextLine := len(p.text)
	for depth := 0; p.pos < len(p.text); {
		here := p.pos
		switch r := p.next(); {
		case r == '`':
			p.next()
		case r == '#' && p.startsWord(here):
			p.skipLine()
		case r == '\'' || r == '"':
			p.skipQuoted(r)
		case r == '{' || r == '(':
			depth++
		case (r == '}' || r == ')') && depth > 0:
			depth--
		case r == '}' || r == ')':
			if here >= beyond {
				p.pos = here
				return
			}
		case (r == ';' || isNewline(r)) && depth == 0 && here >= beyond && !p.continues(start, here):
			return
		case isNewline(r) && here >= beyond:
			nextLine = min(nextLine, p.pos)
		}
	}
	// A bracket that isn't closed would swallow the rest of the script.
	p.pos = nextLine
}

// skipQuoted skips to the closing quote. Where the line has no closing quote it skips
// nothing, because then the quote was an apostrophe.
func (p *parser) skipQuoted(quote rune) {
	for pos := p.pos; pos < len(p.text); {
		r, size := p.at(pos)
		pos += size
		if isNewline(r) {
			return
		}
		if r == '`' && quote == '"' {
			_, size = p.at(pos)
			pos += size
		}
		if r == quote {
			p.pos = pos
			return
		}
	}
}

// continues reports whether the next line belongs to a statement that is
// being skipped: the line ends with an operator, or a block of a refused
// statement follows.
func (p *parser) continues(start, end int) bool {
	line := strings.TrimRight(p.text[start:end], " \t\r")
	if strings.HasSuffix(line, "|") || strings.HasSuffix(line, ",") {
		return true
	}
	back := p.pos
	defer func() { p.pos = back }()
	p.pos = start
	first := strings.ToLower(p.word())
	if _, refused := refusedWords[first]; !refused {
		return false
	}
	p.pos = end
	p.skipNewlines()
	return p.peek() == '{' && !strings.HasSuffix(line, "}")
}

// startsWord reports whether no word runs up to pos.
func (p *parser) startsWord(pos int) bool {
	return pos == 0 || endsWord(normal(rune(p.text[pos-1])))
}
