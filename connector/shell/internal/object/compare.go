package object

import (
	"cmp"
	"fmt"
	"unicode/utf8"
)

// Truth reports whether v is true where a condition is asked for: not for $null,
// $false, 0, the empty string and the empty list; for a list of one as its element.
func Truth(v Value) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case string:
		return v != ""
	case *List:
		if len(v.Items) != 1 {
			return len(v.Items) > 1
		}
		if _, nested := v.Items[0].(*List); nested {
			return true
		}
		return Truth(v.Items[0])
	}
	return true
}

// Equal reports whether a -eq b for two scalars: b is read as the type of a, and
// letter case doesn't matter. Lists are equal if they are the same list.
func Equal(a, b Value) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	switch a.(type) {
	case int64, float64:
		if text, ok := b.(string); ok { // without an error to make: long lists are searched so
			n, ok := ParseNumber(text)
			return ok && orderNumbers(a, n) == 0
		}
	}
	order, err := compare(a, b)
	return err == nil && order == 0
}

// Compare orders two scalars; b is read as the type of a. $null comes first.
func Compare(a, b Value) (int, error) {
	switch {
	case a == nil && b == nil:
		return 0, nil
	case a == nil:
		return -1, nil
	case b == nil:
		return 1, nil
	}
	return compare(a, b)
}

// compare is Compare without $null.
func compare(a, b Value) (int, error) {
	if c, ok := a.(Comparer); ok {
		if order, ok := c.Compare(b); ok {
			return order, nil
		}
		return foldCompare(Text(a), Text(b)), nil
	}
	if c, ok := b.(Comparer); ok {
		if order, ok := c.Compare(a); ok {
			return -order, nil
		}
		return foldCompare(Text(a), Text(b)), nil
	}
	switch x := a.(type) {
	case string:
		return foldCompare(x, Text(b)), nil
	case bool:
		return cmp.Compare(number(x), number(Truth(b))), nil
	case int64, float64:
		return compareNumbers(x, b)
	case Typed:
		return foldCompare(x.String(), Text(b)), nil
	}
	return compareIdentity(a, b)
}

func compareNumbers(a, b Value) (int, error) {
	n, ok := Number(b)
	if !ok {
		// The text itself stays out of the message: it may be a password.
		return 0, fmt.Errorf("a value of type %s that isn't a number can't be compared with the number %s", TypeName(b), Text(a))
	}
	return orderNumbers(a, n), nil
}

// orderNumbers compares what Number returned.
func orderNumbers(a, b Value) int {
	x, xInt := a.(int64)
	y, yInt := b.(int64)
	if xInt && yInt {
		return cmp.Compare(x, y)
	}
	return cmp.Compare(Float(a), Float(b))
}

// compareIdentity compares what has no order of its own.
func compareIdentity(a, b Value) (int, error) {
	if a == b {
		return 0, nil
	}
	if o, ok := a.(*Object); ok && o.Text != "" {
		return foldCompare(o.Text, Text(b)), nil
	}
	return 0, fmt.Errorf("a value of type %s can't be compared with one of type %s", TypeName(a), TypeName(b))
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// foldCompare orders strings without letter case.
func foldCompare(a, b string) int {
	for a != "" && b != "" {
		r, n := utf8.DecodeRuneInString(a)
		q, m := utf8.DecodeRuneInString(b)
		if r != q {
			if c := cmp.Compare(foldRune(r), foldRune(q)); c != 0 {
				return c
			}
		}
		a, b = a[n:], b[m:]
	}
	return cmp.Compare(len(a), len(b))
}
