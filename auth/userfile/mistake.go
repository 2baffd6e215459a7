package userfile

import "github.com/interchange-smtp/interchange/connector/source"

// mistake returns an error with a code.
func mistake(code source.Code, format string, args ...any) error {
	d := source.Mistake("", code, format, args...)
	return &d
}

// diagnostics returns the errors that err joins, all at one place.
func diagnostics(at source.Position, err error) source.Diagnostics {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		var list source.Diagnostics
		for _, e := range several.Unwrap() {
			list = append(list, diagnostics(at, e)...)
		}
		return list
	}
	d := source.Wrap("", source.CodeValueInvalid, err)
	d.Position = at
	return source.Diagnostics{d}
}
