package interp

import (
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

// field is one property that Select-Object, Sort-Object and the Format cmdlets are
// asked for: a name, a pattern of names, or a calculated property.
type field struct {
	node       syntax.Node
	name       string          // the property
	label      string          // what a calculated property is called; empty: as the property
	names      *object.Pattern // nil: no pattern
	block      *block          // nil: the property of that name
	descending *bool           // of Sort-Object; nil: as -Descending says
}

// fields reads the argument of that name.
func (inv *invocation) fields(name string) ([]field, error) {
	var out []field
	for _, v := range object.Items(inv.args[name]) {
		f, err := inv.field(inv.where(name), v)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

func (inv *invocation) field(n syntax.Node, v object.Value) (field, error) {
	switch v := v.(type) {
	case *block:
		return field{node: n, label: v.String(), block: v}, nil
	case *object.Table:
		return inv.calculated(n, v)
	}
	name := inv.in.text(n, v)
	f := field{node: n, name: name}
	if len(name) > maxPattern {
		return f, failf(n, "%w: a name of more than %d bytes", ErrLimit, maxPattern)
	}
	if strings.ContainsAny(name, "*?[") {
		p := object.CompileLike(name)
		f.names = &p
	}
	return f, nil
}

// calculated reads @{Name=…; Expression={…}}.
func (inv *invocation) calculated(n syntax.Node, t *object.Table) (field, error) {
	f := field{node: n}
	for key, v := range t.All() {
		switch customField(key) {
		case "name":
			name := inv.in.text(n, v)
			f.label = name
		case "expression":
			if b, ok := v.(*block); ok {
				f.block = b
				break
			}
			inner, err := inv.field(n, v)
			if err != nil {
				return f, err
			}
			if inner.block != nil || inner.names != nil {
				return f, failf(n, "an expression is a script block or the name of a property")
			}
			f.name = inner.name
		case "descending":
			down := object.Truth(v)
			f.descending = &down
		case "ascending":
			down := !object.Truth(v)
			f.descending = &down
		default:
			return f, failf(n, "a calculated property has no %.40s; it has Name and Expression", key)
		}
	}
	if f.name == "" && f.block == nil {
		return f, failf(n, "a calculated property needs an expression")
	}
	if f.label == "" && f.block != nil {
		f.label = f.block.String()
	}
	return f, nil
}

// of is the value of a field that isn't a pattern.
func (in *Interp) of(f field, v object.Value) (object.Value, error) {
	if f.block != nil {
		return in.result(f.block, v)
	}
	return in.column(f.node, v, f.name), nil
}

// project makes an object of the fields of v, which go under the names that v has
// for them.
func (in *Interp) project(v object.Value, typ string, fields []field, except []object.Pattern) (*object.Object, error) {
	out := object.NewObject(typ, len(fields))
	add := func(f field, name string, value object.Value) {
		must(f.node, in.m.step(int64(len(except))*int64(1+len(name)/16)))
		if !slices.ContainsFunc(except, func(p object.Pattern) bool { return p.Match(name) }) {
			must(f.node, in.keep(nil, out.Len()+1))
			out.Set(name, value)
		}
	}
	for _, f := range fields {
		must(f.node, in.m.step(1))
		if f.names == nil {
			value, err := in.of(f, v)
			if err != nil {
				return nil, err
			}
			add(f, in.ownName(f, v), value)
			continue
		}
		for _, name := range propertyNames(v) {
			must(f.node, in.m.step(1+int64(len(name)*f.names.Len())/64))
			if f.names.Match(name) {
				value, _ := object.Member(v, name)
				add(f, name, value)
			}
		}
	}
	return out, nil
}

// ownName is the name of a field as v spells it.
func (in *Interp) ownName(f field, v object.Value) string {
	if f.label != "" {
		return f.label
	}
	if o, ok := v.(*object.Object); ok {
		if name, ok := o.Spelling(f.name); ok {
			return name
		}
	}
	return f.name
}

// propertyNames are the names that a pattern may match.
func propertyNames(v object.Value) []string {
	switch v := v.(type) {
	case *object.Object:
		return v.Names()
	case *object.Table:
		return v.Names()
	}
	return nil
}
