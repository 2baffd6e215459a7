package interp

import (
	"errors"
	"math"
	"regexp"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
	"github.com/interchange-smtp/interchange/connector/source"
)

// statics lists the members of types that are supported, for errors.
const statics = "Parse of [ipaddress], [int], [timespan], [IPRange], [IPBinding], [AddressSpace], [SmartHost] and [ByteQuantifiedSize]; " +
	"[string]::IsNullOrEmpty, IsNullOrWhiteSpace, Join, Format and Empty; [math]::Round, Floor, Ceiling, Abs, Min and Max; [regex]::Escape; " +
	"[timespan]::FromDays, FromHours, FromMinutes and FromSeconds; [datetime]::Now and Today; [Environment]::MachineName and NewLine; ::new() of lists, hashtables and credentials"

// static evaluates [type]::Name and [type]::Name(…).
func (in *Interp) static(e *syntax.Static) (object.Value, error) {
	args := make([]object.Value, len(e.Args))
	for i, a := range e.Args {
		var err error
		if args[i], err = in.eval(a); err != nil {
			return nil, err
		}
		must(a, in.m.read(args[i]))
	}
	typ, name := plainType(e.Type.Name), strings.ToLower(e.Name)
	if name == "parse" && len(args) == 1 {
		return in.convert(e, e.Type, args[0])
	}
	var v object.Value
	var ok bool
	var err error
	switch typ {
	case "string":
		v, ok, err = in.staticString(e, name, args)
	case "math":
		v, ok = staticMath(name, args)
	case "timespan", "enhancedtimespan":
		v, ok = staticSpan(name, args)
	case "regex", "text.regularexpressions.regex":
		v, ok, err = in.staticRegex(e, name, args)
	case "ipaddress":
		if text, known := map[string]string{"any": "0.0.0.0", "loopback": "127.0.0.1", "ipv6any": "::", "ipv6loopback": "::1"}[name]; known && !e.Call {
			return in.convert(e, e.Type, text)
		}
	case "datetime":
		v, ok, err = in.staticTime(e, name)
	case "environment":
		v, ok = in.staticEnvironment(name, args)
	case "dns":
		if v, ok = in.computerName(), name == "gethostname" && e.Call; ok {
			return v, nil
		}
	case "int", "int32":
		v, ok = map[string]int64{"maxvalue": math.MaxInt32, "minvalue": math.MinInt32}[name], name == "maxvalue" || name == "minvalue"
	default:
		if name == "new" && e.Call {
			return in.staticNew(e, args)
		}
	}
	if err != nil || ok {
		return v, at(e, err)
	}
	return nil, &Error{Where: e.Span, Code: source.CodeUnsupported, Err: errors.New("[" + e.Type.Name + "]::" + e.Name + " isn't supported"), Fix: "use " + statics}
}

func (in *Interp) staticString(n syntax.Node, name string, args []object.Value) (v object.Value, ok bool, err error) {
	switch {
	case name == "empty" && len(args) == 0:
		return "", true, nil
	case name == "isnullorempty" && len(args) == 1, name == "isnullorwhitespace" && len(args) == 1:
		s := in.text(n, args[0])
		if name == "isnullorwhitespace" {
			s = strings.TrimSpace(s)
		}
		return s == "", true, nil
	case name == "join" && len(args) >= 2:
		return in.join(n, listOf(args[1:]), in.text(n, args[0])), true, nil
	case name == "format" && len(args) >= 2:
		v, err := in.format(n, args[0], listOf(args[1:]))
		return v, true, err
	case name == "concat" && len(args) > 0:
		return in.join(n, object.NewList(args...), ""), true, nil
	}
	return nil, false, nil
}

// listOf returns the only argument, which may be a list, or a list of several.
func listOf(args []object.Value) object.Value {
	if len(args) == 1 {
		return args[0]
	}
	return object.NewList(args...)
}

func staticMath(name string, args []object.Value) (object.Value, bool) {
	var f []float64
	whole := true
	for _, a := range args {
		num, ok := object.Number(a)
		if !ok {
			return nil, false
		}
		_, isInt := num.(int64)
		whole = whole && isInt
		f = append(f, object.Float(num))
	}
	var r float64
	switch {
	case name == "round" && len(f) == 1:
		r = math.RoundToEven(f[0])
	case name == "round" && len(f) == 2 && f[1] >= 0 && f[1] <= 15:
		scale := math.Pow(10, math.Trunc(f[1]))
		return math.RoundToEven(f[0]*scale) / scale, true
	case name == "floor" && len(f) == 1:
		r = math.Floor(f[0])
	case name == "ceiling" && len(f) == 1:
		r = math.Ceil(f[0])
	case name == "truncate" && len(f) == 1:
		r = math.Trunc(f[0])
	case name == "abs" && len(f) == 1:
		r = math.Abs(f[0])
	case name == "min" && len(f) == 2:
		r = math.Min(f[0], f[1])
	case name == "max" && len(f) == 2:
		r = math.Max(f[0], f[1])
	case name == "pow" && len(f) == 2:
		r = math.Pow(f[0], f[1])
	default:
		return nil, false
	}
	if (whole || name != "abs" && name != "min" && name != "max") && r == math.Trunc(r) && math.Abs(r) < 1<<53 {
		return int64(r), true
	}
	return r, true
}

func staticSpan(name string, args []object.Value) (object.Value, bool) {
	if name == "zero" && len(args) == 0 {
		return object.Span(0), true
	}
	unit := map[string]time.Duration{"fromdays": 24 * time.Hour, "fromhours": time.Hour, "fromminutes": time.Minute,
		"fromseconds": time.Second, "frommilliseconds": time.Millisecond}[name]
	if unit == 0 || len(args) != 1 {
		return nil, false
	}
	num, ok := object.Number(args[0])
	length := object.Float(num) * float64(unit)
	if !ok || !(length >= 0 && length < math.MaxInt64/2) {
		return nil, false
	}
	return object.Span(time.Duration(length)), true
}

func (in *Interp) staticRegex(n syntax.Node, name string, args []object.Value) (v object.Value, ok bool, err error) {
	switch {
	case name == "escape" && len(args) == 1:
		s := in.text(n, args[0])
		must(n, in.m.text(2*len(s)))
		return regexp.QuoteMeta(s), true, nil
	case name == "ismatch" && len(args) == 2:
		v, err := in.match(n, true, true, args[0], args[1])
		return v, true, err
	case name == "replace" && len(args) == 3:
		v, err := in.replace(n, true, args[0], object.NewList(args[1], args[2]))
		return v, true, err
	case name == "split" && len(args) == 2:
		v, err := in.split(n, true, args[0], object.NewList(args[1]))
		return v, true, err
	}
	return nil, false, nil
}

func (in *Interp) staticTime(n syntax.Node, name string) (v object.Value, ok bool, err error) {
	switch name {
	case "now", "utcnow", "today":
	default:
		return nil, false, nil
	}
	if in.opt.Now == nil {
		return nil, false, errNoClock
	}
	now := in.opt.Now()
	switch name {
	case "utcnow":
		now = now.UTC()
	case "today":
		now = time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	}
	return object.Time(now), true, nil
}

func (in *Interp) staticEnvironment(name string, args []object.Value) (object.Value, bool) {
	switch {
	case name == "newline" && len(args) == 0:
		return "\n", true
	case name == "machinename" && len(args) == 0:
		return in.computerName(), true
	case name == "getenvironmentvariable" && len(args) >= 1 && in.opt.Env != nil:
		if s, ok := in.opt.Env(object.Text(args[0])); ok {
			return s, true
		}
		return nil, true
	}
	return nil, false
}

// computerName is the name of the server that the script runs on.
func (in *Interp) computerName() object.Value {
	if in.opt.Env != nil {
		if s, ok := in.opt.Env("COMPUTERNAME"); ok {
			return s
		}
	}
	return "localhost"
}

// staticNew is [type]::new(…).
func (in *Interp) staticNew(e *syntax.Static, args []object.Value) (object.Value, error) {
	switch short(e.Type.Name) {
	case "arraylist", "list[string]", "list[object]", "list[psobject]":
		return new(object.List), nil
	case "hashtable", "ordereddictionary":
		return new(object.Table), nil
	case "securestring":
		return object.NewSecure(""), nil
	case "psobject", "pscustomobject", "object":
		return object.NewObject(customObject, 0), nil
	case "pscredential":
		if made, ok := in.credential(e, args); ok {
			return made, nil
		}
	}
	return nil, &Error{Where: e.Span, Code: source.CodeUnsupported, Err: errors.New("[" + e.Type.Name + "]::new can't make this"), Fix: "use " + statics}
}

// is evaluates -is and -isnot.
func (in *Interp) is(v object.Value, typ *syntax.Type) bool {
	name := plainType(typ.Name)
	if v == nil {
		return false
	}
	have := plainType(object.TypeName(v))
	switch v := v.(type) {
	case *object.List:
		return strings.HasSuffix(name, "[]") || name == "array" || name == "arraylist" || name == "ienumerable" || name == "ilist" || name == "object"
	case *object.Table:
		return name == "hashtable" || name == "idictionary" || name == "ordereddictionary" || name == "object"
	case int64:
		return name == "int" || name == "int32" && v == int64(int32(v)) || name == "int64" || name == "long" || name == "object"
	case bool:
		return name == "bool" || name == "boolean" || name == "switch" || name == "switchparameter" || name == "object"
	case *object.Object:
		return name == have || name == "psobject" || name == "pscustomobject" || name == "object"
	}
	return name == have || name == "object"
}

// as evaluates -as: $null where a cast would be an error.
func (in *Interp) as(n syntax.Node, v object.Value, typ *syntax.Type) (object.Value, error) {
	made, err := in.convert(n, syntax.TypeName{Span: typ.Span, Name: typ.Name}, v)
	if err != nil && !in.m.fatal(err) && known(typ.Name) {
		return nil, nil
	}
	return made, err
}

// known reports whether a cast to the type can succeed at all.
func known(typ string) bool {
	switch strings.TrimSuffix(plainType(typ), "[]") {
	case "int", "int32", "int64", "long", "double", "float", "single", "decimal", "char", "hashtable", "datetime", "ipaddress", "iprange",
		"ipbinding", "addressspace", "smarthost", "timespan", "version", "enhancedtimespan", "bytequantifiedsize", "uint32", "uint64", "byte", "int16", "uint16":
		return true
	}
	return false
}
