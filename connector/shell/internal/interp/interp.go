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
	funcs    map[string]*command // functions that scripts defined, by folded name
	global   *scope
	at       place
	patterns patternCache

	// of the Run under way
	m        *meter
	out      io.Writer
	errs     Errors
	failures int                  // errors so far, silenced ones too
	ok       bool                 // $?
	target   string               // Call.Target of the pipeline under way
	warned   map[syntax.Span]bool // the places for which warnOnce gave a warning
	exited   *int                 // the code that exit gave; nil: the script ran to its end
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
	in := &Interp{opt: opt, ok: true, global: newScope(nil), funcs: map[string]*command{}}
	for name, v := range opt.Variables {
		in.global.vars[object.Fold(name)] = v
	}
	in.at.scope = in.global
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

// run runs a script. It drops each statement once it has run, because the tree
// of a hundred thousand commands is large.
func (in *Interp) run(ctx context.Context, script *syntax.Script) error {
	in.m = &meter{ctx: ctx, limits: in.opt.Limits}
	in.out = meteredWriter{in.m, in.opt.Out}
	in.errs, in.target = nil, ""
	in.warned = make(map[syntax.Span]bool)
	in.at, in.exited = place{scope: in.global}, nil
	if in.scriptParams(script) == nil {
		in.runScript(script)
	}
	if len(in.errs) == 0 {
		return nil
	}
	return in.errs
}

// runScript runs the statements of a script and shows what each puts out.
func (in *Interp) runScript(script *syntax.Script) {
	for i, s := range script.Body {
		script.Body[i] = nil
		shown := &display{in: in}
		err := in.bounded(func() error { return in.exec(s, shown.add) })
		if flushErr := shown.flush(); err == nil {
			err = at(s, flushErr)
		}
		if err := in.settle(s, err); err != nil {
			in.leave(err)
			return
		}
	}
}

// leave records how the script ended: by return, by exit, or by an error, which is
// recorded already.
func (in *Interp) leave(err error) {
	var jump *errJump
	if !errors.As(err, &jump) || jump.kind != syntax.Exit {
		return
	}
	in.exited = &jump.code
	if jump.code != 0 {
		_ = in.record(&Error{Where: jump.node.Where(), Err: fmt.Errorf("the script ended itself with exit %d", jump.code)})
	}
}

// Exited returns the value that the last script gave to exit, and whether it ended so.
// A code other than 0 is an error of Run, too.
func (in *Interp) Exited() (code int, ok bool) {
	if in.exited == nil {
		return 0, false
	}
	return *in.exited, true
}

// Variable returns the variable of that name, in any letter case and without $.
func (in *Interp) Variable(name string) (object.Value, bool) {
	return in.global.get(object.Fold(name))
}

// settle handles the error of a statement. It returns an error if the statements
// that follow mustn't run.
func (in *Interp) settle(n syntax.Node, err error) error {
	if err == nil {
		return nil
	}
	if isStop(err) {
		return err // for a pipeline or loop further up
	}
	var end *errTerminate
	if errors.As(err, &end) {
		return err // is recorded already
	}
	if in.at.tries > 0 {
		return at(n, err) // for a catch further up
	}
	placed := asError(at(n, err))
	if recordErr := in.record(placed); recordErr != nil {
		return recordErr
	}
	// The statements that follow would use a wrong value.
	if !placed.command || in.m.fatal(err) || strings.EqualFold(in.preference("ERRORACTIONPREFERENCE"), "Stop") {
		return &errTerminate{placed}
	}
	return nil
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

// warn shows the user a warning. What is handed to
// Options.Warn counts as output, because its caller may keep it.
func (in *Interp) warn(n syntax.Node, text string) {
	if in.opt.Warn != nil {
		in.m.output += warningBytes + int64(len(text))
		in.opt.Warn(position(n), text)
		return
	}
	in.print("WARNING: " + text)
}

// warnOnce gives a warning of the interpreter's own: with the place, and once for each
// place, because the place may be in a loop.
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

// warningBytes is more memory than a warning takes without its text.
const warningBytes = 512

// maxWarnings is how many warnings of its own the interpreter gives.
const maxWarnings = 100

// print writes a line that isn't part of the pipeline. A writer that fails is
// noticed by what the script prints in the pipeline.
func (in *Interp) print(line string) {
	_, _ = io.WriteString(in.out, line+"\n")
}
