package interp

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

// arith is + - * / % on values: numbers, and what + and * do with text, lists and
// tables on the left.
func (in *Interp) arith(n syntax.Node, op syntax.Operator, a, b object.Value) (object.Value, error) {
	switch x := a.(type) {
	case *object.List:
		return in.listArith(n, op, x, b)
	case *object.Table:
		return in.tableSum(n, op, x, b)
	case string:
		if op == syntax.Add || op == syntax.Mul {
			return in.textArith(n, op, x, b)
		}
	case nil:
		if op == syntax.Add {
			return b, nil // so that a variable that isn't set can be added to
		}
	case object.Time, object.Span:
		if v, ok := timeArith(op, x, b); ok {
			return v, nil
		}
	case object.Typed:
		if _, ok := object.Number(a); !ok && op == syntax.Add {
			return in.textArith(n, op, x.String(), b)
		}
	}
	v, err := arithmetic(op, a, b)
	return v, at(n, err)
}

// timeArith adds and subtracts times and time spans.
func timeArith(op syntax.Operator, a, b object.Value) (object.Value, bool) {
	if op != syntax.Add && op != syntax.Sub {
		return nil, false
	}
	sign := time.Duration(1)
	if op == syntax.Sub {
		sign = -1
	}
	switch x := a.(type) {
	case object.Time:
		switch y := b.(type) {
		case object.Time:
			return object.Span(time.Time(x).Sub(time.Time(y))), op == syntax.Sub
		case object.Span:
			return object.Time(time.Time(x).Add(sign * time.Duration(y))), true
		}
	case object.Span:
		if y, ok := b.(object.Span); ok {
			return x + object.Span(sign*time.Duration(y)), true
		}
	}
	return nil, false
}

func (in *Interp) listArith(n syntax.Node, op syntax.Operator, l *object.List, b object.Value) (object.Value, error) {
	switch op {
	case syntax.Add:
		items := object.Items(b)
		if b == nil {
			items = []object.Value{nil}
		}
		must(n, in.m.list(len(l.Items)+len(items)))
		sum, copied := l.Plus(items...)
		must(n, in.m.alloc(int64(copied)*wordBytes))
		return sum, nil
	case syntax.Mul:
		times, ok := wholeNumber(b)
		if !ok || times < 0 {
			return nil, failf(n, "a list is multiplied by a whole number")
		}
		if times > int64(in.opt.Limits.List) {
			times = int64(in.opt.Limits.List) + 1
		}
		length := int64(len(l.Items)) * times
		must(n, in.m.newList(clamp(length)))
		out := &object.List{Items: make([]object.Value, 0, length)}
		for range times {
			out.Items = append(out.Items, l.Items...)
		}
		return out, nil
	}
	return nil, failf(n, "the operator %s isn't for lists", op)
}

func (in *Interp) tableSum(n syntax.Node, op syntax.Operator, t *object.Table, b object.Value) (object.Value, error) {
	other, ok := b.(*object.Table)
	if op != syntax.Add || !ok {
		return nil, failf(n, "a hashtable can only be added to a hashtable")
	}
	must(n, in.m.newList(2*(t.Len()+other.Len())))
	sum := new(object.Table)
	for _, part := range []*object.Table{t, other} {
		for name, v := range part.All() {
			if _, twice := sum.Get(name); twice {
				return nil, failf(n, "the key %s is in both hashtables", name)
			}
			sum.Set(name, v)
		}
	}
	return sum, nil
}

func (in *Interp) textArith(n syntax.Node, op syntax.Operator, s string, b object.Value) (object.Value, error) {
	if op == syntax.Add {
		t := in.text(n, b)
		must(n, in.m.text(len(s)+len(t)))
		return s + t, nil
	}
	times, ok := wholeNumber(b)
	if !ok || times < 0 {
		return nil, failf(n, "text is multiplied by a whole number")
	}
	if s == "" {
		return s, nil
	}
	times = min(times, int64(in.opt.Limits.String)+1)
	must(n, in.m.text(clamp(int64(len(s))*times)))
	return strings.Repeat(s, int(times)), nil
}

// arithmetic works on numbers, and on what reads as numbers.
func arithmetic(op syntax.Operator, a, b object.Value) (object.Value, error) {
	x, err := operand(op, a)
	if err != nil {
		return nil, err
	}
	y, err := operand(op, b)
	if err != nil {
		return nil, err
	}
	i, iok := x.(int64)
	j, jok := y.(int64)
	if iok && jok {
		if v, ok, err := wholeArithmetic(op, i, j); ok || err != nil {
			return v, err
		}
	}
	f, g := object.Float(x), object.Float(y)
	switch op {
	case syntax.Add:
		return f + g, nil
	case syntax.Sub:
		return f - g, nil
	case syntax.Mul:
		return f * g, nil
	case syntax.Div:
		return f / g, nil
	case syntax.Mod:
		return math.Mod(f, g), nil
	}
	return nil, fmt.Errorf("the operator %s isn't supported", op)
}

// wholeArithmetic works on whole numbers. It is not ok if the result isn't one, or
// is too large.
func wholeArithmetic(op syntax.Operator, i, j int64) (v object.Value, ok bool, err error) {
	switch op {
	case syntax.Add:
		s := i + j
		return s, (s > i) == (j > 0), nil
	case syntax.Sub:
		d := i - j
		return d, (d < i) == (j > 0), nil
	case syntax.Mul:
		if i == 0 || j == 0 {
			return int64(0), true, nil
		}
		p := i * j
		return p, p/j == i && !(i == -1 && j == math.MinInt64) && !(j == -1 && i == math.MinInt64), nil
	case syntax.Div, syntax.Mod:
		if j == 0 {
			return nil, false, errors.New("division by zero")
		}
		if j == -1 && i == math.MinInt64 {
			return nil, false, nil
		}
		if op == syntax.Mod {
			return i % j, true, nil
		}
		return i / j, i%j == 0, nil
	}
	return nil, false, nil
}

func operand(op syntax.Operator, v object.Value) (object.Value, error) {
	if num, ok := object.Number(v); ok {
		return num, nil
	}
	if _, ok := v.(string); ok { // the text itself may be a password
		return nil, fmt.Errorf("%s needs numbers, and this text isn't one", op)
	}
	return nil, fmt.Errorf("%s needs numbers, and a value of type %s isn't one", op, object.TypeName(v))
}
