package source

import (
	"errors"
	"fmt"
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
// doubtful or good to know. A *Diagnostic is an error; errors.As finds the first one of
// [Diagnostics], and errors.Is compares with its Code and with Err.
type Diagnostic struct {
	Severity Severity `json:"severity,omitempty"`
	Position          // the zero Position where no file is known
	Path     Path     `json:"path,omitempty"`    // the parameter; "" for a whole file or configuration, and for a command
	Code     Code     `json:"code,omitempty"`    // the kind of mistake
	Detail   string   `json:"detail"`            // what is wrong, and what would be right
	Excerpt  string   `json:"excerpt,omitempty"` // a line of a script, and below it one that underlines the mistake
	Fix      string   `json:"fix,omitempty"`     // what to write or do instead; "" if Detail says it all

	Err error `json:"-"` // the cause; nil if Detail says it all
}

// Mistake returns a Diagnostic with SeverityError. The Detail is formatted as by
// fmt.Errorf; the operand of %w is the cause.
func Mistake(path Path, code Code, format string, args ...any) Diagnostic {
	err := fmt.Errorf(format, args...)
	return Diagnostic{Severity: SeverityError, Path: path, Code: code, Detail: err.Error(), Err: errors.Unwrap(err)}
}

// Wrap returns a Diagnostic with SeverityError whose Detail is the text of err, and whose
// cause is err. If err has a Diagnostic with a Code, the result has that one instead of
// code.
func Wrap(path Path, code Code, err error) Diagnostic {
	d := Diagnostic{Severity: SeverityError, Path: path, Code: code, Detail: err.Error(), Err: err}
	if inner := (*Diagnostic)(nil); errors.As(err, &inner) && inner.Code != "" {
		d.Code = inner.Code
		d.Detail = strings.TrimSuffix(d.Detail, " ("+string(d.Code)+")")
	}
	return d
}

// Error returns the text of String.
func (d *Diagnostic) Error() string { return d.String() }

// Is reports whether target is the Code of d.
func (d *Diagnostic) Is(target error) bool { return d.Code != "" && target == d.Code }

// Unwrap returns the cause.
func (d *Diagnostic) Unwrap() error { return d.Err }

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
		b.WriteString(" (" + string(d.Code) + ")")
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

// Diagnostics are all that was found at once, in the order of the files or else of the
// configuration. As an error they are never empty.
type Diagnostics []Diagnostic

// Err returns l as an error, nil if l is empty.
func (l Diagnostics) Err() error {
	if len(l) == 0 {
		return nil
	}
	return l
}

// Error returns the texts of all, each on its own lines.
func (l Diagnostics) Error() string {
	texts := make([]string, len(l))
	for i, d := range l {
		texts[i] = d.String()
	}
	return strings.Join(texts, "\n")
}

// Unwrap returns a *Diagnostic for each element of l.
func (l Diagnostics) Unwrap() []error {
	errs := make([]error, len(l))
	for i := range l {
		errs[i] = &l[i]
	}
	return errs
}
