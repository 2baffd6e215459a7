package interp

import (
	"io"

	"github.com/interchange-smtp/interchange/connector/shell/internal/format"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// display prints the objects at the end of a pipeline: those of one type that follow
// one another share a table or list.
type display struct {
	in      *Interp
	w       io.Writer // nil: in.out
	width   int       // zero: that of the options
	pending []object.Value
	kind    string // type of the pending objects
}

// tableUpTo is how many properties an object without columns of its own may have
// to be shown in a table.
const tableUpTo = 4

func (d *display) writer() io.Writer {
	if d.w == nil {
		return d.in.out
	}
	return d.w
}

func (d *display) options() format.Options {
	o := format.Options{Width: d.width}
	if d.width == 0 {
		o.Width = d.in.opt.Width
	}
	if limit, ok := wholeNumber(scalar(d.in.get("FORMATENUMERATIONLIMIT"))); ok {
		o.Enumeration = int(max(-1, min(limit, DefaultList)))
	}
	return o
}

// add takes one object.
func (d *display) add(v object.Value) error {
	if t, ok := v.(*object.Table); ok {
		for name, item := range t.All() {
			if err := d.addObject(row("DictionaryEntry", "Name", name, "Value", item)); err != nil {
				return err
			}
		}
		return nil
	}
	if o, ok := v.(*object.Object); ok {
		return d.addObject(o)
	}
	if err := d.flush(); err != nil {
		return err
	}
	if l, ok := v.(*object.List); ok { // a list within a list
		for _, item := range l.Items {
			if err := d.line(item); err != nil {
				return err
			}
		}
		return nil
	}
	return d.line(v)
}

// line prints a value that isn't an object.
func (d *display) line(v object.Value) error {
	if v == nil {
		return nil
	}
	d.in.text(nowhere, v) // pays for it
	return format.List(d.writer(), []object.Value{v}, nil, d.options())
}

func (d *display) addObject(o *object.Object) error {
	if r, ok := o.Ref.(*rendering); ok {
		if err := d.flush(); err != nil {
			return err
		}
		return r.print(d)
	}
	if o.Type != d.kind {
		if err := d.flush(); err != nil {
			return err
		}
		d.kind = o.Type
	}
	if err := d.in.keep(o, len(d.pending)+1); err != nil {
		return err
	}
	d.pending = append(d.pending, o)
	return nil
}

// flush prints the objects that wait for others of their type.
func (d *display) flush() error {
	if len(d.pending) == 0 {
		return nil
	}
	values := d.pending
	d.pending, d.kind = nil, ""
	first := values[0].(*object.Object)
	if err := d.in.payFor(values, first.Columns); err != nil {
		return err
	}
	if len(first.Columns) > 0 || first.Len() <= tableUpTo {
		return format.Table(d.writer(), values, nil, d.options())
	}
	return format.List(d.writer(), values, nil, d.options())
}

// payFor pays for the texts of all properties of objects that are to be printed, and
// for the columns, which each has whether it has the property or not: those of the
// first one, unless they are given.
func (in *Interp) payFor(values []object.Value, columns []string) error {
	if columns == nil {
		for _, v := range values {
			if o, ok := v.(*object.Object); ok {
				columns = o.Names()
				break
			}
		}
	}
	width := 0
	for _, name := range columns {
		width += 8 + len(name)
	}
	if err := in.m.step(int64(len(values)) * int64(1+len(columns)/4)); err != nil {
		return err
	}
	if err := in.m.alloc(int64(len(values)) * int64(width)); err != nil {
		return err
	}
	for _, v := range values {
		o, ok := v.(*object.Object)
		if !ok {
			continue
		}
		for _, field := range o.All() {
			size, steps := textSize(field, in.m.limits.String)
			if err := in.m.step(1 + steps); err != nil {
				return err
			}
			if err := in.m.text(size); err != nil {
				return err
			}
		}
	}
	return nil
}

// rendering is the output of Format-List and Format-Table: it prints itself when it
// comes to the end of the pipeline.
type rendering struct {
	values []object.Value
	names  []string // properties to show; nil: all, or an object's own columns
	table  bool
	whole  bool // -Wrap: nothing is cut
	bare   bool // -HideTableHeaders
}

func (r *rendering) print(d *display) error {
	if err := d.in.payFor(r.values, r.names); err != nil {
		return err
	}
	o := d.options()
	o.Headless = r.bare
	if r.whole {
		o.Width = 0
	}
	if r.table {
		return format.Table(d.writer(), r.values, r.names, o)
	}
	return format.List(d.writer(), r.values, r.names, o)
}
