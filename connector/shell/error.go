package shell

import (
	"errors"

	"github.com/interchange-smtp/interchange/connector/shell/internal/interp"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
	"github.com/interchange-smtp/interchange/connector/source"
)

// Incomplete reports whether the error of Run only says that the script ended too
// soon, within a string, a bracket or a pipeline: a prompt goes on reading then.
func Incomplete(err error) bool {
	var list source.Diagnostics
	var bad *syntax.Error
	return errors.As(err, &list) && len(list) == 1 && errors.As(list[0].Err, &bad) && bad.Incomplete
}

// diagnostics returns the errors of the interpreter as source.Diagnostics.
func diagnostics(err error) error {
	var bad syntax.Errors
	var failed interp.Errors
	switch {
	case err == nil:
		return nil
	case errors.As(err, &bad):
		list := make(source.Diagnostics, len(bad))
		for i, e := range bad {
			list[i] = diagnostic(e.Span, e.Msg, e.Fix, e)
		}
		return list
	case errors.As(err, &failed):
		list := make(source.Diagnostics, len(failed))
		for i, e := range failed {
			msg := e.Err.Error()
			if e.Command != "" {
				msg = e.Command + ": " + msg
			}
			list[i] = diagnostic(e.Where, msg, e.Fix, e)
		}
		return list
	}
	return source.Diagnostics{{Severity: source.SeverityError, Detail: err.Error(), Err: err}}
}

func diagnostic(at syntax.Span, msg, supported string, err error) source.Diagnostic {
	return source.Diagnostic{
		Severity: source.SeverityError, Position: source.Position{File: at.File(), Line: at.Line(), Column: at.Col()},
		Detail: msg, Excerpt: at.Snippet(), Fix: supported, Err: err,
	}
}
