package object_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

func TestLike(t *testing.T) {
	for _, tt := range []struct {
		s, pattern string
		want       bool
	}{
		{"abc", "abc", true}, {"abc", "ABC", true}, {"abc", "a*", true}, {"abc", "*c", true}, {"abc", "*b*", true}, {"abc", "a?c", true},
		{"abc", "b*", false}, {"abc", "ab", false}, {"", "*", true}, {"", "", true}, {"", "?", false}, {"a", "", false},
		{"b", "[a-c]", true}, {"B", "[a-c]", true}, {"d", "[a-c]", false}, {"-", "[a-]", true}, {"]", "[]]", true}, {"x", "[xyz]", true},
		{"[", "[", true}, {"a[b", "a[b", true}, {"*", "`*", true}, {"a", "`*", false}, {"`", "`", true},
		{"0.0.0.0:25", "*:25", true}, {"[::]:25", "`[::]:25", true}, {"é", "?", true}, {"É", "é", true},
		{"aXbXc", "a*X*c", true}, {"aaa", "*a*a*a*a", false}, {"Relay [1]", "relay*", true},
	} {
		if got := object.Like(tt.s, tt.pattern); got != tt.want {
			t.Errorf("%q -like %q = %v", tt.s, tt.pattern, got)
		}
	}
	exact := object.CompileLikeExact("A[b-c]*")
	if !exact.Match("Abx") || exact.Match("abx") || exact.Match("ABx") {
		t.Error("-clike takes the wrong letter case")
	}
	if !object.CompileLike("a[b").Literal() || object.CompileLike("a*").Literal() {
		t.Error("Literal is wrong")
	}
}

// slowLike is Like by trying everything, for patterns of letters, * and ?.
func slowLike(s, pattern string) bool {
	if pattern == "" {
		return s == ""
	}
	if pattern[0] == '*' {
		return slowLike(s, pattern[1:]) || s != "" && slowLike(s[1:], pattern)
	}
	return s != "" && (pattern[0] == '?' || strings.EqualFold(pattern[:1], s[:1])) && slowLike(s[1:], pattern[1:])
}

func TestLikeAgainstTwin(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50_000 {
		s, pattern := letters(r, "abA", 8), letters(r, "aBb*?", 6)
		if got, want := object.Like(s, pattern), slowLike(s, pattern); got != want {
			t.Fatalf("%q -like %q = %v", s, pattern, got)
		}
	}
}

func letters(r *rand.Rand, of string, most int) string {
	var b strings.Builder
	for range r.IntN(most + 1) {
		b.WriteByte(of[r.IntN(len(of))])
	}
	return b.String()
}

// TestLikeDoesNotExplode: patterns on which a matcher that backtracks wouldn't end.
func TestLikeDoesNotExplode(t *testing.T) {
	s := strings.Repeat("a", 20_000)
	if object.Like(s, strings.Repeat("a*", 200)+"b") || !object.Like(s, strings.Repeat("*a", 200)) {
		t.Error("wrong answer")
	}
	object.CompileLike(strings.Repeat("[", 1<<20)) // each bracket must not search the rest for its end
}

func FuzzLike(f *testing.F) {
	f.Add("abc", "a*[b-c]")      // sets
	f.Add("[x", "`[x")           // escapes
	f.Add("\xff", "?")           // no UTF-8
	f.Add("ſK", "[s-s]k")        // letters with three cases
	f.Add("aaaa", "*a*a*a*a*a*") // many stars
	f.Fuzz(func(t *testing.T, s, pattern string) {
		object.Like(s, pattern)
		if !object.Like(s, "*") {
			t.Errorf("%q isn't like *", s)
		}
	})
}
