package exchange

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// filter is the expression of a -Filter, in the language OPATH: properties, the operators of PowerShell,
// literals. A nil filter matches everything.
type filter struct {
	op          string // and, or, not; or a comparison
	left, right *filter
	property    string
	value       object.Value
}

const (
	maxFilter      = 16 << 10 // bytes of an expression
	maxFilterDepth = 64
)

// comparisons are the operators that compare a property with a value.
var comparisons = map[string]func(have, want object.Value) (bool, error){
	"eq":      func(a, b object.Value) (bool, error) { return object.Equal(a, b), nil },
	"ne":      func(a, b object.Value) (bool, error) { return !object.Equal(a, b), nil },
	"gt":      ordered(func(o int) bool { return o > 0 }),
	"ge":      ordered(func(o int) bool { return o >= 0 }),
	"lt":      ordered(func(o int) bool { return o < 0 }),
	"le":      ordered(func(o int) bool { return o <= 0 }),
	"like":    func(a, b object.Value) (bool, error) { return object.Like(object.Text(a), object.Text(b)), nil },
	"notlike": func(a, b object.Value) (bool, error) { return !object.Like(object.Text(a), object.Text(b)), nil },
}

func ordered(f func(int) bool) func(a, b object.Value) (bool, error) {
	return func(a, b object.Value) (bool, error) {
		if a == nil || b == nil {
			return false, nil
		}
		if _, isTime := a.(object.Time); isTime {
			if text, ok := b.(string); ok {
				t, err := parseFilterTime(text)
				if err != nil {
					return false, err
				}
				b = t
			}
		}
		order, err := object.Compare(a, b)
		return f(order), err
	}
}

// filterOf reads -Filter, a text or a script block.
func (o *Org) filterOf(call *object.Call) (*filter, error) {
	v, given := call.Args["Filter"]
	if !given {
		return nil, nil
	}
	text, err := single(v)
	if err != nil {
		return nil, about(call, "Filter", err)
	}
	f, err := parseFilter(text)
	return f, about(call, "Filter", err)
}

// match reports whether v matches f.
func (f *filter) match(v *object.Object) (bool, error) {
	if f == nil {
		return true, nil
	}
	switch f.op {
	case "not":
		ok, err := f.left.match(v)
		return !ok, err
	case "and", "or":
		ok, err := f.left.match(v)
		if err != nil || ok == (f.op == "or") {
			return ok, err
		}
		return f.right.match(v)
	}
	have, ok := v.Get(f.property)
	if !ok {
		return false, fmt.Errorf("there is no property %q; give one of %s", f.property, strings.Join(v.Names(), ", "))
	}
	return comparisons[f.op](have, f.value)
}

// filterParser reads an expression from left to right.
type filterParser struct {
	rest  string
	depth int
}

// parseFilter reads an expression. -or binds less than -and, and -and less than -not.
func parseFilter(text string) (*filter, error) {
	if len(text) > maxFilter {
		return nil, fmt.Errorf("the expression has more than %d bytes", maxFilter)
	}
	p := &filterParser{rest: text}
	f, err := p.either()
	if err == nil && p.skip() != "" {
		err = fmt.Errorf("an operator is missing before %q", p.rest)
	}
	return f, err
}

// skip drops the blanks in front of the rest, and returns it.
func (p *filterParser) skip() string {
	p.rest = strings.TrimLeftFunc(p.rest, unicode.IsSpace)
	return p.rest
}

// either reads terms with -or between them.
func (p *filterParser) either() (*filter, error) { return p.chain("or", p.both) }

// both reads terms with -and between them.
func (p *filterParser) both() (*filter, error) { return p.chain("and", p.term) }

func (p *filterParser) chain(op string, next func() (*filter, error)) (*filter, error) {
	f, err := next()
	for err == nil && p.operator(op) {
		var right *filter
		right, err = next()
		f = &filter{op: op, left: f, right: right}
	}
	return f, err
}

// operator reads an operator of a name, if it comes next.
func (p *filterParser) operator(name string) bool {
	word := p.peek()
	if !strings.EqualFold(word, "-"+name) {
		return false
	}
	p.rest = p.rest[len(word):]
	return true
}

// peek returns the next word.
func (p *filterParser) peek() string {
	end := strings.IndexFunc(p.skip(), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("()'\"", r) })
	if end < 0 {
		return p.rest
	}
	return p.rest[:end]
}

// term reads a comparison, a negation or an expression in parentheses.
func (p *filterParser) term() (*filter, error) {
	if p.depth++; p.depth > maxFilterDepth {
		return nil, fmt.Errorf("more than %d expressions are within each other", maxFilterDepth)
	}
	defer func() { p.depth-- }()
	if p.operator("not") {
		f, err := p.term()
		return &filter{op: "not", left: f}, err
	}
	if rest, ok := strings.CutPrefix(p.skip(), "("); ok {
		p.rest = rest
		f, err := p.either()
		if err != nil {
			return nil, err
		}
		if p.rest, ok = strings.CutPrefix(p.skip(), ")"); !ok {
			return nil, fmt.Errorf("a closing parenthesis is missing before %q", p.rest)
		}
		return f, nil
	}
	property := strings.TrimPrefix(p.peek(), "$_.")
	if property == "" || strings.HasPrefix(property, "-") {
		return nil, fmt.Errorf("a property is missing before %q; write it as in Status -eq 'Retry'", p.rest)
	}
	p.rest = p.rest[len(p.peek()):]
	word := p.peek()
	op := strings.ToLower(strings.TrimPrefix(word, "-"))
	if comparisons[op] == nil || !strings.HasPrefix(word, "-") {
		return nil, fmt.Errorf("%q is not an operator; after %s give -eq, -ne, -gt, -ge, -lt, -le, -like or -notlike", word, property)
	}
	p.rest = p.rest[len(word):]
	value, err := p.literal()
	return &filter{op: op, property: property, value: value}, err
}

// literal reads a value: a text in quotes, $true, $false, $null, a number or a word.
func (p *filterParser) literal() (object.Value, error) {
	p.skip()
	if p.rest != "" && (p.rest[0] == '\'' || p.rest[0] == '"') {
		return p.quoted(p.rest[:1])
	}
	word := p.peek()
	p.rest = p.rest[len(word):]
	switch strings.ToLower(word) {
	case "":
		return nil, fmt.Errorf("a value is missing before %q", p.rest)
	case "$true":
		return true, nil
	case "$false":
		return false, nil
	case "$null":
		return nil, nil
	}
	if n, ok := object.ParseNumber(word); ok {
		return n, nil
	}
	if strings.HasPrefix(word, "$") {
		return nil, fmt.Errorf("the variable %s has no value within the expression; give a text in double quotes, in which PowerShell replaces it", word)
	}
	return word, nil
}

// quoted reads a text in quotes, in which two quotes stand for one.
func (p *filterParser) quoted(quote string) (object.Value, error) {
	var b strings.Builder
	for rest := p.rest[1:]; ; {
		part, after, ok := strings.Cut(rest, quote)
		if !ok {
			return nil, fmt.Errorf("a closing %s is missing", quote)
		}
		b.WriteString(part)
		if !strings.HasPrefix(after, quote) {
			p.rest = after
			break
		}
		b.WriteString(quote)
		rest = after[1:]
	}
	if !utf8.ValidString(b.String()) {
		return nil, fmt.Errorf("a text isn't UTF-8")
	}
	return b.String(), nil
}

// timeLayouts are the spellings of times in an expression.
var timeLayouts = []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02", "01/02/2006 15:04:05", "01/02/2006 15:04", "01/02/2006"}

// parseFilterTime reads a time, in the time zone of this machine if it names none.
func parseFilterTime(text string) (object.Time, error) {
	for _, layout := range timeLayouts {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return object.Time(t), nil
		}
	}
	return object.Time{}, fmt.Errorf("%q is not a time; write it as in 2026-11-30 09:14", text)
}
