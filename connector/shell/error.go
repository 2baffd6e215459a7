package shell

import (
	"context"
	"errors"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/exchange"
	"github.com/interchange-smtp/interchange/connector/shell/internal/interp"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
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
	var list source.Diagnostics
	switch {
	case err == nil:
		return nil
	case errors.As(err, &bad):
		for _, e := range bad {
			d := source.Mistake("", source.CodeSyntax, "%s", e.Msg)
			d.Fix, d.Err = e.Fix, e
			list = append(list, placed(d, e.Span))
		}
	case errors.As(err, &failed):
		for _, e := range failed {
			list = append(list, failures(e)...)
		}
	default:
		list = source.Diagnostics{source.Wrap("", source.CodeScriptFailed, err)}
	}
	return list
}

// placed returns d with its place in the script.
func placed(d source.Diagnostic, at syntax.Span) source.Diagnostic {
	d.Position, d.Excerpt = source.Position{File: at.File(), Line: at.Line(), Column: at.Col()}, at.Snippet()
	return d
}

// failures returns the mistakes in e: several if a command broke several rules.
func failures(e *interp.Error) source.Diagnostics {
	command := ""
	if e.Command != "" {
		command = e.Command + ": "
	}
	first := source.Wrap("", codeOf(e), e.Err)
	first.Err, first.Fix = e, e.Fix
	list := source.Diagnostics{first}
	if broken := (*exchange.InvalidError)(nil); errors.As(e.Err, &broken) {
		others := broken.Problems[1:]
		for i := range others {
			other := source.Mistake("", others[i].Code, "%s: %s", others[i].Path, others[i].Detail)
			other.Err = &others[i]
			list = append(list, other)
		}
		if len(others) > 0 {
			text, _ := strings.CutSuffix(e.Err.Error(), "\n"+others.Error())
			list[0].Detail = strings.TrimSuffix(text, " ("+string(first.Code)+")")
		}
	}
	for i := range list {
		list[i].Detail = command + list[i].Detail
		list[i] = placed(list[i], e.Where)
	}
	return list
}

// codeOf returns the code of an error that has no Diagnostic with one.
func codeOf(e *interp.Error) source.Code {
	var notFound *exchange.NotFoundError
	var argument *object.ArgumentError
	switch {
	case e.Code != "":
		return e.Code
	case errors.Is(e.Err, interp.ErrLimit):
		return source.CodeLimitExceeded
	case errors.Is(e.Err, context.Canceled), errors.Is(e.Err, context.DeadlineExceeded):
		return source.CodeInterrupted
	case errors.As(e.Err, &notFound):
		return source.CodeNotFound
	case errors.As(e.Err, &argument):
		return source.CodeValueInvalid
	case e.Command != "":
		return source.CodeCommandFailed
	}
	return source.CodeScriptFailed
}
