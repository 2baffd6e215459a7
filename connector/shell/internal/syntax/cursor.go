package syntax

import "strings"

// Slot says what the word at a cursor is, for completion.
type Slot uint8

// The slots.
const (
	SlotNone     Slot = iota // nothing that could be completed
	SlotCommand              // the name of a command
	SlotName                 // the name of a parameter of Command
	SlotValue                // a value of Parameter of Command
	SlotVariable             // the name of a variable
)

// Cursor is the place at the end of a text that is being typed.
type Cursor struct {
	Slot      Slot
	Start     int    // offset of the word in the text
	Word      string // its text so far, without dash, dollar sign and quote
	Quote     rune   // the quote that is open: ' or ", 0 if none
	Command   string // of SlotName and SlotValue
	Parameter string // of SlotValue, as typed; "" for a positional one
	Position  int    // of SlotValue without a Parameter: positional values before it
}

// AtCursor looks at the end of a text that is being typed, mistakes or not.
func AtCursor(text string) Cursor {
	c := cursorScan{p: &parser{text: text}}
	c.frames = []frame{{}}
	for c.p.pos < len(text) {
		if at, done := c.token(); done {
			return at
		}
	}
	return c.word(c.p.pos, "", 0)
}

// frame describes the command inside the innermost bracket.
type frame struct {
	begun     bool   // its first word is behind
	command   string // "" for an expression
	parameter string
	valued    bool // the parameter, or a positional one, has a value
	comma     bool // the value goes on
	values    int  // positional ones
}

type cursorScan struct {
	p      *parser
	frames []frame
}

func (c *cursorScan) top() *frame { return &c.frames[len(c.frames)-1] }

// token goes past one token. It is done when the cursor is in it.
func (c *cursorScan) token() (Cursor, bool) {
	p, start := c.p, c.p.pos
	switch r := p.peek(); {
	case r == ' ':
		p.next()
	case r == '`':
		p.next()
		p.next()
	case r == '#':
		p.skipLine()
		return Cursor{Start: p.pos}, p.pos == len(p.text)
	case r == '{' || r == '(':
		p.next()
		if len(c.frames) < maxDepth {
			c.frames = append(c.frames, frame{})
		}
	case r == '}' || r == ')':
		p.next()
		if len(c.frames) > 1 {
			c.frames = c.frames[:len(c.frames)-1]
		}
		c.value()
	case r == ';' || r == '|' || r == '=' && !c.commanded() || isNewline(r):
		p.next()
		*c.top() = frame{}
	case r == ',':
		p.next()
		c.top().comma = true
	case r == '"' || r == '\'':
		if c.quoted(r) {
			return c.word(start, p.text[c.afterQuote(start):], r), true
		}
		c.value()
	case r == '&' || r == '<' || r == '>':
		p.next()
	default:
		return c.bare(start)
	}
	return Cursor{}, false
}

// commanded reports whether a command is under way, in which = is text. A word
// before = was none.
func (c *cursorScan) commanded() bool {
	f := c.top()
	return f.command != "" && (f.values > 0 || f.parameter != "")
}

// afterQuote returns the offset after the quote at start.
func (c *cursorScan) afterQuote(start int) int {
	_, size := c.p.at(start)
	return start + size
}

// quoted goes past a string, and reports whether it is still open.
func (c *cursorScan) quoted(quote rune) (open bool) {
	p := c.p
	p.next()
	for p.pos < len(p.text) {
		r := p.next()
		if r == '`' && quote == '"' {
			p.next()
		}
		if r == quote {
			return false
		}
	}
	return true
}

// bare goes past a word without quotes.
func (c *cursorScan) bare(start int) (Cursor, bool) {
	p := c.p
	for r := p.peek(); !endsWord(r) && r != '"' && r != '\'' && (r != '=' || c.top().begun); r = p.peek() {
		p.next()
	}
	word := p.text[start:p.pos]
	if strings.HasPrefix(word, "@") || word == "$" && p.peek() == '(' {
		if p.peek() == '(' || p.peek() == '{' {
			return Cursor{}, false // the bracket that follows counts
		}
	}
	if p.pos == len(p.text) {
		return c.word(start, word, 0), true
	}
	f := c.top()
	switch name, value, colon, isName := parameterWord(word); {
	case !f.begun:
		f.begun = true
		if isLetter(firstRune(word)) || word == "%" || word == "?" {
			f.command = word
		}
	case f.command != "" && isName:
		f.parameter, f.valued, f.comma = name, false, false
		if colon && value != "" {
			c.value()
		}
	default:
		c.value()
	}
	return Cursor{}, false
}

// value notes that a value is behind.
func (c *cursorScan) value() {
	f := c.top()
	f.begun = true
	switch {
	case f.comma:
		f.comma = false
	case f.parameter != "" && !f.valued:
		f.valued = true
	default:
		f.parameter, f.valued = "", false
		f.values++
	}
}

// word is the cursor at the end of a word.
func (c *cursorScan) word(start int, word string, quote rune) Cursor {
	f := c.top()
	at := Cursor{Start: start, Word: word, Quote: quote}
	if strings.HasPrefix(word, "$") && quote == 0 {
		at.Slot, at.Word = SlotVariable, word[1:]
		return at
	}
	if !f.begun {
		if quote == 0 {
			at.Slot = SlotCommand
		}
		return at
	}
	if f.command == "" {
		return at
	}
	at.Command = f.command
	if name, value, colon, isName := parameterWord(word); isName && quote == 0 && !f.comma {
		at.Slot, at.Word = SlotName, name
		if colon {
			at.Slot, at.Word, at.Parameter = SlotValue, value, name
			at.Start = start + len(word) - len(value)
		}
		return at
	}
	at.Slot = SlotValue
	if f.parameter != "" && (!f.valued || f.comma) {
		at.Parameter = f.parameter
	} else {
		at.Position = f.values
	}
	return at
}

// parameterWord takes -Name or -Name:value apart. A lone dash is one, too.
func parameterWord(word string) (name, value string, colon, ok bool) {
	r := firstRune(word)
	if normal(r) != '-' {
		return "", "", false, false
	}
	rest := word[len(string(r)):]
	if rest != "" && !isLetter(firstRune(rest)) && rest[0] != '?' {
		return "", "", false, false
	}
	name, value, colon = strings.Cut(rest, ":")
	return name, value, colon, true
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return eof
}
