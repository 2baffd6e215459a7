package interp

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	resyntax "regexp/syntax"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

// pattern is a compiled regular expression with what a step through it costs.
type pattern struct {
	re   *regexp.Regexp
	size int // about the instructions of the program

	// next finds a match that isn't at the beginning of a text: it skips one
	// character, which ^ and \b look at, and all that doesn't match. Its first group is
	// the match. It is compiled on first use.
	next func() *regexp.Regexp
}

// maxProgram is how many instructions a regular expression may compile to: a
// pattern of a few bytes, such as (x{30}){30}, makes many.
const maxProgram = 10_000

// patternCache keeps compiled patterns, because they stand in loops.
type patternCache map[string]pattern

// maxPatterns is how many patterns are kept.
const maxPatterns = 64

// regex compiles a pattern; letter case matters if exact.
func (in *Interp) regex(n syntax.Node, source object.Value, exact bool) (pattern, error) {
	text := in.text(n, source)
	if len(text) > maxPattern {
		return pattern{}, failf(n, "%w: a pattern of more than %d bytes", ErrLimit, maxPattern)
	}
	if !exact {
		text = "(?i)" + text
	}
	if p, ok := in.patterns[text]; ok {
		return p, nil
	}
	// Reading a pattern takes much longer than using it, for classes above all.
	must(n, in.m.step(30*int64(len(text))))
	p, err := compileRegex(text)
	if err != nil {
		return pattern{}, &Error{Where: n.Where(), Err: err,
			Fix: "use a regular expression of RE2, which has no look-around and no back-references"}
	}
	if in.patterns == nil || len(in.patterns) >= maxPatterns {
		in.patterns = make(patternCache)
	}
	in.patterns[text] = p
	return p, nil
}

func compileRegex(text string) (pattern, error) {
	parsed, err := resyntax.Parse(text, resyntax.Perl)
	if err != nil {
		return pattern{}, fmt.Errorf("the pattern can't be read: %w", err)
	}
	size := weight(parsed)
	if size > maxProgram {
		return pattern{}, errors.New("the pattern is too large once its repetitions are written out")
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return pattern{}, fmt.Errorf("the pattern can't be read: %w", err)
	}
	next := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\A(?s:.)(?s:.*?)(` + parsed.String() + `)`) })
	return pattern{re, size, next}, nil
}

// weight is about how many instructions a regular expression compiles to; above
// maxProgram it needn't be exact.
func weight(re *resyntax.Regexp) int {
	sum := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		sum += weight(sub)
	}
	if re.Op == resyntax.OpCharClass {
		sum = 1 // its ranges are one instruction
	}
	if re.Op == resyntax.OpRepeat {
		sum *= max(1, re.Min, re.Max)
	}
	return min(sum, maxProgram+1)
}

// match is -match and -notmatch; of a scalar, it sets $Matches.
func (in *Interp) match(n syntax.Node, want, exact bool, a, b object.Value) (object.Value, error) {
	p, err := in.regex(n, b, exact)
	if err != nil {
		return nil, err
	}
	if l, ok := a.(*object.List); ok {
		return in.filter(n, l, func(item object.Value) (bool, error) {
			return (in.first(n, p, in.text(n, item)) != nil) == want, nil
		})
	}
	s := in.text(n, a)
	groups := in.first(n, p, s)
	if groups != nil {
		in.set("MATCHES", matches(p.re, s, groups))
	}
	return (groups != nil) == want, nil
}

// matches is $Matches: the groups that took part, by number or name.
func matches(re *regexp.Regexp, s string, groups []int) *object.Table {
	t := new(object.Table)
	for i, name := range re.SubexpNames() {
		if groups[2*i] < 0 {
			continue
		}
		if name == "" {
			name = strconv.Itoa(i)
		}
		t.Set(name, s[groups[2*i]:groups[2*i+1]])
	}
	return t
}

// maxMatches is how many places of one string -replace and -split may find.
const maxMatches = 100_000

// scan hands a text to the matcher one character at a time and pays for each, so
// that what a match costs is paid for when it is looked at, and the context ends
// a long one.
type scan struct {
	m     *meter
	rest  string
	size  int // of the pattern
	since int // characters that aren't paid for
	err   error
}

// scanEvery is how many characters are paid for together.
const scanEvery = 64

// ReadRune implements io.RuneReader.
func (s *scan) ReadRune() (rune, int, error) {
	if s.since++; s.since >= scanEvery {
		s.pay()
	}
	if s.rest == "" || s.err != nil {
		return 0, 0, io.EOF
	}
	r, size := utf8.DecodeRuneInString(s.rest)
	s.rest = s.rest[size:]
	return r, size, nil
}

func (s *scan) pay() {
	if s.err == nil {
		s.err = s.m.step(1 + int64(s.since)*int64(s.size)/16)
	}
	s.since = 0
}

// look runs a matcher over s from an offset and pays for what it looked at.
func (in *Interp) look(n syntax.Node, re *regexp.Regexp, size int, s string, from int) []int {
	text := &scan{m: in.m, rest: s[from:], size: size}
	groups := re.FindReaderSubmatchIndex(text)
	text.pay()
	must(n, text.err)
	return groups
}

// first returns the first match of p in s with its groups; nil if p doesn't match.
func (in *Interp) first(n syntax.Node, p pattern, s string) []int {
	return in.look(n, p.re, p.size, s, 0)
}

// after returns the first match of p in s at an offset or beyond.
func (in *Interp) after(n syntax.Node, p pattern, s string, offset int) []int {
	if offset == 0 {
		return in.first(n, p, s)
	}
	_, before := utf8.DecodeLastRuneInString(s[:offset])
	from := offset - before
	groups := in.look(n, p.next(), p.size+4, s, from)
	if groups == nil {
		return nil
	}
	groups = groups[2:] // the first group is the match
	for i := range groups {
		if groups[i] >= 0 {
			groups[i] += from
		}
	}
	return groups
}

// find returns all matches of p in s. A match that is empty doesn't stand where the
// one before it ended.
func (in *Interp) find(n syntax.Node, p pattern, s string) (found [][]int) {
	end := -1 // of the last match
	for offset := 0; offset <= len(s); {
		groups := in.after(n, p, s, offset)
		if groups == nil {
			return found
		}
		empty := groups[1] == groups[0] && groups[0] == end
		if groups[1] > offset {
			offset = groups[1]
		} else {
			_, size := utf8.DecodeRuneInString(s[offset:])
			offset += max(size, 1)
		}
		if end = groups[1]; empty {
			continue
		}
		if len(found) == maxMatches {
			must(n, fmt.Errorf("%w: more than %d matches in one string", ErrLimit, maxMatches))
		}
		must(n, in.m.alloc(int64(len(groups)+3)*8))
		found = append(found, groups)
	}
	return found
}

// replace is -replace with one pattern, or a pattern and a replacement.
func (in *Interp) replace(n syntax.Node, exact bool, a, b object.Value) (object.Value, error) {
	args := object.Items(b)
	if len(args) == 0 || len(args) > 2 {
		return nil, failf(n, "-replace takes a pattern and a replacement")
	}
	p, err := in.regex(n, args[0], exact)
	if err != nil {
		return nil, err
	}
	var with string
	if len(args) == 2 {
		with = template(in.text(n, args[1]))
	}
	groupsUsed := strings.Count(with, "${")
	return in.mapText(n, a, func(s string) object.Value {
		var out []byte
		end := 0
		for _, groups := range in.find(n, p, s) {
			// A group is never longer than the match: there is no look-around.
			added := clamp(int64(groups[0]-end+len(with)) + int64(groupsUsed)*int64(groups[1]-groups[0]))
			must(n, in.m.grow(len(out)+added, added))
			out = append(out, s[end:groups[0]]...)
			out = p.re.ExpandString(out, with, s, groups)
			end = groups[1]
		}
		out = append(out, s[end:]...)
		must(n, in.m.text(len(out)))
		return string(out)
	}), nil
}

// template writes .NET's $1, ${name} and $& as Go's ${1}, ${name} and ${0}.
func template(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '$' || i+1 == len(s) {
			if s[i] == '$' {
				b.WriteByte('$')
			}
			b.WriteByte(s[i])
			continue
		}
		switch c := s[i+1]; {
		case c == '&':
			b.WriteString("${0}")
			i++
		case c == '$':
			b.WriteString("$$")
			i++
		case c == '{':
			b.WriteByte('$')
		case '0' <= c && c <= '9':
			end := i + 1
			for end < len(s) && '0' <= s[end] && s[end] <= '9' {
				end++
			}
			b.WriteString("${" + s[i+1:end] + "}")
			i = end - 1
		default:
			b.WriteString("$$")
		}
	}
	return b.String()
}

// mapText applies f to a string, or to each element of a list.
func (in *Interp) mapText(n syntax.Node, a object.Value, f func(string) object.Value) object.Value {
	l, ok := a.(*object.List)
	if !ok {
		return f(in.text(n, a))
	}
	out := new(object.List)
	for _, item := range l.Items {
		for _, part := range object.Items(f(in.text(n, item))) {
			must(n, in.keep(part, len(out.Items)+1))
			out.Items = append(out.Items, part)
		}
	}
	return out
}
