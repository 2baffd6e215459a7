package interp

import (
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

func (in *Interp) unary(e *syntax.Unary) (object.Value, error) {
	v, err := in.eval(e.Operand)
	if err != nil {
		return nil, err
	}
	switch e.Op {
	case syntax.Not:
		return !object.Truth(v), nil
	case syntax.Neg:
		v, err = arithmetic(syntax.Sub, int64(0), v)
		return v, at(e, err)
	case syntax.Plus:
		v, err = arithmetic(syntax.Add, int64(0), v)
		return v, at(e, err)
	case syntax.BitNot:
		return bitwise(e, syntax.BitXor, v, int64(-1))
	case syntax.Join:
		return in.join(e, v, ""), nil
	case syntax.Split:
		return in.splitFields(e, v), nil
	}
	return nil, failf(e, "the operator %s isn't supported", e.Op)
}

// operation evaluates a binary operator; -and and -or leave out their right side
// if the left one settles it.
func (in *Interp) operation(e *syntax.Binary) (object.Value, error) {
	left, err := in.eval(e.Left)
	if err != nil {
		return nil, err
	}
	switch truth := object.Truth(left); {
	case e.Op == syntax.And && !truth:
		return false, nil
	case e.Op == syntax.Or && truth:
		return true, nil
	}
	if typ, ok := e.Right.(*syntax.Type); ok {
		if e.Op == syntax.As {
			return in.as(e, left, typ)
		}
		return in.is(left, typ) == (e.Op == syntax.Is), nil
	}
	right, err := in.eval(e.Right)
	if err != nil {
		return nil, err
	}
	return in.binary(e, e.Op, e.CaseSensitive, left, right)
}

// binary applies an operator to two values.
func (in *Interp) binary(n syntax.Node, op syntax.Operator, exact bool, a, b object.Value) (object.Value, error) {
	must(n, in.m.read(a))
	must(n, in.m.read(b))
	switch op {
	case syntax.And:
		return object.Truth(a) && object.Truth(b), nil
	case syntax.Or:
		return object.Truth(a) || object.Truth(b), nil
	case syntax.Xor:
		return object.Truth(a) != object.Truth(b), nil
	case syntax.Eq, syntax.Ne, syntax.Gt, syntax.Ge, syntax.Lt, syntax.Le:
		return in.filter(n, a, func(item object.Value) (bool, error) { return in.compare(n, op, exact, item, b) })
	case syntax.Like, syntax.NotLike:
		return in.like(n, op == syntax.Like, exact, a, b)
	case syntax.Match, syntax.NotMatch:
		return in.match(n, op == syntax.Match, exact, a, b)
	case syntax.Contains, syntax.NotContains:
		return in.contains(n, exact, a, b) == (op == syntax.Contains), nil
	case syntax.In, syntax.NotIn:
		return in.contains(n, exact, b, a) == (op == syntax.In), nil
	case syntax.Join:
		sep := in.text(n, b)
		return in.join(n, a, sep), nil
	case syntax.Split:
		return in.split(n, exact, a, b)
	case syntax.Replace:
		return in.replace(n, exact, a, b)
	case syntax.Format:
		return in.format(n, a, b)
	case syntax.Range:
		return in.span(n, a, b)
	case syntax.BitAnd, syntax.BitOr, syntax.BitXor, syntax.ShiftLeft, syntax.ShiftRight:
		return bitwise(n, op, a, b)
	}
	return in.arith(n, op, a, b)
}

// filter applies a comparison: to a scalar it says yes or no, of a list it keeps
// the elements for which it says yes.
func (in *Interp) filter(n syntax.Node, a object.Value, ok func(object.Value) (bool, error)) (object.Value, error) {
	l, isList := a.(*object.List)
	if !isList {
		v, err := ok(a)
		return v, err
	}
	out := new(object.List)
	for _, item := range l.Items {
		yes, err := ok(item)
		if err != nil {
			return nil, err
		}
		if yes {
			out.Items = append(out.Items, item)
		}
	}
	must(n, in.m.newList(len(out.Items)))
	return out, nil
}

// compare is one comparison of two scalars.
func (in *Interp) compare(n syntax.Node, op syntax.Operator, exact bool, a, b object.Value) (bool, error) {
	if op == syntax.Eq || op == syntax.Ne {
		return in.equal(n, exact, a, b) == (op == syntax.Eq), nil
	}
	a, b = in.comparable(n, a, b)
	order, err := object.Compare(a, b)
	if err != nil {
		return false, at(n, err)
	}
	if x, ok := a.(string); ok && exact {
		order = strings.Compare(x, object.Text(b))
	}
	switch op {
	case syntax.Gt:
		return order > 0, nil
	case syntax.Ge:
		return order >= 0, nil
	case syntax.Lt:
		return order < 0, nil
	}
	return order <= 0, nil
}

// equal is -eq, or -ceq if exact.
func (in *Interp) equal(n syntax.Node, exact bool, a, b object.Value) bool {
	a, b = in.comparable(n, a, b)
	if x, ok := a.(string); ok && exact && b != nil {
		return x == object.Text(b)
	}
	return object.Equal(a, b)
}

// comparable pays for the comparison of two scalars, and makes text of what would
// be compared as text, which may be long.
func (in *Interp) comparable(n syntax.Node, a, b object.Value) (object.Value, object.Value) {
	must(n, in.m.read(a))
	if a == b || !comparesAsText(a) && !comparesAsText(b) {
		return a, b
	}
	return in.flatten(n, a), in.flatten(n, b)
}

// comparesAsText reports whether other values are compared with v as text.
func comparesAsText(v object.Value) bool {
	switch v := v.(type) {
	case *object.Object:
		return v.Text != ""
	case string, object.Typed:
		return true
	}
	return false
}

// flatten makes text of a list or an object.
func (in *Interp) flatten(n syntax.Node, v object.Value) object.Value {
	switch v.(type) {
	case *object.List, *object.Object:
		return in.text(n, v)
	}
	return v
}

func (in *Interp) contains(n syntax.Node, exact bool, list, v object.Value) bool {
	same := func(item object.Value) bool { return in.equal(n, exact, item, v) }
	return slices.ContainsFunc(object.Items(list), same) || list == nil && v == nil
}

func (in *Interp) like(n syntax.Node, want, exact bool, a, b object.Value) (object.Value, error) {
	pattern := in.text(n, b)
	if len(pattern) > maxPattern {
		return nil, failf(n, "%w: a pattern of more than %d bytes", ErrLimit, maxPattern)
	}
	must(n, in.m.step(int64(len(pattern))/8))
	p := object.CompileLike(pattern)
	if exact {
		p = object.CompileLikeExact(pattern)
	}
	return in.filter(n, a, func(item object.Value) (bool, error) {
		s := in.text(n, item)
		must(n, in.m.step(1+int64(len(s))*int64(1+p.Len())/16))
		return p.Match(s) == want, nil
	})
}

// maxPattern is the length of the longest pattern of -like and -match.
const maxPattern = 4096

// span is from..to.
func (in *Interp) span(n syntax.Node, a, b object.Value) (object.Value, error) {
	from, ok1 := wholeNumber(a)
	to, ok2 := wholeNumber(b)
	if !ok1 || !ok2 {
		return nil, failf(n, "a range goes from one whole number to another")
	}
	const most = 1 << 40 // so that the difference fits
	if from < -most || from > most || to < -most || to > most {
		return nil, failf(n, "%w: a range beyond %d", ErrLimit, int64(most))
	}
	length, step := to-from+1, int64(1)
	if to < from {
		length, step = from-to+1, -1
	}
	must(n, in.m.newList(clamp(length)))
	l := &object.List{Items: make([]object.Value, length)}
	for i := range l.Items {
		l.Items[i] = from + int64(i)*step
	}
	must(n, in.m.step(length))
	return l, nil
}

func wholeNumber(v object.Value) (int64, bool) {
	num, _ := object.Number(v)
	i, ok := num.(int64)
	return i, ok
}

// bitwise applies an operator to the bits of whole numbers.
func bitwise(n syntax.Node, op syntax.Operator, a, b object.Value) (object.Value, error) {
	x, ok1 := wholeNumber(a)
	y, ok2 := wholeNumber(b)
	if !ok1 || !ok2 {
		return nil, failf(n, "%s needs whole numbers", op)
	}
	switch op {
	case syntax.BitAnd:
		return x & y, nil
	case syntax.BitOr:
		return x | y, nil
	case syntax.BitXor:
		return x ^ y, nil
	case syntax.ShiftLeft:
		return x << (y & 63), nil
	}
	return x >> (y & 63), nil
}
