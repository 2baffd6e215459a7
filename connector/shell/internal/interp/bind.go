package interp

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
	"github.com/interchange-smtp/interchange/connector/source"
)

// positional is an argument without a name.
type positional struct {
	span  syntax.Span
	expr  syntax.Expr // nil: value, which a splat brought
	value object.Value
}

// bind evaluates the arguments of a command and finds their parameters.
func (in *Interp) bind(n *syntax.Command, cmd *command, piped bool) (*invocation, error) {
	inv := &invocation{in: in, cmd: cmd, node: n, piped: piped, target: in.target,
		args: make(map[string]object.Value, len(n.Args)), spans: make(map[string]syntax.Span, len(n.Args))}
	in.target = "" // commands within the arguments have no target
	var loose []positional
	for i := 0; i < len(n.Args); i++ {
		must(n, in.m.step(1))
		switch a := n.Args[i].(type) {
		case *syntax.Argument:
			loose = append(loose, positional{span: a.Span, expr: a.Value})
		case *syntax.Splat:
			more, err := inv.splat(a)
			if err != nil {
				return nil, err
			}
			loose = append(loose, more...)
		case *syntax.Parameter:
			used, err := inv.named(a, n.Args[i+1:])
			if err != nil {
				return nil, err
			}
			i += used
		}
	}
	if err := inv.place(loose); err != nil {
		return nil, err
	}
	return inv, inv.mandatory()
}

// named binds -Name, -Name:value or -Name value and returns how many of the
// arguments after it that took.
func (inv *invocation) named(a *syntax.Parameter, rest []syntax.Arg) (used int, err error) {
	i, err := inv.resolve(a, a.Name)
	if err != nil {
		return 0, err
	}
	p := inv.cmd.parameter(i)
	value := a.Value
	span := a.Span
	if value == nil && p.Switch {
		return 0, inv.set(a, i, span, true)
	}
	if value == nil {
		next, ok := first(rest)
		if !ok {
			return 0, commandError(a, source.CodeParameterMissing, "-%s needs a value", p.Name)
		}
		value, span, used = next.Value, next.Span, 1
	}
	v, err := inv.argument(p, value)
	if err != nil {
		return 0, err
	}
	return used, inv.set(a, i, span, v)
}

// first is the first of args if it is a value.
func first(args []syntax.Arg) (*syntax.Argument, bool) {
	if len(args) == 0 {
		return nil, false
	}
	a, ok := args[0].(*syntax.Argument)
	return a, ok
}

// resolve finds a parameter by what was written of its name.
func (inv *invocation) resolve(n syntax.Node, name string) (int, error) {
	i, several := inv.cmd.find(name)
	switch {
	case i >= 0:
		return i, nil
	case len(several) > 0:
		slices.Sort(several)
		return 0, commandError(n, source.CodeAmbiguous, "-%s may be -%s", name, strings.Join(several, ", -"))
	}
	text := fmt.Sprintf("%s has no parameter -%.64s", inv.cmd.name, name)
	if near := inv.in.near(name, inv.cmd.parameterNames()); near != "" {
		text += "; did you mean -" + near + "?"
	}
	return 0, &Error{Where: n.Where(), Code: source.CodeParameterUnknown, Err: errors.New(text), command: true}
}

// argument evaluates the value of a parameter. A number written without quotes for a
// parameter of text keeps its spelling: -Name 010.
func (inv *invocation) argument(p *object.Parameter, e syntax.Expr) (object.Value, error) {
	if !takesNumbers(p.Type) {
		switch e := e.(type) {
		case *syntax.Number:
			must(e, inv.in.m.step(1))
			return e.Text, nil
		case *syntax.Array:
			if slices.ContainsFunc(e.Items, isNumber) {
				return inv.texts(p, e)
			}
		}
	}
	return inv.in.eval(e)
}

func isNumber(e syntax.Expr) bool {
	_, ok := e.(*syntax.Number)
	return ok
}

func (inv *invocation) texts(p *object.Parameter, e *syntax.Array) (object.Value, error) {
	must(e, inv.in.m.newList(len(e.Items)))
	l := &object.List{Items: make([]object.Value, len(e.Items))}
	for i, item := range e.Items {
		v, err := inv.argument(p, item)
		if err != nil {
			return nil, err
		}
		l.Items[i] = v
	}
	return l, nil
}

// takesNumbers reports whether parameters of a type take numbers as numbers.
func takesNumbers(typ string) bool {
	for _, prefix := range []string{"Int", "UInt", "Byte", "Double", "Single", "Decimal", "Unlimited", "Bool", "Switch", "Object"} {
		if strings.HasPrefix(typ, prefix) {
			return true
		}
	}
	return typ == ""
}

// set binds a value to the parameter at i.
func (inv *invocation) set(n syntax.Node, i int, span syntax.Span, v object.Value) error {
	p := inv.cmd.parameter(i)
	if _, twice := inv.spans[p.Name]; twice {
		return commandError(n, source.CodeParameterDuplicate, "-%s is given twice", p.Name)
	}
	inv.spans[p.Name] = span
	if p.Switch {
		v = object.Truth(v)
	}
	if i < len(inv.cmd.params) {
		inv.args[p.Name] = v
		return nil
	}
	return inv.setCommon(n, p, v)
}

// setCommon binds a parameter that every cmdlet has.
func (inv *invocation) setCommon(n syntax.Node, p *object.Parameter, v object.Value) error {
	text := object.Text(scalar(v))
	if len(p.Values) > 0 {
		i := slices.IndexFunc(p.Values, func(s string) bool { return strings.EqualFold(s, text) })
		if i < 0 {
			return commandError(n, source.CodeValueInvalid, "-%s is one of %s", p.Name, strings.Join(p.Values, ", "))
		}
		text = p.Values[i]
	}
	c := &inv.common
	switch p.Name {
	case "Confirm":
		c.confirm, c.confirmSet = object.Truth(v), true
	case "ErrorAction":
		c.errorAction = text
	case "ErrorVariable":
		c.errorVariable = text
	case "OutVariable":
		c.outVariable = text
	case "Verbose":
		c.verbose = object.Truth(v)
	case "WarningAction":
		c.warningAction = text
	case "WarningVariable":
		c.warningVariable = text
	case "WhatIf":
		c.whatIf = object.Truth(v)
	}
	return nil
}

// splat binds the entries of @variable: those of a hashtable by name, those of a
// list by position.
func (inv *invocation) splat(a *syntax.Splat) ([]positional, error) {
	v, err := inv.in.variable(a.Variable)
	if err != nil {
		return nil, err
	}
	must(a, inv.in.m.read(v))
	t, ok := v.(*object.Table)
	if !ok {
		var out []positional
		for _, item := range object.Items(v) {
			out = append(out, positional{span: a.Span, value: item})
		}
		return out, nil
	}
	for name, item := range t.All() {
		i, err := inv.resolve(a, name)
		if err != nil {
			return nil, err
		}
		if err := inv.set(a, i, a.Span, item); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// place binds the arguments without a name, in order of position.
func (inv *invocation) place(loose []positional) error {
	if len(loose) == 0 {
		return nil
	}
	var free []int
	for i, p := range inv.cmd.params {
		if _, bound := inv.spans[p.Name]; !bound && (p.Position >= 0 || p.Remaining) {
			free = append(free, i)
		}
	}
	slices.SortStableFunc(free, func(a, b int) int {
		return cmp.Compare(uint(inv.cmd.params[a].Position), uint(inv.cmd.params[b].Position))
	})
	for _, i := range free {
		if len(loose) == 0 {
			return nil
		}
		p := &inv.cmd.params[i]
		if p.Remaining && len(loose) > 1 {
			return inv.remaining(i, loose)
		}
		v, err := inv.loose(p, loose[0])
		if err != nil {
			return err
		}
		if err := inv.set(loose[0].span, i, loose[0].span, v); err != nil {
			return err
		}
		loose = loose[1:]
	}
	if len(loose) == 0 {
		return nil
	}
	return commandError(loose[0].span, source.CodeParameterUnknown, "%s has no parameter left for a value without a name", inv.cmd.name)
}

func (inv *invocation) loose(p *object.Parameter, a positional) (object.Value, error) {
	if a.expr == nil {
		return a.value, nil
	}
	return inv.argument(p, a.expr)
}

// remaining binds all remaining positional values to one parameter.
func (inv *invocation) remaining(i int, loose []positional) error {
	p := &inv.cmd.params[i]
	must(loose[0].span, inv.in.m.newList(len(loose)))
	l := new(object.List)
	for _, a := range loose {
		v, err := inv.loose(p, a)
		if err != nil {
			return err
		}
		l.Items = append(l.Items, v)
	}
	return inv.set(loose[0].span, i, loose[0].span, l)
}

// mandatory checks that each mandatory parameter has a value or may still get one from
// the pipeline.
func (inv *invocation) mandatory() error {
	var missing []string
	for _, p := range inv.cmd.params {
		if _, bound := inv.args[p.Name]; bound || !p.Mandatory || inv.piped && (p.Pipeline || p.PipelineByName) {
			continue
		}
		if inv.asked(p.Name) {
			continue
		}
		missing = append(missing, "-"+p.Name)
	}
	if len(missing) == 0 {
		return nil
	}
	return commandError(inv.node.NameSpan, source.CodeParameterMissing, "%s needs %s", inv.cmd.name, strings.Join(missing, ", "))
}
