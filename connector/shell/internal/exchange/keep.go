package exchange

import (
	"fmt"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

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

// within limits time spans.
func within(low, high string) func(time.Duration) error {
	least, err := param.ParseTimeSpan(low)
	most, err2 := param.ParseTimeSpan(high)
	return func(d time.Duration) error {
		if err != nil || err2 != nil || d < least || d > most {
			return fmt.Errorf("%s is out of range; give %s to %s", param.FormatTimeSpan(d), low, high)
		}
		return nil
	}
}
