package interp

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
	"github.com/interchange-smtp/interchange/connector/source"
)

// externalStage runs a command of the caller's: once for each object of the pipeline,
// or once without a pipeline.
type externalStage struct {
	*invocation
	byValue, byName []*object.Parameter // those not given by the author
}

func startExternal(inv *invocation) (stage, error) {
	s := &externalStage{invocation: inv}
	for i := range inv.cmd.params {
		p := &inv.cmd.params[i]
		if _, given := inv.spans[p.Name]; given {
			continue
		}
		if p.Pipeline {
			s.byValue = append(s.byValue, p)
		}
		if p.PipelineByName {
			s.byName = append(s.byName, p)
		}
	}
	return s, nil
}

func (s *externalStage) end() error {
	if s.piped {
		return nil
	}
	return s.run(s.args, nil)
}

// process binds one object of the pipeline and runs the command for it.
func (s *externalStage) process(v object.Value) error {
	args := s.args
	bound := false
	bind := func(p *object.Parameter, v object.Value) {
		if !bound {
			args = maps.Clone(s.args)
		}
		args[p.Name] = v
		bound = true
	}
	if p := s.takes(v); p != nil {
		bind(p, v)
		return s.run(args, v)
	}
	for _, p := range s.byName {
		if field, ok := propertyFor(v, p); ok {
			bind(p, field)
		}
	}
	for _, p := range s.byValue {
		// An object that is only a row of properties stands for itself only if
		// none of them is meant.
		if _, done := args[p.Name]; !done {
			bind(p, v)
		}
	}
	if !bound {
		return s.fail(errors.New("the piped object has no property that this cmdlet accepts"))
	}
	if p := s.missing(args); p != "" {
		return s.fail(errors.New("the piped object has no " + p + ", and -" + p + " isn't given"))
	}
	return s.run(args, v)
}

// takes is the parameter that takes objects of v's type, unless the author gave it.
func (s *externalStage) takes(v object.Value) *object.Parameter {
	o, ok := v.(*object.Object)
	if !ok || o.Ref == nil {
		return nil
	}
	for i := range s.cmd.params {
		p := &s.cmd.params[i]
		if _, given := s.spans[p.Name]; !given && slices.Contains(p.Objects, o.Type) {
			return p
		}
	}
	return nil
}

// missing is the first parameter that must be there and isn't.
func (s *externalStage) missing(args map[string]object.Value) string {
	for i := range s.cmd.params {
		p := &s.cmd.params[i]
		if _, ok := args[p.Name]; p.Mandatory && !ok {
			return p.Name
		}
	}
	return ""
}

// propertyFor is the property of a row, such as Import-Csv makes, that is for p.
// An object of the store's own stands for itself.
func propertyFor(v object.Value, p *object.Parameter) (object.Value, bool) {
	o, ok := v.(*object.Object)
	if !ok || o.Ref != nil && p.Pipeline {
		return nil, false
	}
	for _, name := range append([]string{p.Name}, p.Aliases...) {
		if field, ok := o.Get(name); ok {
			return field, true
		}
	}
	return nil, false
}

// run runs the command once. Its error stops this object only, unless the author
// said otherwise.
func (s *externalStage) run(args map[string]object.Value, input object.Value) error {
	in := s.in
	must(s.node, in.m.step(1))
	var emitErr error
	call := &object.Call{
		Context: in.m.ctx,
		Args:    args,
		Input:   input,
		Piped:   s.piped,
		Target:  s.target,
		Emit: func(v object.Value) error {
			if emitErr == nil {
				emitErr = in.bounded(func() error { return s.emitMade(v) })
			}
			return emitErr
		},
		Warn:    s.warn,
		Verbose: s.verbose,
		Confirm: s.confirm,
		WhatIf:  s.whatIf(),
		Pos:     position(s.node),
		At: func(name string) source.Position {
			if span, ok := s.spans[name]; ok {
				return position(span)
			}
			return position(s.node)
		},
	}
	err := s.cmd.external.Run(call)
	if emitErr != nil {
		return emitErr // the command's own error, if any, comes of it
	}
	if err != nil {
		return s.fail(err)
	}
	return nil
}

// emitMade hands on an object that the command made, and pays for its properties.
func (s *externalStage) emitMade(v object.Value) error {
	if o, ok := v.(*object.Object); ok {
		must(s.node, s.in.m.step(int64(len(o.Names()))/propertiesPerStep))
	}
	return s.emit(v)
}

// propertiesPerStep is how many properties a command makes in about the time of a
// step.
const propertiesPerStep = 4

// fail takes the error of a command as -ErrorAction says.
func (inv *invocation) fail(err error) error {
	in := inv.in
	if in.m.fatal(err) || isStop(err) {
		return at(inv.node, err)
	}
	e := &Error{Where: inv.node.NameSpan, Command: inv.cmd.name, Err: err}
	var arg *object.ArgumentError
	if errors.As(err, &arg) {
		if span, ok := inv.spans[arg.Parameter]; ok {
			e.Where = span
		}
	}
	inv.note(inv.common.errorVariable, in.remember(e))
	e.command = true
	action := inv.common.errorAction
	asked := action != ""
	if !asked {
		action = in.preference("ERRORACTIONPREFERENCE")
	}
	silent := slices.Contains(inv.node.ToNull, syntax.StreamError) || slices.Contains(inv.node.ToNull, syntax.StreamAll)
	switch {
	case in.at.tries > 0 && !silent && (!asked && !quietAction(action) || strings.EqualFold(action, "Stop")):
		return e // for the catch
	case strings.EqualFold(action, "Stop"):
		if err := in.record(e); err != nil {
			return err
		}
		return &errTerminate{e}
	case silent, quietAction(action):
		in.failures++
		return nil
	}
	return in.record(e)
}

func quietAction(action string) bool {
	return strings.EqualFold(action, "SilentlyContinue") || strings.EqualFold(action, "Ignore")
}

// beginNotes empties the variables of -ErrorVariable and -WarningVariable, unless
// they are written +name.
func (inv *invocation) beginNotes() {
	for _, name := range []string{inv.common.errorVariable, inv.common.warningVariable} {
		if name != "" && !strings.HasPrefix(name, "+") {
			inv.in.set(object.Fold(name), new(object.List))
		}
	}
}

// note appends to such a variable.
func (inv *invocation) note(name string, v object.Value) {
	if name == "" {
		return
	}
	key := object.Fold(strings.TrimPrefix(name, "+"))
	list, ok := inv.in.get(key).(*object.List)
	if !ok {
		list = new(object.List)
		inv.in.set(key, list)
	}
	if len(list.Items) < maxWarnings {
		list.Add(v)
	}
}

func (inv *invocation) warn(text string) {
	in := inv.in
	inv.note(inv.common.warningVariable, text)
	action := inv.common.warningAction
	if action == "" {
		action = in.preference("WARNINGPREFERENCE")
	}
	quiet := slices.Contains(inv.node.ToNull, syntax.StreamWarning) || slices.Contains(inv.node.ToNull, syntax.StreamAll)
	if quiet || quietAction(action) {
		return
	}
	in.warn(inv.node, text)
}

func (inv *invocation) verbose(text string) {
	in := inv.in
	quiet := slices.Contains(inv.node.ToNull, syntax.StreamVerbose) || slices.Contains(inv.node.ToNull, syntax.StreamAll)
	wanted := strings.EqualFold(in.preference("VERBOSEPREFERENCE"), "Continue")
	if _, given := inv.spans["Verbose"]; given {
		wanted = inv.common.verbose
	}
	if wanted && !quiet {
		in.print("VERBOSE: " + text)
	}
}

func (inv *invocation) whatIf() bool {
	if _, given := inv.spans["WhatIf"]; given {
		return inv.common.whatIf
	}
	return object.Truth(inv.in.get("WHATIFPREFERENCE"))
}

// performing says what is to be done.
func performing(action, target string) string {
	return `Performing the operation "` + action + `" on target "` + target + `".`
}

// confirm is Call.Confirm.
func (inv *invocation) confirm(action, target string) (bool, error) {
	in := inv.in
	text := visible(performing(action, target))
	if inv.whatIf() {
		in.print("What if: " + text)
		return false, nil
	}
	inv.verbose(text)
	asks := inv.common.confirm
	if c, ok := inv.cmd.external.(object.Confirmer); ok && !inv.common.confirmSet {
		asks = c.ConfirmsByDefault() && !strings.EqualFold(in.preference("CONFIRMPREFERENCE"), "None")
		asks = asks && in.opt.Confirm != nil
	}
	switch {
	case !asks:
		return true, nil
	case in.opt.Confirm == nil:
		return false, errors.New("-Confirm needs an answer, but the session is not interactive")
	}
	return in.opt.Confirm(text)
}
