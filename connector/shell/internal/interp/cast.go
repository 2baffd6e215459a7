package interp

import (
	"errors"
	"math"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

// casts says what types there are.
const casts = "[string], [int], [long], [double], [bool], [switch], [array], [string[]], [int[]], [hashtable], [ordered], " +
	"[pscustomobject], [timespan], [void] and [ByteQuantifiedSize]"

// cast evaluates [type]value.
func (in *Interp) cast(e *syntax.Cast) (object.Value, error) {
	v, err := in.eval(e.Value)
	if err != nil {
		return nil, err
	}
	return in.convert(e, e.Type, v)
}

// convert makes v a value of the type named.
func (in *Interp) convert(e *syntax.Cast, typ string, v object.Value) (object.Value, error) {
	name := strings.ToLower(strings.Join(strings.Fields(typ), ""))
	name = strings.TrimPrefix(name, "system.")
	name = strings.TrimPrefix(name, "management.automation.")
	if of, ok := strings.CutSuffix(name, "[]"); ok {
		return in.convertList(e, of, v)
	}
	switch name {
	case "string":
		return in.text(e, v)
	case "int", "int32", "int64", "long", "int16", "uint16", "uint32", "uint64", "byte":
		return in.toWhole(e, v)
	case "double", "float", "single", "decimal":
		num, ok := object.Number(v)
		if !ok {
			return nil, in.cantConvert(e, v)
		}
		return object.Float(num), nil
	case "bool", "boolean", "switch", "switchparameter":
		return object.Truth(v), nil
	case "void":
		return nil, nil
	case "array", "collections.arraylist", "object":
		if name == "object" {
			return v, nil
		}
		return in.convertList(e, "object", v)
	}
	return in.convertSpecial(e, name, v)
}

func (in *Interp) convertSpecial(e *syntax.Cast, name string, v object.Value) (object.Value, error) {
	t, isTable := v.(*object.Table)
	switch name {
	case "hashtable", "ordered", "collections.hashtable":
		if isTable || v == nil {
			return v, nil
		}
		return nil, in.cantConvert(e, v)
	case "pscustomobject", "psobject":
		if !isTable {
			return v, nil
		}
		if err := in.m.newList(2 * t.Len()); err != nil {
			return nil, at(e, err)
		}
		o := object.NewObject(customObject, t.Len())
		for name, item := range t.All() {
			o.Set(name, item)
		}
		return o, nil
	case "timespan", "enhancedtimespan", "microsoft.exchange.data.enhancedtimespan":
		if s, ok := v.(object.Span); ok {
			return s, nil
		}
		d, err := connector.ParseTimeSpan(object.Text(scalar(v)))
		return object.Span(d), at(e, err)
	case "bytequantifiedsize", "microsoft.exchange.data.bytequantifiedsize":
		if s, ok := v.(object.Size); ok {
			return s, nil
		}
		size, err := connector.ParseByteSize(object.Text(scalar(v)))
		return object.Size(size), at(e, err)
	}
	return nil, &Error{Where: e.TypeSpan, Err: errors.New("the type [" + e.Type + "] isn't supported"), Supported: casts}
}

// customObject is the type of objects that a script makes itself.
const customObject = "PSCustomObject"

// scalar is v, or $null for what has many parts.
func scalar(v object.Value) object.Value {
	switch v.(type) {
	case *object.List, *object.Object, *object.Table:
		return nil
	}
	return v
}

func (in *Interp) convertList(e *syntax.Cast, of string, v object.Value) (object.Value, error) {
	items := object.Items(v)
	if err := in.m.newList(len(items)); err != nil {
		return nil, at(e, err)
	}
	out := &object.List{Items: make([]object.Value, len(items))}
	for i, item := range items {
		if err := in.m.step(1); err != nil {
			return nil, at(e, err)
		}
		c, err := in.convert(e, of, item)
		if err != nil {
			return nil, err
		}
		out.Items[i] = c
	}
	return out, nil
}

// toWhole rounds to the even neighbour, as .NET does.
func (in *Interp) toWhole(e *syntax.Cast, v object.Value) (object.Value, error) {
	num, ok := object.Number(v)
	if !ok {
		return nil, in.cantConvert(e, v)
	}
	if i, ok := num.(int64); ok {
		return i, nil
	}
	f := math.RoundToEven(object.Float(num))
	if !(math.Abs(f) < math.MaxInt64) {
		return nil, in.cantConvert(e, v)
	}
	return int64(f), nil
}

func (in *Interp) cantConvert(e *syntax.Cast, v object.Value) error {
	return failf(e, "a value of type %s can't be made [%s]", object.TypeName(v), e.Type)
}
