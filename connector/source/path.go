package source

import (
	"cmp"
	"strconv"
	"strings"
)

// Path names a part of a connector.Config by fields and list elements:
// Receive["Relay"].Bindings[0]. An element of a list has its name in brackets,
// quoted as Go quotes strings, or its index where it has no name or where an
// earlier element has the same. The zero Path names the whole Config.
//
// Equal paths name the same part. Methods accept text in any other form, too, and
// treat what they can't read as part of a name.
type Path string

// Element returns the path of element i of a list: by name unless that is empty.
func Element(list Path, i int, name string) Path {
	if name == "" {
		return list.Index(i)
	}
	return Named(list, name)
}

// Named returns the path of the element of a list that has the name.
func Named(list Path, name string) Path { return list + "[" + Path(strconv.Quote(name)) + "]" }

// Index returns the path of element i of the list p.
func (p Path) Index(i int) Path { return p + "[" + Path(strconv.Itoa(i)) + "]" }

// Field returns the path of a field of p, which may be several fields and elements
// deep.
func (p Path) Field(name Path) Path {
	if p == "" {
		return name
	}
	return p + "." + name
}

// Parent returns p without its last field or element; "" if it has only one.
func (p Path) Parent() Path { return p[:p.last()] }

// Base returns the last field or element of p: Bindings or [0].
func (p Path) Base() string { return strings.TrimPrefix(string(p[p.last():]), ".") }

// last returns the offset of the dot or bracket that begins the last field or
// element; 0 if there is only one. A dot or bracket within a quoted name doesn't
// count.
func (p Path) last() int {
	quoted, last := false, 0
	for i := 0; i < len(p); i++ {
		switch c := p[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == '.' || c == '['):
			last = i
		}
	}
	return last
}

// Within reports whether p is outer or part of it.
func (p Path) Within(outer Path) bool {
	rest, ok := strings.CutPrefix(string(p), string(outer))
	return ok && (rest == "" || outer == "" || rest[0] == '.' || rest[0] == '[')
}

// Cut cuts p behind the list element that it begins with: Receive["Relay"].Bindings[0]
// into Receive["Relay"] and .Bindings[0]. If p begins with no list element, element
// is p and rest is empty.
func (p Path) Cut() (element, rest Path) {
	open := strings.IndexByte(string(p), '[')
	quoted := false
	for i := open + 1; open >= 0 && i < len(p); i++ {
		switch {
		case quoted && p[i] == '\\':
			i++
		case p[i] == '"':
			quoted = !quoted
		case !quoted && p[i] == ']':
			return p[:i+1], p[i+1:]
		}
	}
	return p, ""
}

// Moved returns p with the list element that it begins with replaced by the one that
// moved has for it, if it has one.
func (p Path) Moved(moved map[Path]Path) Path {
	element, rest := p.Cut()
	if to, ok := moved[element]; ok {
		return to + rest
	}
	return p
}

// List returns the list of the element that p begins with, and the element's name,
// or its index where it has none; otherwise index is -1. If p begins with no list
// element, list is all of it.
func (p Path) List() (list string, index int, name string) {
	element, _ := p.Cut()
	list, in, ok := strings.Cut(string(element), "[")
	if !ok {
		return list, -1, ""
	}
	in = strings.TrimSuffix(in, "]")
	if name, err := strconv.Unquote(in); err == nil {
		return list, -1, name
	}
	if index, err := strconv.Atoi(in); err == nil && index >= 0 {
		return list, index, ""
	}
	return string(p), -1, ""
}

// Compare orders paths as text, but numbers as numbers: Bindings[2] comes before
// Bindings[10].
func (p Path) Compare(q Path) int {
	a, b := string(p), string(q)
	for a != "" && b != "" {
		x, restA := leadingNumber(a)
		y, restB := leadingNumber(b)
		if x >= 0 && y >= 0 {
			if x != y {
				return cmp.Compare(x, y)
			}
			a, b = restA, restB
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

// leadingNumber returns the number that s begins with, up to nine digits, and the
// text behind it; -1 if s begins with no digit.
func leadingNumber(s string) (n int, rest string) {
	i := 0
	for i < len(s) && i < 9 && '0' <= s[i] && s[i] <= '9' {
		n = n*10 + int(s[i]-'0')
		i++
	}
	if i == 0 {
		return -1, s
	}
	return n, s[i:]
}
