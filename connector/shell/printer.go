package shell

import (
	"bytes"
	"cmp"
	"encoding"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/internal/setting"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

type printer struct {
	cfg       *connector.Config
	out       bytes.Buffer
	variables map[string]bool // in use, in lower case
	errs      source.Diagnostics
}

func (p *printer) line(text string) {
	p.out.WriteString(text)
	p.out.WriteByte('\n')
}

// fail reports a part of the configuration that no command can express.
func (p *printer) fail(path source.Path, format string, args ...any) {
	p.errs = append(p.errs, source.Mistake(path, CodeNoCommand, format, args...))
}

// local is the name of the server that the configuration is for.
func (p *printer) local() string {
	if p.cfg.Server == "" && len(p.cfg.Servers) > 0 {
		return p.cfg.Servers[0].Name
	}
	return cmp.Or(p.cfg.Server, "localhost")
}

// fqdn returns the FQDN of a server by name, "" being this server; "" if the
// configuration doesn't say.
func (p *printer) fqdn(name string) string {
	name = cmp.Or(name, p.local())
	for _, s := range p.cfg.Servers {
		if strings.EqualFold(s.Name, name) || strings.EqualFold(s.FQDN, name) {
			return s.FQDN
		}
	}
	return ""
}

// command is one command line.
type command struct {
	name       string
	parameters []string
	flags      string
}

// add appends a parameter unless it has no value.
func (c *command) add(name, value string) {
	if value != "" {
		c.parameters = append(c.parameters, "-"+name+" "+value)
	}
}

func (c command) String() string {
	return strings.Join(append([]string{c.name}, c.parameters...), " ") + c.flags
}

// fields yields the fields of a connector that differ from their zero value, with
// their values as the language has them.
func (p *printer) fields(path source.Path, v reflect.Value) func(func(string, string) bool) {
	return func(yield func(string, string) bool) {
		for i := range v.NumField() {
			f, name := v.Field(i), v.Type().Field(i).Name
			if f.IsZero() || f.Kind() == reflect.Slice && f.Len() == 0 {
				continue
			}
			if name == "Permissions" || name == "AuthenticationCredential" || name == "SmartHostCredentials" {
				if !yield(name, "") {
					return
				}
				continue
			}
			if !yield(name, p.value(path.Field(source.Path(name)), f)) {
				return
			}
		}
	}
}

// value returns v as the language has it.
func (p *printer) value(path source.Path, v reflect.Value) string {
	if v.CanAddr() {
		v = setting.Value(v)
	}
	switch t := v.Interface().(type) {
	case time.Duration:
		return param.FormatTimeSpan(t)
	case netip.AddrPort:
		return p.quote(path, t.String())
	case param.Size, param.Limit, auth.Mechanism, permission.Group, param.RateSource, param.ErrorPolicy,
		param.TransportRole, param.Usage, param.SizeMode, param.ExtendedProtection, param.ProtocolLogging,
		param.TlsAuthLevel, param.TlsVersion, param.CipherSuite, param.DkimSigning, param.ProtocolOption, param.SmartHostLimits, param.ConnectorType, routing.DomainType:
		text, err := t.(encoding.TextMarshaler).MarshalText()
		if err != nil {
			p.fail(path, "%w", err)
		}
		return strings.ReplaceAll(string(text), ", ", ",")
	case param.StatusCodes:
		return cmp.Or(p.value(path, reflect.ValueOf(slices.Collect(t.All()))), "$null")
	case encoding.TextMarshaler:
		text, err := t.MarshalText()
		if err != nil {
			p.fail(path, "%w", err)
		}
		return p.quote(path, string(text))
	}
	switch v.Kind() {
	case reflect.Slice:
		items := make([]string, v.Len())
		for i := range items {
			items[i] = p.value(path.Index(i), v.Index(i))
		}
		return strings.Join(items, ",")
	case reflect.Bool:
		return "$" + strconv.FormatBool(v.Bool())
	case reflect.String:
		return p.quote(path, v.String())
	}
	return strconv.FormatInt(v.Int(), 10)
}

// quote returns a text in quotes. It fails for text that a script can't contain.
func (p *printer) quote(path source.Path, text string) string {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		p.fail(path, "%q can't be written in a script", text)
	}
	return syntax.Quote(text)
}

// trim zeroes the fields that have their default value, except those of parameters that
// New must have or that are printed anyway. full returns c with its defaults filled in.
func trim[C any](c *C, noun *schema.Noun, full func() C) {
	whole := full()
	v, want := reflect.ValueOf(c).Elem(), reflect.ValueOf(&whole).Elem()
	for i := range v.NumField() {
		f := v.Field(i)
		row := noun.Row(v.Type().Field(i).Name)
		if f.IsZero() || row != nil && (row.Printed || row.Mandatory&schema.New != 0) {
			continue
		}
		kept := reflect.ValueOf(f.Interface())
		f.SetZero()
		if now := full(); !reflect.DeepEqual(reflect.ValueOf(&now).Elem().Field(i).Interface(), want.Field(i).Interface()) {
			f.Set(kept)
		}
	}
}
