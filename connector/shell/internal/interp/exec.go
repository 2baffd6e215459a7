package interp

import (
	"slices"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

// emitter takes one object of a pipeline.
type emitter = func(object.Value) error

// runBody runs statements; one that fails doesn't keep the next from running.
func (in *Interp) runBody(body []syntax.Statement, emit emitter) error {
	for _, s := range body {
		if err := in.settle(s, in.exec(s, emit)); err != nil {
			return err
		}
	}
	return nil
}

// exec runs one statement.
func (in *Interp) exec(s syntax.Statement, emit emitter) error {
	must(s, in.m.enter())
	defer in.m.leave()
	before := in.failures
	var err error
	switch s := s.(type) {
	case *syntax.Pipeline:
		err = in.pipeline(s, emit)
		in.ok = err == nil && in.failures == before
	case *syntax.Assign:
		_, err = in.assign(s)
		in.ok = err == nil && in.failures == before
	case *syntax.If:
		err = in.branch(s, emit)
	case *syntax.ForEach:
		err = in.foreach(s, emit)
	case *syntax.Loop:
		err = in.loop(s, emit)
	case *syntax.Switch:
		err = in.choose(s, emit)
	case *syntax.Try:
		err = in.try(s, emit)
	case *syntax.Flow:
		err = in.jump(s, emit)
	case *syntax.Function:
		err = in.define(s)
	default:
		err = failf(s, "this statement isn't supported")
	}
	return err
}

func (in *Interp) branch(s *syntax.If, emit emitter) error {
	for _, c := range s.Clauses {
		v, err := in.value(c.Cond)
		if err != nil {
			return err
		}
		if object.Truth(v) {
			return in.runBody(c.Body.Body, emit)
		}
	}
	if s.Else == nil {
		return nil
	}
	return in.runBody(s.Else.Body, emit)
}

// value returns the result of a statement as one value: an expression's value as it
// is, the output of a pipeline as $null, one value or a list.
func (in *Interp) value(s syntax.Statement) (object.Value, error) {
	if p, ok := s.(*syntax.Pipeline); ok && len(p.Elements) == 1 {
		if e, ok := p.Elements[0].(*syntax.ExprElement); ok && !e.ToNull {
			return in.eval(e.Value)
		}
	}
	if a, ok := s.(*syntax.Assign); ok {
		return in.assign(a)
	}
	items, err := in.collect(s, func(emit emitter) error { return in.exec(s, emit) })
	return object.Collect(items), err
}

// collect gathers what run emits.
func (in *Interp) collect(n syntax.Node, run func(emitter) error) ([]object.Value, error) {
	var items []object.Value
	err := run(func(v object.Value) error {
		must(n, in.keep(v, len(items)+1))
		items = append(items, v)
		return nil
	})
	return items, err
}

// keep pays for keeping v as the nth element of a list. What v is made of was
// paid for when it was built, unless it is an object of a cmdlet's.
func (in *Interp) keep(v object.Value, n int) error {
	if err := in.m.list(n); err != nil {
		return err
	}
	size := int64(wordBytes)
	if o, ok := v.(*object.Object); ok {
		size += int64(o.Len()) * 2 * wordBytes
	}
	return in.m.alloc(size)
}

// assign runs an assignment and returns the value that the target has then.
func (in *Interp) assign(a *syntax.Assign) (object.Value, error) {
	in.target = ""
	if v, ok := a.Target.(*syntax.Variable); ok && loneCommand(a.Value) {
		in.target = v.Name
	}
	v, err := in.value(a.Value)
	in.target = ""
	if err != nil {
		return nil, err
	}
	if a.Op != syntax.Set {
		old, err := in.current(a.Target)
		if err != nil {
			return nil, err
		}
		if v, err = in.binary(a, a.Op, false, old, v); err != nil {
			return nil, err
		}
	}
	return v, in.store(a.Target, v)
}

// loneCommand reports whether s is a pipeline of one command.
func loneCommand(s syntax.Statement) bool {
	p, ok := s.(*syntax.Pipeline)
	if !ok || len(p.Elements) != 1 {
		return false
	}
	_, ok = p.Elements[0].(*syntax.Command)
	return ok
}

// current is the value of an assignment's target before it; a variable that isn't
// set may be added to.
func (in *Interp) current(target syntax.Expr) (object.Value, error) {
	if v, ok := target.(*syntax.Variable); ok && v.Scope != "env" {
		return in.get(object.Fold(v.Name)), nil
	}
	return in.eval(target)
}

// store assigns v to target.
func (in *Interp) store(target syntax.Expr, v object.Value) error {
	switch t := target.(type) {
	case *syntax.Null:
		return nil
	case *syntax.Variable:
		return in.setVariable(t, v)
	case *syntax.Cast:
		converted, err := in.convert(t, syntax.TypeName{Span: t.TypeSpan, Name: t.Type}, v)
		if err != nil {
			return err
		}
		return in.store(t.Value, converted)
	case *syntax.Member:
		return in.storeMember(t, v)
	case *syntax.Index:
		return in.storeIndex(t, v)
	case *syntax.Array:
		return in.storeEach(t, v)
	}
	return failf(target, "nothing can be assigned to this")
}

// storeEach puts the elements of a list into variables: the last one gets what the
// others leave.
func (in *Interp) storeEach(t *syntax.Array, v object.Value) error {
	items := object.Items(v)
	for i, target := range t.Items {
		var item object.Value
		switch {
		case i == len(t.Items)-1 && len(items) > i+1:
			must(t, in.m.newList(len(items)-i))
			item = object.NewList(slices.Clone(items[i:])...)
		case i < len(items):
			item = items[i]
		}
		if err := in.store(target, item); err != nil {
			return err
		}
	}
	return nil
}

func (in *Interp) storeMember(t *syntax.Member, v object.Value) error {
	o, err := in.eval(t.Object)
	if err != nil {
		return err
	}
	name, err := in.memberName(t)
	if err != nil {
		return err
	}
	switch o := o.(type) {
	case *object.Table:
		must(t, in.keep(nil, o.Len()+1))
		o.Set(name, v)
		return nil
	case *object.Object:
		if _, ok := o.Get(name); !ok {
			return in.noSuchProperty(t.NameSpan, o, name)
		}
		must(t, in.m.step(int64(len(o.Changed))/8))
		o.Assign(name, v)
		return nil
	}
	return in.noSuchProperty(t.NameSpan, o, name)
}

func (in *Interp) storeIndex(t *syntax.Index, v object.Value) error {
	o, err := in.eval(t.Object)
	if err != nil {
		return err
	}
	key, err := in.eval(t.Index)
	if err != nil {
		return err
	}
	switch o := o.(type) {
	case *object.Table:
		must(t, in.keep(nil, o.Len()+1))
		name := in.text(t.Index, key)
		o.Set(name, v)
		return nil
	case *object.List:
		i, ok := index(key, len(o.Items))
		if !ok {
			return failf(t.Index, "the list has no element %s", object.Text(key))
		}
		must(t, in.m.newList(o.Private()))
		o.Items[i] = v
		return nil
	}
	return failf(t, "a value of type %s has no elements", object.TypeName(o))
}

// index reads a list's index; negative ones count from the end.
func index(key object.Value, n int) (int, bool) {
	num, ok := object.Number(key)
	if !ok {
		return 0, false
	}
	i, ok := num.(int64)
	if !ok {
		return 0, false
	}
	if i < 0 {
		i += int64(n)
	}
	return int(i), 0 <= i && i < int64(n)
}
