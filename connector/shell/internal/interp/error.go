package interp

import (
	"errors"
	"fmt"

	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
	"github.com/interchange-smtp/interchange/connector/source"
)

// Error is one error of a running script.
type Error struct {
	Where   syntax.Span
	Command string // the cmdlet that failed; empty if none did
	Err     error
	Fix     string // what to write instead; empty if Err says it all

	// Code is the kind of mistake; empty if only the type of Err says it.
	Code source.Code

	// command says that the error is about which command or parameter there is:
	// no value came of it, and the statements that follow are run.
	command bool
}

// Error returns place and text, the line of the script with the offending part
// underlined, and what is supported instead.
func (e *Error) Error() string {
	msg := e.Err.Error()
	if e.Command != "" {
		msg = e.Command + ": " + msg
	}
	return (&syntax.Error{Span: e.Where, Msg: msg, Fix: e.Fix}).Error()
}

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }

// Errors is all errors of a Run, in order. It is never empty.
type Errors = syntax.List[*Error]

// failf makes the error of a part of the script.
func failf(n syntax.Node, format string, args ...any) error {
	return &Error{Where: n.Where(), Err: fmt.Errorf(format, args...)}
}

// at puts a place to err if it has none.
func at(n syntax.Node, err error) error {
	if err == nil {
		return nil
	}
	var placed *Error
	if errors.As(err, &placed) || isStop(err) {
		return err
	}
	return &Error{Where: n.Where(), Err: err}
}

// exhausted is the panic that ends a script which used more than its limits allow,
// or whose context ended.
type exhausted struct{ err error }

// must ends the script at n if err, an error of the meter, isn't nil: it panics, and
// bounded returns the error to the top of the script. So the functions in between
// return only the errors that a script can handle.
func must(n syntax.Node, err error) {
	if err != nil {
		panic(exhausted{at(n, err)})
	}
}

// bounded runs f and returns its error, or the one with which must ended the script.
func (in *Interp) bounded(f func() error) (err error) {
	before := in.at
	defer func() {
		switch r := recover().(type) {
		case nil:
		case exhausted:
			in.at, err = before, r.err
		default:
			panic(r)
		}
	}()
	return f()
}

// errStop says that a stage needs no more objects, as Select-Object -First does
// when it has them. It goes up the pipeline to where the stage was made.
type errStop struct{ stage stage }

func (*errStop) Error() string { return "the pipeline was stopped" }

// isStop reports whether err isn't a mistake, but ends a stage or makes the script
// go on elsewhere.
func isStop(err error) bool {
	var stop *errStop
	var jump *errJump
	return errors.As(err, &stop) || errors.As(err, &jump)
}

// commandError makes the error of a command that isn't there or can't be called so.
func commandError(n syntax.Node, code source.Code, format string, args ...any) error {
	return &Error{Where: n.Where(), Code: code, Err: fmt.Errorf(format, args...), command: true}
}

// errTerminate ends the script after an error that is recorded already.
type errTerminate struct{ err *Error }

func (e *errTerminate) Error() string { return e.err.Error() }
func (e *errTerminate) Unwrap() error { return e.err }

// position returns the place of n as commands get it.
func position(n syntax.Node) source.Position {
	s := n.Where()
	return source.Position{File: s.File(), Line: s.Line(), Column: s.Col()}
}
