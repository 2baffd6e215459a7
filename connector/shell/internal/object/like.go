package object

import "unicode/utf8"

// Pattern is a compiled pattern of -like.
type Pattern struct {
	elems []element
	exact bool // letter case matters
}

// element is one step of a Pattern.
type element struct {
	kind kind
	r    rune      // folded, of a literal
	set  [][2]rune // folded, of a set
}

type kind uint8

const (
	literal kind = iota
	star
	anyRune
	set
)

// Like reports whether s -like pattern.
func Like(s, pattern string) bool { return CompileLike(pattern).Match(s) }

// CompileLike reads a pattern: * is any text, ? one character, [a-z] one of a
// set, ` takes the next character as it is; letter case doesn't matter. There is
// no bad pattern: a bracket that isn't closed stands for itself.
func CompileLike(pattern string) Pattern { return compileLike(pattern, false) }

// CompileLikeExact is CompileLike for -clike: letter case matters.
func CompileLikeExact(pattern string) Pattern { return compileLike(pattern, true) }

func compileLike(pattern string, exact bool) Pattern {
	p := Pattern{exact: exact}
	rest := []rune(pattern)
	closed := true // a ] may still come
	for len(rest) > 0 {
		r := rest[0]
		rest = rest[1:]
		e := element{r: p.fold(r)}
		switch r {
		case '*':
			e.kind = star
			if n := len(p.elems); n > 0 && p.elems[n-1].kind == star {
				continue
			}
		case '?':
			e.kind = anyRune
		case '`':
			if len(rest) > 0 {
				e.r, rest = p.fold(rest[0]), rest[1:]
			}
		case '[':
			if !closed {
				break
			}
			if ranges, n := p.readSet(rest); n > 0 {
				e, rest = element{kind: set, set: ranges}, rest[n:]
			} else {
				closed = false
			}
		}
		p.elems = append(p.elems, e)
	}
	return p
}

// readSet reads ranges up to the closing bracket and returns how many runes that
// took, 0 if there is no bracket. One that comes first is a member.
func (p Pattern) readSet(rest []rune) (ranges [][2]rune, n int) {
	for i := 0; i < len(rest); i++ {
		lo := rest[i]
		if lo == ']' && i > 0 {
			return ranges, i + 1
		}
		hi := lo
		if i+2 < len(rest) && rest[i+1] == '-' && rest[i+2] != ']' {
			hi = rest[i+2]
			i += 2
		}
		ranges = append(ranges, [2]rune{p.fold(lo), p.fold(hi)})
	}
	return nil, 0
}

// Literal reports whether the pattern has no wildcards.
func (p Pattern) Literal() bool {
	for _, e := range p.elems {
		if e.kind != literal {
			return false
		}
	}
	return true
}

// Len returns how many steps the pattern has.
func (p Pattern) Len() int { return len(p.elems) }

// Match reports whether all of s matches. It takes at most len(s)*p.Len() steps:
// only the last * is ever tried again.
func (p Pattern) Match(s string) bool {
	i, j := 0, 0
	back, mark := -1, 0 // the element after the last *, and where in s it was tried
	for i < len(s) {
		if j < len(p.elems) && p.elems[j].kind == star {
			j++
			back, mark = j, i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if j < len(p.elems) && p.elems[j].match(p.fold(r)) {
			i, j = i+size, j+1
			continue
		}
		if back < 0 {
			return false
		}
		_, size = utf8.DecodeRuneInString(s[mark:])
		mark += size
		i, j = mark, back
	}
	for j < len(p.elems) && p.elems[j].kind == star {
		j++
	}
	return j == len(p.elems)
}

func (p Pattern) fold(r rune) rune {
	if p.exact {
		return r
	}
	return foldRune(r)
}

// match matches one folded rune; the element is no *.
func (e element) match(r rune) bool {
	switch e.kind {
	case anyRune:
		return true
	case set:
		for _, x := range e.set {
			if x[0] <= r && r <= x[1] {
				return true
			}
		}
		return false
	}
	return e.r == r
}
