package interp

import (
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
	"github.com/interchange-smtp/interchange/connector/source"
)

// define makes a command of a function.
func (in *Interp) define(s *syntax.Function) error {
	if _, known := in.funcs[object.Fold(s.Name)]; !known {
		must(s, in.keep(nil, len(in.funcs)+1))
	}
	c := &command{name: s.Name, synopsis: "A function of the script."}
	for i, p := range s.Params {
		described, err := in.describe(p, i)
		if err != nil {
			return err
		}
		c.params = append(c.params, described)
	}
	if !s.Advanced {
		c.params = append(c.params, object.Parameter{Name: "args", Type: "Object[]", Position: len(s.Params), Remaining: true,
			Help: "What is given beyond the parameters."})
	}
	c.start = func(inv *invocation) (stage, error) {
		return &call{invocation: inv, fn: s, scope: newScope(in.at.scope)}, nil
	}
	in.funcs[object.Fold(s.Name)] = c
	return nil
}

// call is a function at work in a pipeline.
type call struct {
	*invocation
	fn    *syntax.Function
	scope *scope
	begun bool
	input []object.Value // what came through the pipeline, of a function without process
}

// process runs the process block for one object, or keeps it for the end.
func (c *call) process(v object.Value) error {
	if err := c.begin(); err != nil {
		return err
	}
	if c.fn.Process == nil {
		must(c.node, c.in.keep(v, len(c.input)+1))
		c.input = append(c.input, v)
		return nil
	}
	return c.within(func(emit emitter) error {
		if err := c.takePiped(v); err != nil {
			return err
		}
		return c.in.withCurrent(v, func() error { return c.in.runBody(c.fn.Process.Body, emit) })
	})
}

func (c *call) end() error {
	if err := c.begin(); err != nil {
		return err
	}
	if c.fn.Process != nil && !c.piped {
		if err := c.within(func(emit emitter) error { return c.in.runBody(c.fn.Process.Body, emit) }); err != nil {
			return err
		}
	}
	if c.fn.End == nil {
		return nil
	}
	return c.within(func(emit emitter) error {
		if len(c.input) > 0 {
			if err := c.takePiped(c.input[len(c.input)-1]); err != nil {
				return err
			}
		}
		c.in.set("INPUT", &object.List{Items: c.input})
		return c.in.runBody(c.fn.End.Body, emit)
	})
}

// begin gives the parameters their values and runs the begin block, once.
func (c *call) begin() error {
	if c.begun {
		return nil
	}
	c.begun = true
	return c.within(func(emit emitter) error {
		if err := c.bindParams(); err != nil {
			return err
		}
		if c.fn.Begin == nil {
			return nil
		}
		return c.in.runBody(c.fn.Begin.Body, emit)
	})
}

// within runs a block of the function among its own variables. What it emits goes
// on among those of the caller.
func (c *call) within(run func(emit emitter) error) error {
	in := c.in
	caller := in.at
	back, err := in.m.call()
	must(c.node, err)
	defer back()
	in.at = place{scope: c.scope, tries: caller.tries}
	defer func() { in.at = caller }()
	return returned(run(in.outside(caller, func(v object.Value) error {
		must(c.node, in.m.step(1))
		return c.emitWhole(v)
	})))
}

// bindParams sets the variables of the parameters, and $args, $input and
// $PSBoundParameters.
func (c *call) bindParams() error {
	in := c.in
	bound := new(object.Table)
	for _, p := range c.fn.Params {
		v, given := c.args[p.Name]
		if given {
			bound.Set(p.Name, v)
		}
		v, err := in.paramValue(c.where(p.Name), p, v, given)
		if err != nil {
			return err
		}
		in.set(object.Fold(p.Name), v)
	}
	c.passCommon()
	in.set("PSBOUNDPARAMETERS", bound)
	in.set("ARGS", &object.List{Items: object.Items(c.args["args"])})
	in.set("INPUT", new(object.List))
	command := row("FunctionInfo", "Name", c.fn.Name)
	in.set("MYINVOCATION", row("InvocationInfo", "MyCommand", command, "InvocationName", c.node.Name, "BoundParameters", bound))
	must(c.node, in.keep(nil, len(c.fn.Params)+5))
	return nil
}

// passCommon applies the common parameters of the call to the cmdlets that the function
// runs.
func (c *call) passCommon() {
	in := c.in
	if action := c.common.errorAction; action != "" {
		in.set("ERRORACTIONPREFERENCE", action)
	}
	if _, given := c.spans["Verbose"]; given {
		in.set("VERBOSEPREFERENCE", map[bool]string{true: "Continue", false: "SilentlyContinue"}[c.common.verbose])
	}
	if _, given := c.spans["WhatIf"]; given {
		in.set("WHATIFPREFERENCE", c.common.whatIf)
	}
	if c.common.confirmSet && !c.common.confirm {
		in.set("CONFIRMPREFERENCE", "None")
	}
}

// takePiped gives an object of the pipeline to the parameters that take it.
func (c *call) takePiped(v object.Value) error {
	taken := false
	for i, p := range c.fn.Params {
		described := &c.cmd.params[i]
		if _, given := c.spans[p.Name]; given || !described.Pipeline && !described.PipelineByName {
			continue
		}
		value, found := v, described.Pipeline
		if described.PipelineByName {
			if field, ok := propertyFor(v, described); ok {
				value, found = field, true
			}
		}
		if !found {
			continue
		}
		value, err := c.in.paramValue(c.node.NameSpan, p, value, true)
		if err != nil {
			return err
		}
		c.in.set(object.Fold(p.Name), value)
		taken = true
	}
	if taken {
		return nil
	}
	for i := range c.cmd.params {
		if p := &c.cmd.params[i]; p.Mandatory && !c.bound(p.Name) {
			return commandError(c.node.NameSpan, source.CodeParameterMissing, "%s needs -%s", c.cmd.name, p.Name)
		}
	}
	return nil
}

func (inv *invocation) bound(name string) bool {
	_, ok := inv.args[name]
	return ok
}

// asked asks for a mandatory parameter of a function.
func (inv *invocation) asked(name string) bool {
	if inv.in.opt.Ask == nil || inv.cmd.external != nil || inv.in.funcs[object.Fold(inv.cmd.name)] != inv.cmd {
		return false
	}
	answer, ok := inv.in.opt.Ask(inv.cmd.name, name)
	if !ok {
		return false
	}
	inv.args[name] = answer
	return true
}

// scriptParams gives the parameters of a script their values. A script can't be called
// with arguments: a parameter without a default has the value that a script before it
// set, or the user is asked for it.
func (in *Interp) scriptParams(script *syntax.Script) error {
	for i, p := range script.Params {
		err := in.bounded(func() error { return in.scriptParam(p, i) })
		if err == nil {
			continue
		}
		_ = in.settle(p, err)
		return err
	}
	return nil
}

func (in *Interp) scriptParam(p *syntax.Param, i int) error {
	described, err := in.describe(p, i)
	if err != nil {
		return err
	}
	name := object.Fold(p.Name)
	v, given := in.global.vars[name]
	given = given && p.Default == nil
	if !given && described.Mandatory && p.Default == nil {
		if in.opt.Ask != nil {
			v, given = in.opt.Ask("param", p.Name)
		}
		if !given {
			return &Error{Where: p.Span, Err: fmt.Errorf("the script needs a value for $%s, and the session is not interactive", p.Name),
				Fix: "give it a default, $" + p.Name + " = '…' within param (…); a script before this one that sets it; or an answer, as docs/scripts.md has it"}
		}
	}
	if v, err = in.paramValue(p, p, v, given); err != nil {
		return err
	}
	return in.setVariable(&syntax.Variable{Span: p.Span, Name: p.Name}, v)
}

// paramValue is the value of a parameter: what was given, its default, or nothing
// of its type.
func (in *Interp) paramValue(n syntax.Node, p *syntax.Param, v object.Value, given bool) (object.Value, error) {
	if !given {
		if p.Default == nil {
			return nothing(p), nil
		}
		var err error
		if v, err = in.eval(p.Default); err != nil {
			return nil, err
		}
	}
	if p.Type != nil {
		var err error
		if v, err = in.convert(n, *p.Type, v); err != nil {
			return nil, err
		}
	}
	if !given {
		return v, nil // PowerShell trusts the script's own defaults, too
	}
	return v, in.validate(n, p, v)
}

// nothing is the value of a parameter that wasn't given.
func nothing(p *syntax.Param) object.Value {
	if p.Type == nil {
		return nil
	}
	switch plainType(p.Type.Name) {
	case "string":
		return ""
	case "bool", "boolean", "switch", "switchparameter":
		return false
	case "int", "int32", "int64", "long":
		return int64(0)
	}
	return nil
}

// call enters a function; the function that it returns leaves it again. The nesting
// within the function is counted from zero.
func (m *meter) call() (back func(), err error) {
	if m.calls >= m.limits.Calls {
		return nil, fmt.Errorf("%w: more than %d functions within each other", ErrLimit, m.limits.Calls)
	}
	depth := m.depth
	m.calls++
	m.depth = 0
	return func() { m.calls, m.depth = m.calls-1, depth }, m.step(1)
}

// isSwitch reports whether a parameter takes no value.
func isSwitch(p *syntax.Param) bool {
	return p.Type != nil && strings.HasPrefix(plainType(p.Type.Name), "switch")
}
