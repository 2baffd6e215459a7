package postfix

import (
	"cmp"
	"errors"
	"strconv"
	"strings"
)

// The bounds of an expansion.
const (
	maxNesting  = 40
	maxExpanded = 1 << 20
	maxSteps    = 100_000
)

var (
	errNesting = errors.New("the names refer to each other too deeply, or in a circle")
	errLarge   = errors.New("the text becomes too large when its names are expanded")
	errBrace   = errors.New("a brace or parenthesis behind $ isn't closed")
	errOperand = errors.New("the comparison behind ${ can't be read")
)

// expander expands the names in a value, as postconf(5) describes it.
type expander struct {
	lookup func(name string) string // the value of a parameter, not expanded
	steps  int
}

// expand replaces $name, ${name}, $(name), ${name?text}, ${name:text} and comparisons.
func (e *expander) expand(text string, depth int) (string, error) {
	if depth > maxNesting {
		return "", errNesting
	}
	var out strings.Builder
	for {
		if e.steps++; e.steps > maxSteps {
			return "", errLarge
		}
		before, rest, found := strings.Cut(text, "$")
		out.WriteString(before)
		if out.Len() > maxExpanded {
			return "", errLarge
		}
		if !found {
			return out.String(), nil
		}
		value, after, err := e.reference(rest, depth)
		if err != nil {
			return "", err
		}
		out.WriteString(value)
		text = after
	}
}

// reference expands what stands behind a $ and returns the text that follows it.
func (e *expander) reference(text string, depth int) (value, rest string, err error) {
	switch {
	case strings.HasPrefix(text, "$"):
		return "$", text[1:], nil
	case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "("):
		inner, rest, ok := balanced(text)
		if !ok {
			return "", "", errBrace
		}
		value, err := e.braced(strings.TrimLeft(inner, " \t"), depth)
		return value, rest, err
	}
	name := nameIn(text)
	if name == "" {
		return "", text, nil
	}
	value, err = e.expand(e.lookup(name), depth+1)
	return value, text[len(name):], err
}

// braced expands what stands between ${ and }.
func (e *expander) braced(text string, depth int) (string, error) {
	var holds bool
	var value string
	var err error
	if strings.HasPrefix(text, "{") {
		if holds, text, err = e.comparison(text, depth); err != nil {
			return "", err
		}
	} else {
		name := nameIn(text)
		text = strings.TrimLeft(text[len(name):], " \t")
		if value, err = e.expand(e.lookup(name), depth+1); err != nil {
			return "", err
		}
		holds = value != ""
	}
	then, otherwise, err := alternatives(text)
	switch {
	case err != nil:
		return "", err
	case strings.TrimSpace(text) == "":
		return value, nil
	case holds:
		return e.expand(then, depth+1)
	}
	return e.expand(otherwise, depth+1)
}

// alternatives returns the text for a condition that holds, and that for one that doesn't, of
// "?text", "?{text}", "?{text} : {other}" or ":other". Blanks within braces count.
func alternatives(text string) (then, otherwise string, err error) {
	if strings.TrimSpace(text) == "" {
		return "", "", nil
	}
	if other, ok := strings.CutPrefix(text, ":"); ok {
		otherwise, rest := branch(other)
		if strings.TrimSpace(rest) != "" {
			return "", "", errOperand
		}
		return "", otherwise, nil
	}
	text, ok := strings.CutPrefix(text, "?")
	if !ok {
		return "", "", errOperand
	}
	then, rest := branch(text)
	rest = strings.TrimLeft(rest, " \t")
	if rest == "" {
		return then, "", nil
	}
	if rest[0] != ':' {
		return "", "", errOperand
	}
	_, otherwise, err = alternatives(rest)
	return then, otherwise, err
}

// branch returns the text in the braces that text begins with, and what follows; or all of it.
func branch(text string) (inner, rest string) {
	if inner, rest, ok := balanced(strings.TrimLeft(text, " \t")); ok && strings.HasPrefix(strings.TrimLeft(text, " \t"), "{") {
		return inner, rest
	}
	return text, ""
}

// comparison decides {a} operator {b} and returns the text behind it.
func (e *expander) comparison(text string, depth int) (holds bool, rest string, err error) {
	var sides [2]string
	var operator string
	for i := range sides {
		inner, after, ok := balanced(text)
		if !ok {
			return false, "", errOperand
		}
		if sides[i], err = e.expand(strings.TrimSpace(inner), depth+1); err != nil {
			return false, "", err
		}
		if text = strings.TrimLeft(after, " \t"); i == 0 {
			brace := strings.IndexByte(text, '{')
			if brace < 0 {
				return false, "", errOperand
			}
			operator, text = strings.TrimSpace(text[:brace]), text[brace:]
		}
	}
	holds, ok := compare(sides[0], operator, sides[1])
	if !ok {
		return false, "", errOperand
	}
	return holds, text, nil
}

// compare decides a comparison: of levels such as 3.6, of numbers, or else of texts.
func compare(a, operator, b string) (holds, ok bool) {
	operator, levels := strings.CutSuffix(operator, "level")
	order := strings.Compare(a, b)
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	switch {
	case levels:
		order = compareLevels(a, b)
	case errX == nil && errY == nil:
		order = cmp.Compare(x, y)
	}
	switch operator {
	case "==":
		return order == 0, true
	case "!=":
		return order != 0, true
	case "<":
		return order < 0, true
	case "<=":
		return order <= 0, true
	case ">":
		return order > 0, true
	case ">=":
		return order >= 0, true
	}
	return false, false
}

// compareLevels compares compatibility levels, such as 2 and 3.6.
func compareLevels(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(x), len(y)) {
		var m, n int
		if i < len(x) {
			m, _ = strconv.Atoi(strings.TrimSpace(x[i]))
		}
		if i < len(y) {
			n, _ = strconv.Atoi(strings.TrimSpace(y[i]))
		}
		if m != n {
			return m - n
		}
	}
	return 0
}

// balanced cuts text, which begins with a brace or parenthesis, behind the one that closes it.
func balanced(text string) (inner, rest string, ok bool) {
	if text == "" {
		return "", "", false
	}
	begin, end := text[0], byte('}')
	if begin == '(' {
		end = ')'
	}
	if begin != '{' && begin != '(' {
		return "", "", false
	}
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case begin:
			depth++
		case end:
			if depth--; depth == 0 {
				return text[1:i], text[i+1:], true
			}
		}
	}
	return "", "", false
}

// nameIn returns the name of a parameter that text begins with.
func nameIn(text string) string {
	for i := range len(text) {
		c := text[i]
		if c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return text[:i]
		}
	}
	return text
}
