package exchange

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// errZero says that a zero was given where it is out of range.
var errZero = errors.New("out of range")

// accessOf returns the access to the field of C that r names, which is a V, a
// Setting of V or a list of V. Without such a field the value is kept by name.
func accessOf[C, V any](r *schema.Row, k kind[V]) access[C] {
	f, ok := reflect.TypeFor[C]().FieldByName(r.FieldName())
	switch {
	case !ok && r.List:
		return keepMany[C](k)
	case !ok:
		return keep[C](r, k)
	case f.Type == reflect.TypeFor[[]V]():
		return many(k, fieldOf[C, []V](f))
	case f.Type == reflect.TypeFor[param.Setting[V]]():
		return setting(k, fieldOf[C, param.Setting[V]](f))
	}
	return scalar(k, fieldOf[C, V](f))
}

// fieldOf returns a function that returns the field f of a C.
func fieldOf[C, V any](f reflect.StructField) func(*C) *V {
	return func(c *C) *V { return reflect.ValueOf(c).Elem().FieldByIndex(f.Index).Addr().Interface().(*V) }
}

// scalar is a parameter of one value.
func scalar[C, V any](k kind[V], field func(*C) *V) access[C] {
	return access[C]{
		set: func(it *item[C], _ string, v object.Value) error {
			var zero V
			if k.nullable && (v == nil || v == "") {
				*field(&it.cfg) = zero
				return nil
			}
			got, err := k.read(v)
			if err == nil && k.Number() && any(got) == any(zero) {
				err = errZero // which would be the default
			}
			if err == nil {
				*field(&it.cfg) = got
			}
			return err
		},
		get: func(_ *item[C], full *C, _ string) object.Value { return k.show(*field(full)) },
	}
}

// setting is a parameter whose default is told apart from every value.
func setting[C, V any](k kind[V], field func(*C) *param.Setting[V]) access[C] {
	return access[C]{
		set: func(it *item[C], _ string, v object.Value) error {
			got, err := k.read(v)
			if err == nil {
				*field(&it.cfg) = param.Value(got)
			}
			return err
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

// many is a list: what is given replaces it, $null clears it, and
// @{Add=…;Remove=…} edits it.
func many[C, V any](k kind[V], field func(*C) *[]V) access[C] {
	return access[C]{
		set: func(it *item[C], _ string, v object.Value) error {
			list, err := edited(k, *field(&it.cfg), v)
			if err == nil {
				*field(&it.cfg) = list
			}
			return err
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

// edited returns the list that v makes of old, which it doesn't change.
func edited[V any](k kind[V], old []V, v object.Value) ([]V, error) {
	table, ok := v.(*object.Table)
	if !ok {
		return addTo(k, nil, v)
	}
	list := slices.Clone(old)
	for _, key := range table.Names() {
		if !strings.EqualFold(key, "Add") && !strings.EqualFold(key, "Remove") {
			return nil, fmt.Errorf("the hashtable has a key %q; give @{Add=…} and @{Remove=…}", key)
		}
	}
	if removed, ok := table.Get("Remove"); ok {
		for _, item := range object.Items(removed) {
			got, err := k.read(item)
			if err != nil {
				return nil, err
			}
			i := slices.IndexFunc(list, func(v V) bool { return k.equal(v, got) })
			if i < 0 {
				return nil, fmt.Errorf("%s isn't in the list, so it can't be removed", object.Text(item))
			}
			list = slices.Delete(list, i, i+1)
		}
	}
	if added, ok := table.Get("Add"); ok {
		return addTo(k, list, added)
	}
	return list, nil
}

func addTo[V any](k kind[V], list []V, v object.Value) ([]V, error) {
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
		if len(list) < 100 && slices.ContainsFunc(list, func(v V) bool { return k.equal(v, got) }) {
			return nil, fmt.Errorf("%s is in the list already", object.Text(item))
		}
		list = append(list, got)
	}
	return list, nil
}
