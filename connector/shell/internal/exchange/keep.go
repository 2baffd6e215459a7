package exchange

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/source"
)

// keep is a parameter that the configuration has no place for. It is held by
// name; one that was never given shows its default.
func keep[C, V any](r *schema.Row, k kind[V]) access[C] {
	return access[C]{
		set: func(it *item[C], name string, v object.Value) error {
			if v == nil && (r.Kind != schema.Boolean || r.Default == nil) {
				it.keep(name, nil)
				return nil
			}
			got, err := k.read(v)
			if err != nil {
				return err
			}
			if n, limited := amount(got); limited && !r.Limits.Contain(n) {
				return coded(source.CodeOutOfRange, "%s is out of range; give %s", object.Text(k.show(got)), r.Range())
			}
			it.keep(name, k.show(got))
			return nil
		},
		get: kept[C],
		fallback: func(s string) object.Value {
			v, err := k.parse(s)
			if err != nil || s == "" {
				return nil
			}
			return k.show(v)
		},
	}
}

// keepMany is keep for lists.
func keepMany[C, V any](k kind[V]) access[C] {
	return access[C]{
		set: func(it *item[C], name string, v object.Value) error {
			var old []V
			for _, item := range object.Items(it.kept[name]) {
				got, err := k.read(item)
				if err != nil {
					return err
				}
				old = append(old, got)
			}
			list, err := edited(k, old, v)
			if err == nil {
				it.keep(name, listOf(k, list))
			}
			return err
		},
		get: kept[C],
		fallback: func(s string) object.Value {
			l := &object.List{}
			for part := range strings.SplitSeq(s, ", ") {
				if v, err := k.parse(part); err == nil && part != "" {
					l.Items = append(l.Items, k.show(v))
				}
			}
			return l
		},
	}
}

func kept[C any](it *item[C], _ *C, name string) object.Value { return it.kept[name] }
