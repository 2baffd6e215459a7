package syntax

import "strings"

// Error is one mistake in a script, with the place.
type Error struct {
	Span
	Msg string // what is wrong
	Fix string // what to write instead; "" when Msg says it all
	// Incomplete says that the script ended too soon: more lines may make it
	// right (a prompt goes on reading).
	Incomplete bool
}

// Error returns the place, the mistake, the line with the offending text
// underlined, and what to write instead, on several lines.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Span.String())
	b.WriteString(": ")
	b.WriteString(e.Msg)
	if snippet := e.Snippet(); snippet != "" {
		b.WriteByte('\n')
		b.WriteString(snippet)
	}
	if e.Fix != "" {
		b.WriteString("\n    fix: ")
		b.WriteString(e.Fix)
	}
	return b.String()
}

// Errors are the mistakes of one script, in the order of the source. It is
// the error of Parse and never empty there.
type Errors = List[*Error]

// List is several errors as one.
type List[E error] []E

// Error returns all of them, each on its own lines.
func (l List[E]) Error() string {
	texts := make([]string, len(l))
	for i, err := range l {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "\n")
}

// Unwrap returns the errors one by one, for errors.As.
func (l List[E]) Unwrap() []error {
	list := make([]error, len(l))
	for i, err := range l {
		list[i] = err
	}
	return list
}
