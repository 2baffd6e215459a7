package interp

import (
	"errors"
	"slices"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

// pipeline runs one pipeline; each object goes all the way before the next.
func (in *Interp) pipeline(p *syntax.Pipeline, emit emitter) error {
	source, isExpr := p.Elements[0].(*syntax.ExprElement)
	if isExpr && len(p.Elements) == 1 {
		return in.feed(source, emit)
	}
	stages, err := in.stages(p, emit)
	if err != nil {
		return err
	}
	next := 0 // the first stage that wasn't ended yet
	if isExpr {
		err = in.feed(source, stages[0].process)
		if next, err = resume(stages, 0, err); err != nil {
			return at(source, err)
		}
	}
	for next < len(stages) {
		err := stages[next].end()
		if next, err = resume(stages, next+1, err); err != nil {
			return at(p, err)
		}
	}
	return nil
}

// resume returns the stage with which to go on after err: if a stage of this pipeline
// needs no more objects, that stage, which then ends.
func resume(stages []stage, next int, err error) (int, error) {
	var stop *errStop
	if errors.As(err, &stop) {
		if i := slices.Index(stages, stop.stage); i >= 0 {
			return max(i, next), nil
		}
	}
	return next, err
}

// feed evaluates an expression and hands on its elements.
func (in *Interp) feed(e *syntax.ExprElement, emit emitter) error {
	v, err := in.eval(e.Value)
	if err != nil || e.ToNull {
		return err
	}
	return in.unroll(e, v, emit)
}

// unroll hands on the elements of a list, or the value itself.
func (in *Interp) unroll(n syntax.Node, v object.Value, emit emitter) error {
	l, ok := v.(*object.List)
	if !ok {
		if v == nil {
			return nil
		}
		return emit(v)
	}
	items := l.Items
	for _, item := range items[:len(items):len(items)] {
		must(n, in.m.step(1))
		if err := emit(item); err != nil {
			return err
		}
	}
	return nil
}

// stages starts the commands of a pipeline, the last one first, since each needs
// the one that it hands its objects to.
func (in *Interp) stages(p *syntax.Pipeline, emit emitter) ([]stage, error) {
	bound := make([]*invocation, 0, len(p.Elements))
	for i, e := range p.Elements {
		n, ok := e.(*syntax.Command)
		if !ok {
			continue
		}
		cmd, err := in.lookup(n)
		if err != nil {
			return nil, err
		}
		inv, err := in.bind(n, cmd, i > 0)
		if err != nil {
			return nil, err
		}
		bound = append(bound, inv)
	}
	if len(bound) == 0 {
		return nil, failf(p, "the pipeline has no commands")
	}
	stages := make([]stage, len(bound))
	for i := len(bound) - 1; i >= 0; i-- {
		inv := bound[i]
		inv.emit = inv.output(emit)
		inv.beginNotes()
		s, err := inv.cmd.start(inv)
		if err != nil {
			err = at(inv.node.NameSpan, err)
			asError(err).command = true
			return nil, err
		}
		stages[i] = s
		emit = s.process
	}
	return stages, nil
}

// output is where a command's objects go: to the next stage, apart from what the
// author sends to $null or keeps in a variable.
func (inv *invocation) output(next emitter) emitter {
	in := inv.in
	if slices.Contains(inv.node.ToNull, syntax.StreamOutput) || slices.Contains(inv.node.ToNull, syntax.StreamAll) {
		next = func(object.Value) error { return nil }
	}
	if name := inv.common.outVariable; name != "" {
		kept := new(object.List)
		in.set(object.Fold(name), kept)
		hand := next
		next = func(v object.Value) error {
			if err := in.keep(v, len(kept.Items)+1); err != nil {
				return err
			}
			kept.Items = append(kept.Items, v)
			return hand(v)
		}
	}
	inv.emitWhole = next
	return func(v object.Value) error {
		must(inv.node, in.m.step(1))
		return in.unroll(inv.node, v, next)
	}
}
