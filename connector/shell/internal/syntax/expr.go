package syntax

import (
	"fmt"
	"strings"
)

// Levels of binding, weakest first.
const (
	levelLogical = iota + 1
	levelCompare
	levelAdd
	levelMultiply
	levelFormat
	levelRange
	levelList // above it: the comma, then unary operators
)

// operators are those that are written as words after a dash. With c or i
// before them they say whether case counts.
var operators = map[string]struct {
	op    Operator
	level int
	cased bool // has -c and -i variants
}{
	"and": {And, levelLogical, false}, "or": {Or, levelLogical, false}, "xor": {Xor, levelLogical, false},
	"eq": {Eq, levelCompare, true}, "ne": {Ne, levelCompare, true},
	"gt": {Gt, levelCompare, true}, "ge": {Ge, levelCompare, true},
	"lt": {Lt, levelCompare, true}, "le": {Le, levelCompare, true},
	"like": {Like, levelCompare, true}, "notlike": {NotLike, levelCompare, true},
	"match": {Match, levelCompare, true}, "notmatch": {NotMatch, levelCompare, true},
	"contains": {Contains, levelCompare, true}, "notcontains": {NotContains, levelCompare, true},
	"in": {In, levelCompare, true}, "notin": {NotIn, levelCompare, true},
	"is": {Is, levelCompare, false}, "isnot": {IsNot, levelCompare, false}, "as": {As, levelCompare, false},
	"band": {BitAnd, levelCompare, false}, "bor": {BitOr, levelCompare, false}, "bxor": {BitXor, levelCompare, false},
	"shl": {ShiftLeft, levelCompare, false}, "shr": {ShiftRight, levelCompare, false},
	"replace": {Replace, levelCompare, true}, "split": {Split, levelCompare, true},
	"join": {Join, levelCompare, false}, "f": {Format, levelFormat, false},
}

// found is a binary operator that was seen.
type found struct {
	op            Operator
	level         int
	caseSensitive bool
	end           int // where it ends in the source
}

// expr reads an expression in expression mode.
func (p *parser) expr() Expr {
	p.enter(p.pos)
	defer p.leave()
	return p.binary(levelLogical)
}

// binary reads operands joined by operators of at least a level. All operators
// group to the left.
func (p *parser) binary(level int) Expr {
	start := p.pos
	if level == levelList {
		return p.list()
	}
	left := p.binary(level + 1)
	for chain := 0; ; chain++ {
		back := p.pos
		p.skipSpace()
		op, ok := p.operator()
		if !ok || op.level != level {
			p.pos = back
			return left
		}
		if chain == maxChain {
			panic(p.tooLong())
		}
		at := p.place(p.pos, op.end)
		p.pos = op.end
		p.skipNewlines()
		if p.peek() == eof {
			panic(p.ended(int(at.Offset), op.end, "nothing follows the "+at.Text(), ""))
		}
		right := p.rightOf(op.op, level)
		left = &Binary{Span: p.over(start, right), Op: op.op, OpSpan: at, CaseSensitive: op.caseSensitive, Left: left, Right: right}
	}
}

// rightOf reads the right operand of an operator.
func (p *parser) rightOf(op Operator, level int) Expr {
	switch op {
	case Is, IsNot, As:
		return p.typeValue()
	}
	return p.binary(level + 1)
}

func (p *parser) tooLong() *Error {
	return p.fail(p.pos, p.pos, fmt.Sprintf("more than %d operators in a row", maxChain), "split the expression")
}

// operator looks at a binary operator at the current place.
func (p *parser) operator() (found, bool) {
	r, size := p.at(p.pos)
	second, _ := p.at(p.pos + size)
	simple := func(op Operator, level int) (found, bool) {
		if second == '=' || second == r && r != '*' {
			return found{}, false // an assignment, ++ or --
		}
		return found{op: op, level: level, end: p.pos + size}, true
	}
	switch r {
	case '+':
		return simple(Add, levelAdd)
	case '*':
		return simple(Mul, levelMultiply)
	case '/':
		return simple(Div, levelMultiply)
	case '%':
		return simple(Mod, levelMultiply)
	case '.':
		if second == '.' {
			return found{op: Range, level: levelRange, end: p.pos + 2}, true
		}
	case '-':
		if isLetter(second) {
			return p.wordOperator(size)
		}
		return simple(Sub, levelAdd)
	}
	return found{}, false
}

// wordOperator looks at an operator such as -eq; dash is the size of its dash.
func (p *parser) wordOperator(dash int) (found, bool) {
	back := p.pos
	p.pos += dash
	word := strings.ToLower(p.word())
	end := p.pos + len(word)
	p.pos = back
	if o, ok := operators[word]; ok {
		return found{op: o.op, level: o.level, end: end}, true
	}
	if word != "" && (word[0] == 'c' || word[0] == 'i') {
		if o, ok := operators[word[1:]]; ok && o.cased {
			return found{op: o.op, level: o.level, caseSensitive: word[0] == 'c', end: end}, true
		}
	}
	panic(p.fail(back, end, "-"+word+" is not an operator here", "use -eq -ne -gt -ge -lt -le -like -notlike -match -notmatch "+
		"-contains -notcontains -in -notin -is -isnot -as -and -or -xor -not -band -bor -bxor -shl -shr -join -split -replace -f"))
}

// list reads values with commas between.
func (p *parser) list() Expr {
	start := p.pos
	first := p.unary()
	if p.noComma {
		return first
	}
	var items []Expr
	last := first
	for p.comma() {
		if items == nil {
			items = []Expr{first}
		}
		if p.peek() == eof {
			panic(p.ended(start, p.pos, "a value must follow the comma", ""))
		}
		last = p.unary()
		items = append(items, last)
	}
	if items == nil {
		return first
	}
	return &Array{Span: p.over(start, last), Items: items}
}

// unary reads a value with the operators before it.
func (p *parser) unary() Expr {
	start := p.pos
	p.enter(start)
	defer p.leave()
	switch r := p.peek(); r {
	case '!':
		p.pos++
		return p.operand(start, Not)
	case '+', '-':
		if p.has("++") || p.has("--") {
			panic(p.fail(start, p.pos+2, "++ and -- stand after a variable, as a statement of its own", "$i++"))
		}
		p.next()
		if r == '+' {
			return p.operand(start, Plus)
		}
		if isLetter(p.peek()) {
			return p.unaryWord(start)
		}
		return p.operand(start, Neg)
	case ',':
		p.pos++
		p.skipNewlines()
		item := p.unary()
		return &Array{Span: p.over(start, item), Items: []Expr{item}}
	case '[':
		return p.cast()
	}
	return p.postfix(start, p.primary())
}

// operand reads what a unary operator applies to.
func (p *parser) operand(start int, op Operator) Expr {
	end := p.pos
	p.skipNewlines()
	if p.peek() == eof {
		panic(p.ended(start, end, "nothing follows the "+p.text[start:end], ""))
	}
	e := p.unary()
	return &Unary{Span: p.over(start, e), Op: op, Operand: e}
}

// unaryWord reads -not, -bnot, -join and -split, after the dash.
func (p *parser) unaryWord(start int) Expr {
	word := p.word()
	ops := map[string]Operator{"not": Not, "bnot": BitNot, "join": Join, "split": Split, "csplit": Split, "isplit": Split}
	op, ok := ops[strings.ToLower(word)]
	if !ok {
		if _, binary := operators[strings.ToLower(word)]; !binary {
			panic(p.fail(start, p.pos+len(word), "the parameter -"+word+" has no command before it",
				"put a backtick at the end of the line before, with no space after it"))
		}
		panic(p.fail(start, p.pos+len(word), "a value must stand before -"+word, "use before a value: -not, !, -bnot, -join, -split, -, +"))
	}
	p.pos += len(word)
	return p.operand(start, op)
}

// startsValue reports whether a value can begin at the current place.
func (p *parser) startsValue() bool {
	switch r := p.peek(); r {
	case '$', '"', '\'', '(', '{', '[', '@', '-', '+', '!', ',', '.':
		return true
	default:
		return isDigit(r)
	}
}
