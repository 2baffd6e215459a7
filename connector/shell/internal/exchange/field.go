package exchange

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// errZero says that a zero was given where it is out of range.
var errZero = errors.New("out of range")

// plain is a parameter whose zero value in the configuration is its default, so
// that a zero can't be given.
func plain[C any, V comparable](k kind[V], field func(*C) *V) access[C] {
	return access[C]{kind: k.name, values: k.values,
		set: store(func(v object.Value) (V, error) {
			got, err := k.read(v)
			var zero V
			if err == nil && got == zero {
				err = errZero
			}
			return got, err
		}, func(c *C, v V) { *field(c) = v }),
		get: func(_ *item[C], full *C, _ string) object.Value { return k.show(*field(full)) },
	}
}

// store is the set of an access: it reads a value and puts it into the
// configuration.
func store[C, V any](read func(object.Value) (V, error), put func(*C, V)) func(*item[C], string, object.Value) error {
	return func(it *item[C], _ string, v object.Value) error {
		got, err := read(v)
		if err != nil {
			return err
		}
		put(&it.cfg, got)
		return nil
	}
}

// enum is a parameter whose zero value is an ordinary one.
func enum[C, V any](k kind[V], field func(*C) *V) access[C] {
	return access[C]{kind: k.name, values: k.values,
		set: store(k.read, func(c *C, v V) { *field(c) = v }),
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
func setting[C, V any](k kind[V], field func(*C) *param.Setting[V]) access[C] {
	return access[C]{kind: k.name, values: k.values,
		set: store(k.read, func(c *C, v V) { *field(c) = param.Value(v) }),
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
		set: store(boolean, func(c *C, b bool) { *field(c) = b }),
		get: func(_ *item[C], full *C, _ string) object.Value { return *field(full) },
	}
}

// flagSetting is a Boolean with a documented default of its own.
func flagSetting[C any](field func(*C) *param.Setting[bool]) access[C] {
	return access[C]{kind: "Boolean", values: nil,
		set: store(boolean, func(c *C, b bool) { *field(c) = param.Value(b) }),
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
		if text, ok := item.(string); ok && err != nil {
			if parts := k.parts(text); parts != nil {
				list = append(list, parts...)
				continue
			}
		}
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
