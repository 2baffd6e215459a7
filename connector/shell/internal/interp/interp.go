package interp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

// Interp runs scripts one after the other; variables live on from one Run to the
// next. It is not safe for concurrent use.
type Interp struct {
	opt      Options
	commands map[string]*command // by folded name and alias
	vars     map[string]object.Value
	patterns patternCache

	// of the Run under way
	m        *meter
	out      io.Writer
	errs     Errors
	failures int                  // errors so far, silenced ones too
	ok       bool                 // $?
	target   string               // Call.Target of the pipeline under way
	warned   map[syntax.Span]bool // where was warned once
}

// New returns an interpreter with the built-in cmdlets and those of opt.
func New(opt Options) *Interp {
	opt.Limits = opt.Limits.withDefaults()
	if opt.Out == nil {
		opt.Out = io.Discard
	}
	if opt.Width <= 0 {
		opt.Width = DefaultWidth
	}
	in := &Interp{opt: opt, ok: true, vars: make(map[string]object.Value, len(opt.Variables))}
	for name, v := range opt.Variables {
		in.vars[object.Fold(name)] = v
	}
	in.commands = builtins()
	for _, c := range opt.Commands {
		in.commands[object.Fold(c.Name())] = external(c)
	}
	return in
}

// Run parses and runs one script; file names it in errors. A script with a
// mistake in its syntax isn't begun. The error is syntax.Errors or Errors; both
// hold all that went wrong.
func (in *Interp) Run(ctx context.Context, file string, src []byte) error {
	script, err := syntax.Parse(file, src)
	if err != nil {
		return err
	}
	return in.run(ctx, script)
}

// run runs a script and takes it apart: a statement that is done is let go, since
// the tree of a hundred thousand commands is large.
func (in *Interp) run(ctx context.Context, script *syntax.Script) error {
	in.m = &meter{ctx: ctx, limits: in.opt.Limits}
	in.out = meteredWriter{in.m, in.opt.Out}
	in.errs, in.target = nil, ""
	in.warned = make(map[syntax.Span]bool)
	for i, s := range script.Body {
		script.Body[i] = nil
		shown := &display{in: in}
		err := in.exec(s, shown.add)
		if flushErr := shown.flush(); err == nil {
			err = at(s, flushErr)
		}
		if err := in.settle(s, err); err != nil {
			break
		}
	}
	if len(in.errs) == 0 {
		return nil
	}
	return in.errs
}

// Variable returns the variable of that name, in any letter case and without $.
func (in *Interp) Variable(name string) (object.Value, bool) {
	v, ok := in.vars[object.Fold(name)]
	return v, ok
}

// settle takes the error of a statement. It returns an error if the statements
// that follow mustn't run.
func (in *Interp) settle(n syntax.Node, err error) error {
	if err == nil {
		return nil
	}
	if isStop(err) {
		return err // for a pipeline further up
	}
	var end *errTerminate
	if errors.As(err, &end) {
		return err // is recorded already
	}
	placed := asError(at(n, err))
	if recordErr := in.record(placed); recordErr != nil {
		return recordErr
	}
	if in.m.fatal(err) || in.stopsByDefault() {
		return &errTerminate{placed}
	}
	return nil
}

// stopsByDefault reports whether $ErrorActionPreference is Stop.
func (in *Interp) stopsByDefault() bool {
	return strings.EqualFold(object.Text(in.vars[object.Fold("ErrorActionPreference")]), "Stop")
}

// record keeps an error for the result of Run. It returns an error when there are
// too many.
func (in *Interp) record(e *Error) error {
	in.failures++
	in.errs = append(in.errs, e)
	if len(in.errs) >= in.opt.Limits.Errors {
		many := &Error{Where: e.Where, Err: fmt.Errorf("%w: more than %d errors", ErrLimit, in.opt.Limits.Errors)}
		in.errs = append(in.errs, many)
		return &errTerminate{many}
	}
	return nil
}

// asError returns the *Error within err, which at made sure is there.
func asError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Err: err}
}

// warn tells the user of something that isn't an error.
func (in *Interp) warn(n syntax.Node, text string) {
	if in.opt.Warn != nil {
		in.opt.Warn(position(n), text)
		return
	}
	in.print("WARNING: " + text)
}

// warnOnce is warn for what the interpreter itself has to say: with the place, and
// once for each place, because it may stand in a loop.
func (in *Interp) warnOnce(n syntax.Node, text func() string) {
	place := n.Where()
	if in.warned[place] || len(in.warned) >= maxWarnings {
		return
	}
	in.warned[place] = true
	message := text()
	if in.opt.Warn == nil {
		message = place.String() + ": " + message
	}
	in.warn(n, message)
}

// maxWarnings is how many warnings of its own the interpreter gives.
const maxWarnings = 100

// print writes a line that isn't part of the pipeline. A writer that fails is
// noticed by what the script prints in the pipeline.
func (in *Interp) print(line string) {
	_, _ = io.WriteString(in.out, line+"\n")
}
