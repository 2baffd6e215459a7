package interp

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

// builtins are the cmdlets of PowerShell itself, by folded name and alias.
func builtins() map[string]*command {
	all := make(map[string]*command)
	for _, group := range [][]*command{
		choosing(), ordering(), printing(), formatting(), converting(), making(), helping(),
		asking(), searching(), changing(), effectless(),
	} {
		for _, c := range group {
			all[object.Fold(c.name)] = c
			for _, alias := range c.aliases {
				all[object.Fold(alias)] = c
			}
		}
	}
	return all
}

// inputObject is the parameter by which a built-in cmdlet takes objects that don't
// come through the pipeline.
var inputObject = object.Parameter{Name: "InputObject", Type: "Object", Position: object.Named, Pipeline: true,
	Help: "The objects, if they don't come through the pipeline."}

// parameter is a parameter by name, type and position.
func parameter(name, typ string, position int, help string, aliases ...string) object.Parameter {
	return object.Parameter{Name: name, Type: typ, Position: position, Help: help, Aliases: aliases}
}

// flag is a parameter without a value.
func flag(name, help string, aliases ...string) object.Parameter {
	return object.Parameter{Name: name, Type: "SwitchParameter", Position: object.Named, Switch: true, Help: help, Aliases: aliases}
}

// required makes a parameter mandatory.
func required(p object.Parameter) object.Parameter {
	p.Mandatory = true
	return p
}

// funcStage is a built-in cmdlet at work.
type funcStage struct {
	inv  *invocation
	each func(object.Value) error
	last func() error // nil: nothing
}

// work makes a stage of what to do for each object and after the last one.
func (inv *invocation) work(each func(object.Value) error, last func() error) *funcStage {
	return &funcStage{inv, each, last}
}

func (s *funcStage) process(v object.Value) error {
	must(s.inv.node, s.inv.in.m.step(1))
	return s.each(v)
}

func (s *funcStage) end() error {
	if v, ok := s.inv.args[inputObject.Name]; ok && !s.inv.piped {
		if err := s.inv.in.unroll(s.inv.node, v, s.process); err != nil {
			return err
		}
	}
	if s.last == nil {
		return nil
	}
	return s.last()
}

// gather makes a stage that works on all objects at once.
func (inv *invocation) gather(work func([]object.Value) error) *funcStage {
	var items []object.Value
	each := func(v object.Value) error {
		must(inv.node, inv.in.keep(v, len(items)+1))
		items = append(items, v)
		return nil
	}
	return inv.work(each, func() error { return work(items) })
}

// once makes the stage of a cmdlet that takes nothing from the pipeline.
func (inv *invocation) once(run func() error) stage {
	return inv.work(func(object.Value) error { return nil }, run)
}

// each makes the stage of a cmdlet that does something with each value of an argument
// that may come through the pipeline.
func (inv *invocation) each(name string, use func(object.Value) error) stage {
	return inv.work(use, func() error {
		for _, v := range object.Items(inv.args[name]) {
			if err := use(v); err != nil {
				return err
			}
		}
		return nil
	})
}

// emitAll emits values one by one.
func emitAll[T any](inv *invocation, values []T) error {
	for _, v := range values {
		if err := inv.emit(v); err != nil {
			return err
		}
	}
	return nil
}

// where is the place of an argument, or of the command.
func (inv *invocation) where(name string) syntax.Node {
	if span, ok := inv.spans[name]; ok {
		return span
	}
	return inv.node.NameSpan
}

// text is an argument as text, "" if it wasn't given.
func (inv *invocation) text(name string) string {
	return inv.in.text(inv.where(name), inv.args[name])
}

// number is an argument as a whole number that isn't negative, def if it wasn't
// given.
func (inv *invocation) number(name string, def int64) (int64, error) {
	v, ok := inv.args[name]
	if !ok {
		return def, nil
	}
	i, ok := wholeNumber(v)
	if !ok || i < 0 {
		return 0, failf(inv.where(name), "-%s is a whole number from 0", name)
	}
	return i, nil
}

func (inv *invocation) on(name string) bool { return object.Truth(inv.args[name]) }

// runBlock runs a script block with v as $_.
func (in *Interp) runBlock(b *block, v object.Value, emit emitter) error {
	must(b.node, in.m.enter())
	defer in.m.leave()
	return returned(in.withCurrent(v, func() error { return in.runBody(b.node.Body, emit) }))
}

// result returns the output of a script block with v as $_.
func (in *Interp) result(b *block, v object.Value) (object.Value, error) {
	items, err := in.collect(b.node, func(emit emitter) error { return in.runBlock(b, v, emit) })
	return object.Collect(items), err
}

// customField returns the full name of a key of a calculated property; "" if it has no
// such key.
func customField(name string) string {
	switch strings.ToLower(name) {
	case "n", "name", "l", "label":
		return "name"
	case "e", "expression":
		return "expression"
	case "descending", "ascending":
		return strings.ToLower(name)
	}
	return ""
}
