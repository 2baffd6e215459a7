package connector

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/internal/setting"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// parameter is a row of the schema with the field of the configuration that has
// its name.
type parameter struct {
	*schema.Row
	field    int
	defaults [usages][2][2]reflect.Value // by Usage, profile Exchange2007 and Edge; the zero Value: no default
}

const usages = int(param.UsagePartner) + 1

// parameters are the parameters of one struct of the configuration.
type parameters []parameter

var (
	receiveParameters   = parametersOf[Receive](&schema.ReceiveConnector)
	sendParameters      = parametersOf[Send](&schema.SendConnector)
	remoteParameters    = parametersOf[RemoteDomain](&schema.RemoteDomain)
	transportParameters = parametersOf[Transport](&schema.TransportConfig)
	serviceParameters   = parametersOf[Service](&schema.TransportService)
)

// parametersOf joins the rows of a noun with the fields of C. It panics if a
// default isn't a value of its field.
func parametersOf[C any](n *schema.Noun) parameters {
	var list parameters
	for i := range n.Rows {
		f, ok := reflect.TypeFor[C]().FieldByName(n.Rows[i].FieldName())
		if !ok {
			continue
		}
		p := parameter{Row: &n.Rows[i], field: f.Index[0]}
		for usage := range usages {
			for _, in2007 := range []int{0, 1} {
				for _, edge := range []int{0, 1} {
					text := p.Default.For(param.Usage(usage).String(), in2007 == 1, edge == 1)
					if def := parseDefault(f.Type, text); def.IsValid() && !def.IsZero() {
						p.defaults[usage][in2007][edge] = def
					}
				}
			}
		}
		list = append(list, p)
	}
	return list
}

// fill sets the parameters of c, a pointer, that are left out to their defaults. A
// zero field is left out, except a Setting that holds a value. Lists are copied.
func (list parameters) fill(c any, usage param.Usage, profile Profile, edge bool) {
	v := reflect.ValueOf(c).Elem()
	if int(usage) >= usages {
		usage = param.UsageCustom
	}
	for i := range list {
		p := &list[i]
		def := p.defaults[usage][index(profile == permission.Exchange2007)][index(edge)]
		switch f := v.Field(p.field); {
		case !def.IsValid() || setting.Given(f):
		case f.Kind() == reflect.Slice:
			f.Set(reflect.AppendSlice(reflect.Zero(f.Type()), def))
		default:
			f.Set(def)
		}
	}
}

func index(b bool) int {
	if b {
		return 1
	}
	return 0
}

// limits checks the ranges of c, a pointer, which has its defaults filled in.
func (list parameters) limits(v *validator, path source.Path, c any) {
	fields := reflect.ValueOf(c).Elem()
	for i := range list {
		p := &list[i]
		if p.Limits == (schema.Limits{}) {
			continue
		}
		f := setting.Value(fields.Field(p.field))
		if unlimited := p.Kind.Unlimited() && f.Int() == int64(param.Unlimited); !unlimited && !p.Limits.Contain(f.Int()) {
			v.fail(path.Field(source.Path(p.Name)), source.CodeOutOfRange, "%s is out of range; give %s", textOf(f), p.LimitsText())
		}
	}
}

// enumerations refuses values of c, a pointer, that no parser returns. Mechanisms
// have rules of their own.
func (list parameters) enumerations(v *validator, path source.Path, c any) {
	fields := reflect.ValueOf(c).Elem()
	for i := range list {
		p := &list[i]
		if p.Kind.Values == nil || p.Kind == schema.Mechanisms || p.Kind == schema.HostMechanisms {
			continue
		}
		f, at := setting.Value(fields.Field(p.field)), path.Field(source.Path(p.Name))
		if !p.List {
			v.enumeration(at, f)
			continue
		}
		for i := range f.Len() {
			v.enumeration(at.Index(i), f.Index(i))
		}
	}
}

// enumeration refuses a value that no parser returns.
func (v *validator) enumeration(at source.Path, value reflect.Value) {
	if e, ok := value.Interface().(interface{ IsValid() bool }); ok && !e.IsValid() {
		v.fail(at, source.CodeValueInvalid, "%v is not one of its values", e)
	}
}

// notEnforced warns of the parameters of c, a pointer, that have no effect but are
// given.
func (list parameters) notEnforced(v *validator, path source.Path, c any) {
	fields := reflect.ValueOf(c).Elem()
	for i := range list {
		if p := &list[i]; p.Status() != schema.Enforced && setting.Given(fields.Field(p.field)) {
			v.warn(path.Field(source.Path(p.Name)), CodeNotEnforced, "%s has no effect: %s", p.Name, p.Why())
		}
	}
}

// byUsage reports whether the default of a parameter depends on Usage.
func (list parameters) byUsage(name string) bool {
	for i := range list {
		if list[i].Name == name {
			return list[i].Default.ByUsage()
		}
	}
	return false
}

// parseDefault returns a default, which is written as Exchange does, as a value of
// type t; the zero Value if text is empty.
func parseDefault(t reflect.Type, text string) reflect.Value {
	if text == "" {
		return reflect.Value{}
	}
	v := reflect.New(t).Elem()
	var err error
	if t.Kind() == reflect.Slice {
		for part := range strings.SplitSeq(text, ", ") {
			v.Set(reflect.Append(v, parseDefault(t.Elem(), part)))
		}
		return v
	}
	switch p := setting.Target(v).Addr().Interface().(type) {
	case *string:
		*p = text
	case *bool:
		*p = text == "$true"
	case *int:
		*p, err = strconv.Atoi(text)
	case *time.Duration:
		*p, err = param.ParseTimeSpan(text)
	case encoding.TextUnmarshaler:
		err = p.UnmarshalText([]byte(text))
	default:
		err = fmt.Errorf("a %v can't be read", t)
	}
	if err != nil {
		panic(fmt.Sprintf("default %q can't be read: %v", text, err))
	}
	return v
}

// textOf returns a value as Exchange prints it.
func textOf(v reflect.Value) string {
	switch p := v.Interface().(type) {
	case time.Duration:
		return param.FormatTimeSpan(p)
	case encoding.TextMarshaler:
		if text, err := p.MarshalText(); err == nil {
			return string(text)
		}
	}
	return fmt.Sprint(v.Interface())
}
