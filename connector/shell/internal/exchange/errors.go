package exchange

import (
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/source"
)

// NotFoundError says that no object has an identity. Exchange's Get cmdlets return
// all objects then, and the next cmdlet in the pipeline would change them all.
type NotFoundError struct {
	Noun, Identity string
	Local          string // this server, if Identity names another one
}

// Error names the object.
func (e *NotFoundError) Error() string {
	local := ""
	if e.Local != "" {
		local = ", and this server is " + e.Local
	}
	return fmt.Sprintf("the %s %s wasn't found%s; Get-%s lists what there is", e.Noun, quote(e.Identity), local, e.Noun)
}

// InvalidError says which rules a command would have broken. Nothing changed.
type InvalidError struct {
	Problems source.Diagnostics
	blamed   bool // the error is put to the argument that the first one is about
}

// Error lists the problems.
func (e *InvalidError) Error() string {
	text := e.Problems.Error()
	if e.blamed { // the message already shows the argument
		text = strings.TrimPrefix(text, string(e.Problems[0].Path)+": ")
	}
	return text
}

// Unwrap returns the problems.
func (e *InvalidError) Unwrap() error { return e.Problems }

// coded is fmt.Errorf with a code.
func coded(code source.Code, format string, args ...any) error {
	d := source.Mistake("", code, format, args...)
	return &d
}

// unsupported is the error of a cmdlet or parameter that Exchange has and this package
// refuses.
func unsupported(what, why string) error {
	return coded(source.CodeUnsupported, "%s isn't supported: %s", what, why)
}

// about points an error at an argument, if that was given where the command
// stands.
func about(call *object.Call, parameter string, err error) error {
	if err == nil || call.Piped || !call.Has(parameter) {
		return err
	}
	return &object.ArgumentError{Parameter: parameter, Err: err}
}

func at(call *object.Call, parameter string) source.Position {
	if call.At == nil {
		return call.Pos
	}
	return call.At(parameter)
}

func invalid(errs source.Diagnostics) error {
	if len(errs) == 0 {
		return nil
	}
	return &InvalidError{Problems: errs}
}

// checked applies a check to the next configuration of an item. What it finds in the
// old one, too, isn't held against a change; old is nil for a new item.
func checked[C any](next, old *item[C], check func(C) source.Diagnostics) error {
	errs := check(next.cfg)
	if old != nil && len(errs) > 0 {
		errs = added(errs, check(old.cfg))
	}
	return invalid(errs)
}

// added returns the problems of now that weren't there before. Paths are not
// compared, because a connector may have been renamed.
func added(now, before source.Diagnostics) source.Diagnostics {
	return slices.DeleteFunc(now, func(p source.Diagnostic) bool {
		return slices.ContainsFunc(before, func(q source.Diagnostic) bool { return p.Code == q.Code && p.Detail == q.Detail })
	})
}
