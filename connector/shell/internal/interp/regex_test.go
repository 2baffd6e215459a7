package interp

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"regexp"
	"testing"

	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

// TestFindTwin compares find, which pays for what it looks at, with the matcher of the
// library, which doesn't.
func TestFindTwin(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	atoms := []string{"a", "b", "é", ".", "^", "$", `\b`, `\B`, "(a)", "(?:b|é)", "(?P<n>a|)", "[ab]", `\s`, "(?m:^)", "(?s:.)", ""}
	ends := []string{"", "", "*", "+", "?", "*?", "{2}"}
	texts := []rune("aabé \nb")
	in := New(Options{})
	in.m = &meter{ctx: t.Context(), limits: in.opt.Limits}
	for range 4_000 {
		pattern := ""
		for range r.IntN(4) {
			atom := atoms[r.IntN(len(atoms))]
			pattern += atom
			if len(atom) > 0 && atom[0] != '^' && atom[0] != '$' && atom[0] != '\\' {
				pattern += ends[r.IntN(len(ends))]
			}
			if r.IntN(6) == 0 {
				pattern += "|"
			}
		}
		if _, err := regexp.Compile(pattern); err != nil {
			continue
		}
		var text []rune
		for range r.IntN(9) {
			text = append(text, texts[r.IntN(len(texts))])
		}
		p, err := compileRegex(pattern)
		if err != nil {
			t.Fatal(err)
		}
		got := in.find(syntax.Span{}, p, string(text))
		want := regexp.MustCompile(pattern).FindAllStringSubmatchIndex(string(text), -1)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%q in %q: %v, want %v", pattern, string(text), got, want)
		}
		if first := in.first(syntax.Span{}, p, string(text)); len(want) > 0 && !reflect.DeepEqual(first, want[0]) {
			t.Fatalf("%q in %q begins with %v, want %v", pattern, string(text), first, want)
		}
		in.m.steps, in.m.memory = 0, 0
	}
}
