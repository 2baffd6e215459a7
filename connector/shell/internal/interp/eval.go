package interp

import (
	"errors"
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
	"github.com/interchange-smtp/interchange/connector/source"
)

// eval evaluates an expression.
func (in *Interp) eval(e syntax.Expr) (object.Value, error) {
	must(e, in.m.enter())
	defer in.m.leave()
	switch e := e.(type) {
	case *syntax.String:
		return e.Value, nil
	case *syntax.Expand:
		return in.expand(e)
	case *syntax.Number:
		return e.Value, nil
	case *syntax.Bool:
		return e.Value, nil
	case *syntax.Null:
		return nil, nil
	case *syntax.Variable:
		return in.variable(e)
	case *syntax.Paren:
		return in.value(e.Body)
	case *syntax.ScriptBlock:
		return &block{e}, nil
	case *syntax.Cast:
		return in.cast(e)
	case *syntax.Static:
		return in.static(e)
	case *syntax.Unary:
		return in.unary(e)
	case *syntax.Binary:
		return in.operation(e)
	case *syntax.Member:
		return in.member(e)
	case *syntax.Call:
		return in.call(e)
	case *syntax.Index:
		return in.element(e)
	}
	return in.evalContainer(e)
}

// evalContainer evaluates what builds lists and tables.
func (in *Interp) evalContainer(e syntax.Expr) (object.Value, error) {
	switch e := e.(type) {
	case *syntax.Array:
		must(e, in.m.newList(len(e.Items)))
		l := &object.List{Items: make([]object.Value, len(e.Items))}
		for i, item := range e.Items {
			v, err := in.eval(item)
			if err != nil {
				return nil, err
			}
			l.Items[i] = v
		}
		return l, nil
	case *syntax.ArrayExpr:
		items, err := in.collect(e, func(emit emitter) error { return in.runBody(e.Body, emit) })
		return &object.List{Items: items}, err
	case *syntax.SubExpr:
		items, err := in.collect(e, func(emit emitter) error { return in.runBody(e.Body, emit) })
		return object.Collect(items), err
	case *syntax.Hash:
		return in.hash(e)
	}
	return nil, failf(e, "this expression isn't supported")
}

func (in *Interp) hash(e *syntax.Hash) (object.Value, error) {
	t := new(object.Table)
	for _, entry := range e.Entries {
		key, err := in.eval(entry.Key)
		if err != nil {
			return nil, err
		}
		name := in.text(entry.Key, key)
		if _, twice := t.Get(name); twice {
			return nil, failf(entry.Key, "the key %s is there twice", name)
		}
		v, err := in.value(entry.Value)
		if err != nil {
			return nil, err
		}
		must(e, in.keep(nil, t.Len()+1))
		t.Set(name, v)
	}
	return t, nil
}

// expand puts the values of variables and sub-expressions into a string.
func (in *Interp) expand(e *syntax.Expand) (object.Value, error) {
	var b strings.Builder
	for _, part := range e.Parts {
		v, err := in.eval(part)
		if err != nil {
			return nil, err
		}
		s, ok := v.(string)
		if !ok {
			s = in.text(part, v)
		}
		must(e, in.m.grow(b.Len()+len(s), len(s)))
		b.WriteString(s)
	}
	return b.String(), nil
}

// text is object.Text, paid for.
func (in *Interp) text(n syntax.Node, v object.Value) string {
	size, steps := textSize(v, in.m.limits.String)
	must(n, in.m.text(size))
	must(n, in.m.step(steps))
	return object.Text(v)
}

// textSize is how long the text of v is at least, and how many steps it takes. It
// stops counting above limit.
func textSize(v object.Value, limit int) (size int, steps int64) {
	switch v := v.(type) {
	case string:
		return len(v), 0
	case *object.List:
		for i, item := range v.Items {
			size += partSize(item)
			if size++; size > limit {
				return size, int64(i)
			}
		}
		return size, int64(len(v.Items))
	case *object.Object:
		for name, item := range v.All() {
			size += len(name) + 2 + partSize(item)
		}
		return max(size, len(v.Text)), int64(v.Len())
	}
	return 0, 0
}

// partSize is how long the text of a part of a list or object is at least.
func partSize(v object.Value) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case *object.Object:
		return max(len(v.Text), len(v.Type))
	case object.Typed:
		return len(v.String())
	}
	return 0
}

// member evaluates object.Name.
func (in *Interp) member(e *syntax.Member) (object.Value, error) {
	o, err := in.eval(e.Object)
	if err != nil {
		return nil, err
	}
	name, err := in.memberName(e)
	if err != nil {
		return nil, err
	}
	return in.property(e.NameSpan, o, name)
}

// memberName is the name of a property, computed or not.
func (in *Interp) memberName(e *syntax.Member) (string, error) {
	if e.Computed == nil {
		return e.Name, nil
	}
	v, err := in.eval(e.Computed)
	if err != nil {
		return "", err
	}
	return in.text(e.Computed, v), nil
}

// property reads a property. $null has every one, a hashtable every key, and an
// empty list those of its elements; otherwise one that isn't there is an error.
func (in *Interp) property(n syntax.Node, o object.Value, name string) (object.Value, error) {
	if v, ok := in.lookProperty(n, o, name); ok || mayLack(o) {
		return v, nil
	}
	return nil, in.noSuchProperty(n, o, name)
}

// column reads a property that is only shown or sorted by. One that isn't there counts
// as $null, with a warning.
func (in *Interp) column(n syntax.Node, o object.Value, name string) object.Value {
	v, ok := in.lookProperty(n, o, name)
	if !ok && !mayLack(o) {
		in.warnOnce(n, func() string { return asError(in.noSuchProperty(n, o, name)).Err.Error() + "; it counts as $null" })
	}
	return v
}

// mayLack reports whether a property of v that isn't there is no mistake.
func mayLack(v object.Value) bool {
	switch v := v.(type) {
	case nil, *object.Table:
		return true
	case *object.List:
		return len(v.Items) == 0
	}
	return false
}

func (in *Interp) lookProperty(n syntax.Node, o object.Value, name string) (v object.Value, ok bool) {
	must(n, in.m.read(o))
	if l, ok := o.(*object.List); ok {
		must(n, in.m.newList(len(l.Items)))
	}
	v, ok = object.Member(o, name)
	if l, isList := v.(*object.List); isList {
		must(n, in.m.list(len(l.Items)))
	}
	return v, ok
}

// noSuchProperty is the error for a property that o lacks. It names the nearest one and
// lists those that o has.
func (in *Interp) noSuchProperty(n syntax.Node, o object.Value, name string) error {
	if l, ok := o.(*object.List); ok && len(l.Items) > 0 {
		o = l.Items[0]
	}
	if o == nil {
		return failf(n, "$null has no property %.64s", name)
	}
	if _, secret := o.(*object.Secure); secret {
		return &Error{Where: n.Where(), Code: source.CodeParameterUnknown, Err: fmt.Errorf("a SecureString has no property %.64s here: nothing about a secret can be read, not even its length", name)}
	}
	text := fmt.Sprintf("%s has no property %.64s", object.TypeName(o), name)
	known := object.MemberNames(o)
	if near := in.near(name, known); near != "" {
		text += "; did you mean " + near + "?"
	}
	list := strings.Join(known[:min(len(known), maxKnown)], ", ")
	return &Error{Where: n.Where(), Code: source.CodeParameterUnknown, Err: errors.New(text), Fix: "use one of " + list}
}

// maxKnown is how many properties an error lists.
const maxKnown = 100

// element evaluates object[index].
func (in *Interp) element(e *syntax.Index) (object.Value, error) {
	o, err := in.eval(e.Object)
	if err != nil {
		return nil, err
	}
	key, err := in.eval(e.Index)
	if err != nil {
		return nil, err
	}
	if o == nil {
		return nil, failf(e, "$null has no elements")
	}
	keys, several := key.(*object.List)
	if !several {
		v, _ := in.elementOf(e, o, key)
		return v, nil
	}
	must(e, in.m.newList(len(keys.Items)))
	var out []object.Value
	for _, k := range keys.Items {
		if v, ok := in.elementOf(e, o, k); ok {
			out = append(out, v)
		}
	}
	return &object.List{Items: out}, nil
}

// elementOf returns the element of o at key; ok is false beyond the end of a list.
func (in *Interp) elementOf(n syntax.Node, o, key object.Value) (v object.Value, ok bool) {
	must(n, in.m.step(1))
	switch o := o.(type) {
	case *object.Table:
		return o.Get(in.text(n, key))
	case *object.List:
		if i, ok := index(key, len(o.Items)); ok {
			return o.Items[i], true
		}
		return nil, false
	case string:
		must(n, in.m.read(o))
		return character(o, key)
	}
	// A scalar is a list of one.
	if _, ok = index(key, 1); !ok {
		o = nil
	}
	return o, ok
}

// character is one character of a string.
func character(s string, key object.Value) (object.Value, bool) {
	if ascii(s) {
		if i, ok := index(key, len(s)); ok {
			return s[i : i+1], true
		}
		return nil, false
	}
	runes := []rune(s)
	if i, ok := index(key, len(runes)); ok {
		return string(runes[i]), true
	}
	return nil, false
}
func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// block is a script block as a value.
type block struct {
	node *syntax.ScriptBlock
}

// TypeName returns ScriptBlock.
func (*block) TypeName() string { return "ScriptBlock" }

// String returns the text between the braces.
func (b *block) String() string {
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(b.node.Where().Text(), "{"), "}"))
}
