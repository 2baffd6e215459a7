package exchange

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/permission"
)

// Status says what becomes of a parameter here.
type Status uint8

// The statuses. The zero Status is none: every row has one.
const (
	Enforced Status = iota + 1 // it does what it does in Exchange
	Kept                       // it is checked, kept and shown, and has no effect
	Refused                    // naming it is an error that says why
)

// String returns the name of s in the documentation.
func (s Status) String() string {
	return [...]string{"", "enforced", "kept", "refused"}[min(s, Refused)]
}

// Verbs are the cmdlets of a noun that have a parameter.
type Verbs uint8

// The verbs.
const (
	New Verbs = 1 << iota
	Set
	Get
	Remove
	Add
	Test

	newSet = New | Set
)

var verbNames = []string{"New", "Set", "Get", "Remove", "Add", "Test"}

// Names returns the verbs of v in order.
func (v Verbs) Names() []string {
	var names []string
	for i, n := range verbNames {
		if v&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return names
}

// Info is what is known of one parameter.
type Info struct {
	Name        string
	In          Verbs    // the cmdlets of the noun that have it
	Type        string   // .NET name without a namespace
	Values      []string // of an enumeration
	Range       string   // what else limits it
	Default     string   // of a new object; "": none
	Default2007 string   // where the 2007 edition differs
	Since       string   // the editions that have it; "": all
	Here        Status
	Why         string // why it is Kept or Refused, or what to know of it

	Aliases   []string
	Position  int   // from 1; 0: named only
	Mandatory Verbs // where it can't be left out
	Switch    bool
	Pipeline  bool // takes objects of the pipeline
	ByName    bool // takes the property of its name from objects of the pipeline
}

// row is one parameter: what is known of it, and how it is read and written.
type row[C any] struct {
	Info
	access[C]
}

// access reads and writes one parameter of an item. set gets what the script
// gave; get gets the configuration with its defaults filled in. Without set, the
// parameter is not about the item itself: Identity, Server, a switch.
type access[C any] struct {
	kind   string
	values []string
	set    func(it *item[C], name string, v object.Value) error
	get    func(it *item[C], full *C, name string) object.Value

	// fallback reads the default of a parameter that is kept by name; nil for
	// those that the configuration has a field for.
	fallback func(text string) object.Value
}

// value returns the value of r for it, whose configuration with its defaults is
// full.
func (r *row[C]) value(it *item[C], full *C, p connector.Profile) object.Value {
	if r.fallback != nil {
		if _, given := it.kept[r.Name]; !given {
			return r.fallback(r.defaultIn(p))
		}
	}
	return r.get(it, full, r.Name)
}

// defaultIn returns the default in an edition.
func (i *Info) defaultIn(p connector.Profile) string {
	if p == permission.Exchange2007 && i.Default2007 != "" {
		return i.Default2007
	}
	return i.Default
}

// plain is a parameter whose zero value in the configuration is its default, so
// that a zero can't be given.
func plain[C any, V comparable](k kind[V], field func(*C) *V) access[C] {
	return access[C]{kind: k.name, values: k.values,
		set: func(it *item[C], name string, v object.Value) error {
			got, err := k.read(v)
			var zero V
			if err == nil && got == zero {
				err = fmt.Errorf("%s is out of range", object.Text(v))
			}
			if err != nil {
				return err
			}
			*field(&it.cfg) = got
			return nil
		},
		get: func(_ *item[C], full *C, _ string) object.Value { return k.show(*field(full)) },
	}
}

// enum is a parameter whose zero value is an ordinary one.
func enum[C, V any](k kind[V], field func(*C) *V) access[C] {
	return access[C]{kind: k.name, values: k.values,
		set: func(it *item[C], name string, v object.Value) error {
			got, err := k.read(v)
			if err != nil {
				return err
			}
			*field(&it.cfg) = got
			return nil
		},
		get: func(_ *item[C], full *C, _ string) object.Value { return k.show(*field(full)) },
	}
}

// optional is a parameter that $null takes back to its default.
func optional[C, V any](k kind[V], field func(*C) *V) access[C] {
	a := enum(k, field)
	set := a.set
	a.set = func(it *item[C], name string, v object.Value) error {
		if v == nil || v == "" {
			var zero V
			*field(&it.cfg) = zero
			return nil
		}
		return set(it, name, v)
	}
	return a
}

// setting is a parameter whose default is told apart from every value.
func setting[C, V any](k kind[V], field func(*C) *connector.Setting[V]) access[C] {
	return access[C]{kind: k.name, values: k.values,
		set: func(it *item[C], name string, v object.Value) error {
			got, err := k.read(v)
			if err != nil {
				return err
			}
			*field(&it.cfg) = connector.Value(got)
			return nil
		},
		get: func(_ *item[C], full *C, _ string) object.Value {
			got, ok := field(full).Get()
			if !ok {
				return nil
			}
			return k.show(got)
		},
	}
}

// flag is a Boolean that is false by default.
func flag[C any](field func(*C) *bool) access[C] {
	return access[C]{kind: "Boolean", values: nil,
		set: func(it *item[C], name string, v object.Value) error {
			b, err := boolean(v)
			if err != nil {
				return err
			}
			*field(&it.cfg) = b
			return nil
		},
		get: func(_ *item[C], full *C, _ string) object.Value { return *field(full) },
	}
}

// flagSetting is a Boolean with a documented default of its own.
func flagSetting[C any](field func(*C) *connector.Setting[bool]) access[C] {
	return access[C]{kind: "Boolean", values: nil,
		set: func(it *item[C], name string, v object.Value) error {
			b, err := boolean(v)
			if err != nil {
				return err
			}
			*field(&it.cfg) = connector.Value(b)
			return nil
		},
		get: func(_ *item[C], full *C, _ string) object.Value { return field(full).Or(false) },
	}
}

// many is a list: what is given replaces it, $null clears it, and
// @{Add=…;Remove=…} edits it.
func many[C, V any](k kind[V], same func(a, b V) bool, field func(*C) *[]V) access[C] {
	return access[C]{kind: "MultiValuedProperty<" + k.name + ">", values: k.values,
		set: func(it *item[C], name string, v object.Value) error {
			list, err := edited(k, same, *field(&it.cfg), v)
			if err != nil {
				return err
			}
			*field(&it.cfg) = list
			return nil
		},
		get: func(_ *item[C], full *C, _ string) object.Value { return listOf(k, *field(full)) },
	}
}

func listOf[V any](k kind[V], values []V) object.Value {
	l := &object.List{Items: make([]object.Value, len(values))}
	for i, v := range values {
		l.Items[i] = k.show(v)
	}
	return l
}

// edited returns the list that v makes of old, which it leaves alone.
func edited[V any](k kind[V], same func(a, b V) bool, old []V, v object.Value) ([]V, error) {
	table, ok := v.(*object.Table)
	if !ok {
		return addTo(k, same, nil, v)
	}
	list := slices.Clone(old)
	for _, key := range table.Names() {
		if !strings.EqualFold(key, "Add") && !strings.EqualFold(key, "Remove") {
			return nil, fmt.Errorf("the hashtable has a key %q; give @{Add=…} and @{Remove=…}", key)
		}
	}
	if gone, ok := table.Get("Remove"); ok {
		for _, item := range object.Items(gone) {
			got, err := k.read(item)
			if err != nil {
				return nil, err
			}
			i := slices.IndexFunc(list, func(v V) bool { return same(v, got) })
			if i < 0 {
				return nil, fmt.Errorf("%s isn't in the list, so it can't be removed", object.Text(item))
			}
			list = slices.Delete(list, i, i+1)
		}
	}
	if added, ok := table.Get("Add"); ok {
		return addTo(k, same, list, added)
	}
	return list, nil
}

func addTo[V any](k kind[V], same func(a, b V) bool, list []V, v object.Value) ([]V, error) {
	for _, item := range object.Items(v) {
		got, err := k.read(item)
		if err != nil {
			return nil, err
		}
		// Long lists are compared by the checks of connectors, not here.
		if len(list) < 100 && slices.ContainsFunc(list, func(v V) bool { return same(v, got) }) {
			return nil, fmt.Errorf("%s is in the list already", object.Text(item))
		}
		list = append(list, got)
	}
	return list, nil
}

// equal is the sameness of comparable values.
func equal[V comparable](a, b V) bool { return a == b }

// keep is a parameter that the configuration has no place for. It is held by
// name; one that was never given shows its default.
func keep[C, V any](k kind[V], check func(V) error) access[C] {
	return access[C]{kind: k.name, values: k.values,
		set: func(it *item[C], name string, v object.Value) error {
			if v == nil {
				it.keep(name, nil)
				return nil
			}
			got, err := k.read(v)
			if err == nil && check != nil {
				err = check(got)
			}
			if err != nil {
				return err
			}
			it.keep(name, k.show(got))
			return nil
		},
		get: func(it *item[C], _ *C, name string) object.Value { return it.kept[name] },
		fallback: func(s string) object.Value {
			v, err := k.parse(s)
			if err != nil || s == "" {
				return nil
			}
			return k.show(v)
		},
	}
}

// keepFlag is keep for Booleans.
func keepFlag[C any]() access[C] {
	return access[C]{kind: "Boolean", values: nil,
		set: func(it *item[C], name string, v object.Value) error {
			b, err := boolean(v)
			if err != nil {
				return err
			}
			it.keep(name, b)
			return nil
		},
		get:      func(it *item[C], _ *C, name string) object.Value { return it.kept[name] },
		fallback: func(s string) object.Value { return s == "$true" },
	}
}

// keepMany is keep for lists.
func keepMany[C, V any](k kind[V]) access[C] {
	return access[C]{kind: "MultiValuedProperty<" + k.name + ">", values: k.values,
		set: func(it *item[C], name string, v object.Value) error {
			var old []V
			for _, item := range object.Items(it.kept[name]) {
				got, err := k.read(item)
				if err != nil {
					return err
				}
				old = append(old, got)
			}
			same := func(a, b V) bool { return object.Equal(k.show(a), k.show(b)) }
			list, err := edited(k, same, old, v)
			if err != nil {
				return err
			}
			it.keep(name, listOf(k, list))
			return nil
		},
		get: func(it *item[C], _ *C, name string) object.Value { return it.kept[name] },
		fallback: func(s string) object.Value {
			if s == "" {
				return &object.List{}
			}
			l := &object.List{}
			for part := range strings.SplitSeq(s, ", ") {
				if v, err := k.parse(part); err == nil {
					l.Items = append(l.Items, k.show(v))
				}
			}
			return l
		},
	}
}

// words is the kind of an enumeration that only this package knows.
func words(name string, values ...string) kind[string] {
	return kind[string]{name: name, values: values, show: func(s string) object.Value { return typed{name, s} },
		parse: func(s string) (string, error) {
			for _, v := range values {
				if strings.EqualFold(v, strings.TrimSpace(s)) {
					return v, nil
				}
			}
			return "", fmt.Errorf("%q is none of %s", s, strings.Join(values, ", "))
		}}
}

// between limits integers.
func between(low, high int) func(int) error {
	return func(n int) error {
		if n < low || n > high {
			return fmt.Errorf("%d is out of range; give %d to %d", n, low, high)
		}
		return nil
	}
}

// atLeast limits counts from below; Unlimited always passes.
func atLeast(low connector.Limit) func(connector.Limit) error {
	return func(l connector.Limit) error {
		if l != connector.Unlimited && l < low {
			return fmt.Errorf("%d is out of range; give %d or more, or Unlimited", l, low)
		}
		return nil
	}
}

// within limits time spans.
func within(low, high string) func(time.Duration) error {
	least, err := connector.ParseTimeSpan(low)
	most, err2 := connector.ParseTimeSpan(high)
	return func(d time.Duration) error {
		if err != nil || err2 != nil || d < least || d > most {
			return fmt.Errorf("%s is out of range; give %s to %s", connector.FormatTimeSpan(d), low, high)
		}
		return nil
	}
}
