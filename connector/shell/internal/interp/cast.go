package interp

import (
	"errors"
	"math"
	"net/netip"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// casts lists the types that values can be converted to, for errors.
const casts = "[string], [char], [int], [long], [double], [bool], [switch], [array], [string[]], [int[]], [hashtable], [ordered], " +
	"[pscustomobject], [timespan], [version], [ipaddress], [IPRange], [IPBinding], [AddressSpace], [SmartHost], [void] or [ByteQuantifiedSize]"

// cast evaluates [type]value.
func (in *Interp) cast(e *syntax.Cast) (object.Value, error) {
	v, err := in.eval(e.Value)
	if err != nil {
		return nil, err
	}
	return in.convert(e, syntax.TypeName{Span: e.TypeSpan, Name: e.Type}, v)
}

// plainType is the name of a type in lower case, without blanks and the namespaces
// that PowerShell doesn't ask for.
func plainType(typ string) string {
	name := strings.ToLower(strings.Join(strings.Fields(typ), ""))
	for _, prefix := range []string{"system.", "management.automation.", "net.", "collections.", "generic.", "microsoft.exchange.data."} {
		name = strings.TrimPrefix(name, prefix)
	}
	return name
}

// convert makes v a value of a type. n is where an error stands.
func (in *Interp) convert(n syntax.Node, typ syntax.TypeName, v object.Value) (object.Value, error) {
	name := plainType(typ.Name)
	if of, ok := strings.CutSuffix(name, "[]"); ok {
		return in.convertList(n, syntax.TypeName{Span: typ.Span, Name: of}, v)
	}
	switch name {
	case "string":
		return in.text(n, v), nil
	case "char":
		if s, ok := v.(string); ok && len([]rune(s)) == 1 {
			return s, nil
		}
		if i, ok := v.(int64); ok && i > 0 && i < 0xD800 {
			return string(rune(i)), nil
		}
		return nil, cantConvert(n, typ, v)
	case "int", "int32", "int64", "long", "int16", "uint16", "uint32", "uint64", "byte":
		return toWhole(n, typ, v)
	case "double", "float", "single", "decimal":
		num, ok := object.Number(v)
		if !ok {
			return nil, cantConvert(n, typ, v)
		}
		return object.Float(num), nil
	case "bool", "boolean", "switch", "switchparameter":
		return object.Truth(v), nil
	case "void":
		return nil, nil
	case "object", "psobject":
		if _, isTable := v.(*object.Table); !isTable || name == "object" {
			return v, nil
		}
	case "array", "arraylist", "list[string]", "list[object]", "list[psobject]":
		return in.convertList(n, syntax.TypeName{Span: typ.Span, Name: "object"}, v)
	}
	return in.convertSpecial(n, typ, name, v)
}

func (in *Interp) convertSpecial(n syntax.Node, typ syntax.TypeName, name string, v object.Value) (object.Value, error) {
	t, isTable := v.(*object.Table)
	switch name {
	case "hashtable", "ordered", "idictionary":
		if isTable || v == nil {
			return v, nil
		}
		return nil, cantConvert(n, typ, v)
	case "pscustomobject", "psobject":
		if !isTable {
			return v, nil
		}
		must(n, in.m.newList(2*t.Len()))
		o := object.NewObject(customObject, t.Len())
		for name, item := range t.All() {
			o.Set(name, item)
		}
		return o, nil
	case "scriptblock", "pscredential", "securestring", "security.securestring", "datetime":
		if v == nil || plainType(object.TypeName(v)) == strings.TrimPrefix(name, "security.") {
			return v, nil
		}
		return nil, cantConvert(n, typ, v)
	}
	return convertTyped(n, typ, name, v)
}

// convertTyped makes a value of one of Exchange's own types of text.
func convertTyped(n syntax.Node, typ syntax.TypeName, name string, v object.Value) (object.Value, error) {
	if t, ok := v.(object.Typed); ok && strings.EqualFold(t.TypeName(), name) {
		return v, nil
	}
	text := strings.TrimSpace(object.Text(scalar(v)))
	var made object.Value
	var err error
	switch name {
	case "timespan", "enhancedtimespan":
		made, err = typedOf(param.ParseTimeSpan, text, func(d time.Duration) object.Value { return object.Span(d) })
	case "bytequantifiedsize":
		made, err = typedOf(param.ParseSize, text, func(s param.Size) object.Value { return object.Size(s) })
	case "ipaddress":
		made, err = typedOf(netip.ParseAddr, strings.Trim(text, "[]"), object.NewIPAddress)
		if err != nil {
			err = errors.New("this is not an IP address")
		}
	case "iprange":
		made, err = typedOf(param.ParseRange, text, object.NewIPRange)
	case "ipbinding":
		made, err = typedOf(param.ParseBinding, text, object.NewIPBinding)
	case "addressspace":
		made, err = typedOf(routing.ParseAddressSpace, text, object.NewAddressSpace)
	case "version":
		v, ok := object.ParseVersion(text)
		if made = v; !ok {
			err = errors.New("a version is 2 to 4 numbers with dots between them")
		}
	case "smarthost":
		made, err = typedOf(param.ParseSmartHost, text, object.NewSmartHost)
	default:
		return nil, &Error{Where: typ.Span, Code: source.CodeUnsupported, Err: errors.New("the type [" + typ.Name + "] isn't supported"), Fix: "use " + casts}
	}
	if err != nil {
		return nil, at(n, err)
	}
	return made, nil
}

// typedOf parses text and makes a value of what that gives.
func typedOf[P any](parse func(string) (P, error), text string, typed func(P) object.Value) (object.Value, error) {
	p, err := parse(text)
	if err != nil {
		return nil, err
	}
	return typed(p), nil
}

// customObject is the type of objects that a script makes itself.
const customObject = "PSCustomObject"

// scalar returns v, or $null for a list, an object or a table.
func scalar(v object.Value) object.Value {
	switch v.(type) {
	case *object.List, *object.Object, *object.Table:
		return nil
	}
	return v
}

func (in *Interp) convertList(n syntax.Node, of syntax.TypeName, v object.Value) (object.Value, error) {
	items := object.Items(v)
	must(n, in.m.newList(len(items)))
	out := &object.List{Items: make([]object.Value, len(items))}
	for i, item := range items {
		must(n, in.m.step(1))
		c, err := in.convert(n, of, item)
		if err != nil {
			return nil, err
		}
		out.Items[i] = c
	}
	return out, nil
}

// toWhole rounds to the even neighbour, as .NET does.
func toWhole(n syntax.Node, typ syntax.TypeName, v object.Value) (object.Value, error) {
	num, ok := object.Number(v)
	if !ok {
		return nil, cantConvert(n, typ, v)
	}
	if i, ok := num.(int64); ok {
		return i, nil
	}
	f := math.RoundToEven(object.Float(num))
	if !(math.Abs(f) < math.MaxInt64) {
		return nil, cantConvert(n, typ, v)
	}
	return int64(f), nil
}

func cantConvert(n syntax.Node, typ syntax.TypeName, v object.Value) error {
	return failf(n, "a value of type %s can't be made [%s]", object.TypeName(v), typ.Name)
}
