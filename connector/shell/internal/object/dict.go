package object

import (
	"iter"
	"slices"
	"strings"
	"unicode"
)

// smallDict is the number of names up to which looking at each one beats a map.
const smallDict = 32

// dict is an ordered map with names in any letter case. The zero dict is empty.
type dict struct {
	names  []string
	values []Value
	index  map[string]int // by folded name; nil while small or after a delete
	shared bool           // names and index are a Shape's
}

func (d *dict) find(name string) int {
	if len(d.names) <= smallDict {
		return slices.IndexFunc(d.names, func(n string) bool { return strings.EqualFold(n, name) })
	}
	if d.index == nil {
		d.index = make(map[string]int, 2*len(d.names))
		for i, n := range d.names {
			d.index[Fold(n)] = i
		}
	}
	if i, ok := d.index[Fold(name)]; ok {
		return i
	}
	return -1
}

// Get returns the value of that name, in any letter case.
func (d *dict) Get(name string) (Value, bool) {
	if i := d.find(name); i >= 0 {
		return d.values[i], true
	}
	return nil, false
}

// Set changes the value of that name, in any letter case, or appends it.
func (d *dict) Set(name string, v Value) {
	if i := d.find(name); i >= 0 {
		d.values[i] = v
		return
	}
	d.own()
	d.names = append(d.names, name)
	d.values = append(d.values, v)
	if d.index != nil {
		d.index[Fold(name)] = len(d.names) - 1
	}
}

// Delete removes the value of that name, in any letter case, and reports whether
// there was one.
func (d *dict) Delete(name string) bool {
	i := d.find(name)
	if i < 0 {
		return false
	}
	d.own()
	d.names = slices.Delete(d.names, i, i+1)
	d.values = slices.Delete(d.values, i, i+1)
	d.index = nil
	return true
}

// Names returns the names in order. The slice is the receiver's own.
func (d *dict) Names() []string { return d.names }

// Len returns the number of names.
func (d *dict) Len() int { return len(d.names) }

// All yields names and values in order.
func (d *dict) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for i, n := range d.names {
			if !yield(n, d.values[i]) {
				return
			}
		}
	}
}

// Fold maps all spellings that strings.EqualFold takes for equal to one.
func Fold(s string) string {
	return strings.Map(foldRune, s)
}

func foldRune(r rune) rune {
	if r < unicode.MaxASCII {
		if 'a' <= r && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	return least
}

// Table is a hashtable. The zero Table is empty and ready for use. Keys are
// text: the language makes no table with others.
type Table struct {
	dict
}

// Object is a result of a cmdlet: a type, properties and, for the cmdlets that take
// it from a pipeline, the item it stands for. The zero Object is empty and ready
// for use.
type Object struct {
	Type string // .NET name without a namespace: ReceiveConnector, PSCustomObject
	Ref  any    // the store's own item; nil for a copy, such as Select-Object makes

	// Columns are the properties of the default table. None: the object prints
	// as a list of all.
	Columns []string

	// Headings stand over Columns; without them, their names.
	Headings []string

	// Text stands for the object within a string, such as its identity. Empty: its
	// properties, as PowerShell prints a PSCustomObject.
	Text string

	// Changed are the properties that a script assigned to. A Set cmdlet takes
	// them over from an object of the pipeline.
	Changed []string

	dict
}

// NewObject returns an empty object of that type with room for n properties.
func NewObject(typ string, n int) *Object {
	return &Object{Type: typ, dict: dict{names: make([]string, 0, n), values: make([]Value, 0, n)}}
}

// Assign is Set for a script, and remembers it.
func (o *Object) Assign(name string, v Value) {
	o.Set(name, v)
	same := func(old string) bool { return strings.EqualFold(old, name) }
	if !slices.ContainsFunc(o.Changed, same) {
		o.Changed = append(o.Changed, name)
	}
}

// Spelling returns the name as the receiver spells it.
func (d *dict) Spelling(name string) (string, bool) {
	if i := d.find(name); i >= 0 {
		return d.names[i], true
	}
	return "", false
}
