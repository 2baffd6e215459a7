package permission

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// foldName returns the form in which names are compared, as Windows compares them:
// with Unicode's simple folding, in lower case. Letters beyond ASCII never become
// letters of ASCII, so a name with the Kelvin sign or the long s in it never
// equals the name of another account.
func foldName(name string) string { return strings.Map(foldRune, name) }

func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}
	first := r
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		if other >= utf8.RuneSelf {
			first = min(first, other)
		}
	}
	if lower := unicode.ToLower(first); lower >= utf8.RuneSelf {
		return lower
	}
	return first
}
