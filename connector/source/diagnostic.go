package source

import (
	"strconv"
	"strings"
)

// Severity says how bad a [Diagnostic] is. It has no valid zero value.
type Severity uint8

// The severities, the worst first.
const (
	SeverityError   Severity = iota + 1 // the configuration can't be used, anyone can relay, or no mail can be accepted
	SeverityWarning                     // probably not intended
	SeverityNote                        // good to know, above all who may relay
)

// String returns "error", "warning" or "note".
func (s Severity) String() string {
	switch s {
	case SeverityError:
		return "error"
	case SeverityWarning:
		return "warning"
	case SeverityNote:
		return "note"
	}
	return "Severity(" + strconv.Itoa(int(s)) + ")"
}

// MarshalText implements [encoding.TextMarshaler].
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Diagnostic is a mistake in a configuration, or something that is allowed but
// doubtful or good to know.
type Diagnostic struct {
	Severity Severity `json:"severity,omitempty"`
	Position          // the zero Position where no file is known
	Path     Path     `json:"path,omitempty"`    // the parameter; "" for a whole file or configuration
	Code     string   `json:"code,omitempty"`    // stable, unlike the texts; "" for what a file's reader reports
	Detail   string   `json:"detail"`            // what is wrong, and what would be right
	Excerpt  string   `json:"excerpt,omitempty"` // a line of a script, and below it one that underlines the mistake
	Fix      string   `json:"fix,omitempty"`     // what to write or do instead; "" if Detail says it all

	Err error `json:"-"` // the error that Detail is the text of; nil: Detail has no error
}

// Summary returns "file:line:column: path: detail (code)" on one line.
func (d Diagnostic) Summary() string { return d.summary(strings.ReplaceAll(d.Detail, "\n", " ")) }

func (d Diagnostic) summary(detail string) string {
	var b strings.Builder
	if d.File != "" {
		b.WriteString(d.Position.String() + ": ")
	}
	if d.Path != "" {
		b.WriteString(string(d.Path) + ": ")
	}
	b.WriteString(detail)
	if d.Code != "" {
		b.WriteString(" (" + d.Code + ")")
	}
	return b.String()
}

// String returns "file:line:column: path: detail (code)", and below it the excerpt
// and Fix.
func (d Diagnostic) String() string {
	text := d.summary(d.Detail)
	if d.Excerpt != "" {
		text += "\n" + d.Excerpt
	}
	if d.Fix != "" {
		text += "\n    fix: " + d.Fix
	}
	return text
}

// Diagnostics are all that was found at once. As an error it is never empty.
type Diagnostics []Diagnostic

// Error returns the texts of all, each on its own lines.
func (l Diagnostics) Error() string {
	texts := make([]string, len(l))
	for i, d := range l {
		texts[i] = d.String()
	}
	return strings.Join(texts, "\n")
}

// Unwrap returns the errors behind the diagnostics that have one.
func (l Diagnostics) Unwrap() []error {
	var errs []error
	for _, d := range l {
		if d.Err != nil {
			errs = append(errs, d.Err)
		}
	}
	return errs
}
