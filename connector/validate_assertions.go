package connector

import (
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/connector/source"
)

// Limits of Transport.Assertions. Each assertion may cost an analysis of the whole policy.
const (
	MaxAssertions   = 1000
	MaxAssertionLen = 1000 // characters
)

// assertions checks how many assertions there are and how long they are. What they say is checked by
// package analysis.
func (v *validator) assertions(list []string) {
	path := source.Path("Transport.Assertions")
	if len(list) > MaxAssertions {
		v.fail(path, source.CodeOutOfRange, "there are %d assertions; give at most %d", len(list), MaxAssertions)
		return
	}
	for i, text := range list {
		if n := utf8.RuneCountInString(text); n > MaxAssertionLen {
			v.fail(path.Index(i), source.CodeOutOfRange, "the assertion has %d characters; give at most %d", n, MaxAssertionLen)
		}
	}
}
