package shell

import (
	"errors"
	"fmt"

	"github.com/interchange-smtp/interchange/connector/shell/internal/interp"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

// Position is a place in a script or an export. The zero Position is nowhere.
type Position struct {
	File      string
	Line, Col int // from 1; Col counts characters; 0: not known
}

// String returns file:line:col, without what isn't known.
func (p Position) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Col == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// Error is one error of a script.
type Error struct {
	Position  Position
	Message   string // what is wrong
	Excerpt   string // the line of the script, and another that underlines the offending text; "" if it can't be shown
	Supported string // what to write instead; "" if Message says it all

	err error
}

// Error returns the place, the message, the excerpt and what is supported
// instead, on several lines.
func (e *Error) Error() string { return e.err.Error() }

// Unwrap returns the error that a command gave.
func (e *Error) Unwrap() error { return e.err }

// Errors are the errors of one script, in order; never empty.
type Errors []*Error

// Error returns all of them, each on its own lines.
func (e Errors) Error() string { return syntax.List[*Error](e).Error() }

// Unwrap returns the errors one by one.
func (e Errors) Unwrap() []error { return syntax.List[*Error](e).Unwrap() }

// Incomplete reports whether the error of Run only says that the script ended too
// soon, within a string, a bracket or a pipeline: a prompt goes on reading then.
func Incomplete(err error) bool {
	var list Errors
	var bad *syntax.Error
	return errors.As(err, &list) && len(list) == 1 && errors.As(list[0], &bad) && bad.Incomplete
}

// errorsOf makes Errors of what the interpreter gives.
func errorsOf(err error) error {
	var bad syntax.Errors
	var failed interp.Errors
	switch {
	case err == nil:
		return nil
	case errors.As(err, &bad):
		list := make(Errors, len(bad))
		for i, e := range bad {
			list[i] = newError(e.Span, e.Msg, e.Supported, e)
		}
		return list
	case errors.As(err, &failed):
		list := make(Errors, len(failed))
		for i, e := range failed {
			msg := e.Err.Error()
			if e.Command != "" {
				msg = e.Command + ": " + msg
			}
			list[i] = newError(e.Where, msg, e.Supported, e)
		}
		return list
	}
	return Errors{{Message: err.Error(), err: err}}
}

func newError(at syntax.Span, msg, supported string, err error) *Error {
	return &Error{
		Position: Position{File: at.File(), Line: at.Line(), Col: at.Col()},
		Message:  msg, Excerpt: at.Snippet(), Supported: supported, err: err,
	}
}
