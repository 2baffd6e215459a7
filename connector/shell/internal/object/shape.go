package object

import "slices"

// Shape is the names of objects that are made alike. They share it, so that
// making one costs no more than its values. A Shape is immutable and safe for
// concurrent use.
type Shape struct {
	names []string
	index map[string]int
}

// NewShape returns the shape of objects with those properties in that order. The
// names must differ, letter case aside.
func NewShape(names ...string) *Shape {
	d := dict{names: slices.Clone(names)}
	if len(names) > 0 {
		d.find(names[0]) // makes the index, if it is worth one
	}
	return &Shape{names: d.names, index: d.index}
}

// Object returns an object with that many values, in the shape's order. It keeps
// values. Further properties may be set, and any deleted, without a change to
// the shape.
func (s *Shape) Object(typ string, values []Value) *Object {
	n := min(len(values), len(s.names))
	d := dict{names: s.names[:n:n], values: values[:n], shared: true}
	if n == len(s.names) {
		d.index = s.index
	}
	return &Object{Type: typ, dict: d}
}

// own gives d names of its own before they change.
func (d *dict) own() {
	if d.shared {
		d.names, d.index, d.shared = slices.Clone(d.names), nil, false
	}
}
