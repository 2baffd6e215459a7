package exchange

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// kind is one .NET type of parameters: how its values are read and shown.
type kind[V any] struct {
	*schema.Kind
	parse    func(string) (V, error)
	show     func(V) object.Value
	same     func(a, b V) bool // nil: ==
	nullable bool              // $null is a value, the default
}

func (k kind[V]) equal(a, b V) bool {
	if k.same != nil {
		return k.same(a, b)
	}
	return any(a) == any(b)
}

// read converts what a script gave.
func (k kind[V]) read(v object.Value) (V, error) {
	if k.Flags {
		if l, ok := v.(*object.List); ok {
			names := make([]string, len(l.Items))
			for i, item := range l.Items {
				names[i] = object.Text(item)
			}
			s, err := k.spelled(strings.Join(names, ","))
			if err != nil {
				var zero V
				return zero, err
			}
			return k.parse(s)
		}
		if _, ok := v.(*object.Table); ok {
			var zero V
			return zero, fmt.Errorf("%s isn't a list; give all of its values, as in A,B", k.Name)
		}
	}
	s, err := single(v)
	if err != nil {
		var zero V
		return zero, err
	}
	if k.Values != nil {
		if s, err = k.spelled(s); err != nil {
			var zero V
			return zero, err
		}
	}
	return k.parse(s)
}

// single returns the text of a value that isn't a list.
func single(v object.Value) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", fmt.Errorf("it can't be $null")
	case *object.List:
		if len(v.Items) == 1 {
			return single(v.Items[0])
		}
		return "", fmt.Errorf("%d values are given; it takes one", len(v.Items))
	case *object.Table:
		return "", fmt.Errorf("it takes one value, not a hashtable")
	case *object.Secure:
		return "", fmt.Errorf("a SecureString has no readable text")
	case *object.Object:
		for _, name := range []string{"Identity", "Name", "DomainName"} {
			if id, ok := v.Get(name); ok && id != nil {
				return object.Text(id), nil
			}
		}
		return "", fmt.Errorf("it takes a value, not a %s", v.Type)
	}
	return object.Text(v), nil
}

// spelled writes what a script gave for an enumeration with the full names of its
// values: numbers and names that are abbreviated, as PowerShell takes them, and
// lists with ; or | between the values, as people make them for CSV.
func (k kind[V]) spelled(s string) (string, error) {
	if !k.Flags {
		return k.spelledOne(strings.TrimSpace(s))
	}
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || r == '|' })
	if strings.TrimSpace(strings.Join(parts, "")) == "" {
		return "", fmt.Errorf("it can't be empty; give some of %s", strings.Join(k.Values, ", "))
	}
	for i, part := range parts {
		var err error
		if parts[i], err = k.spelledOne(strings.TrimSpace(part)); err != nil {
			return "", err
		}
	}
	return strings.Join(parts, ","), nil
}

func (k kind[V]) spelledOne(s string) (string, error) {
	if n, err := strconv.ParseInt(s, 0, 32); err == nil && k.Numbers != nil {
		if text := k.Text(n); text != "" {
			return text, nil
		}
		return "", fmt.Errorf("%d is not a value of %s; give %s", n, k.Name, strings.Join(k.Values, ", "))
	}
	var found []string
	for _, v := range k.Values {
		if strings.EqualFold(v, s) {
			return s, nil
		}
		if s != "" && strings.HasPrefix(object.Fold(v), object.Fold(s)) {
			found = append(found, v)
		}
	}
	switch len(found) {
	case 0:
		return s, nil // the parser knows other names, and says what is wrong
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("%q may be %s; write more of the name", s, strings.Join(found, " or "))
}
