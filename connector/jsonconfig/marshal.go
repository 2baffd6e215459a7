package jsonconfig

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"time"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/setting"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// redacted is written in place of a secret.
const redacted = "REDACTED"

// Marshal writes c as indented JSON that [Parse] reads back to an equal Config,
// except that secrets are replaced by REDACTED, which Parse refuses, and that a
// grant that both allows and denies becomes two. Parameters at their default are
// left out. The error is source.Diagnostics with the first value that has no text.
func Marshal(c connector.Config) ([]byte, error) { return marshal(c, false) }

// MarshalWithSecrets is Marshal with the passwords of Send connectors in
// readable form. A password that is the word REDACTED can't be read back.
func MarshalWithSecrets(c connector.Config) ([]byte, error) { return marshal(c, true) }

func marshal(c connector.Config, secrets bool) ([]byte, error) {
	w := writer{secrets: secrets}
	w.value("", reflect.ValueOf(&c).Elem())
	if w.err != nil {
		return nil, w.err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, w.out.Bytes(), "", "  "); err != nil {
		return nil, fmt.Errorf("the JSON that was written can't be indented: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// writer writes compact JSON and keeps the first error.
type writer struct {
	out     bytes.Buffer
	secrets bool
	err     error
}

func (w *writer) fail(path source.Path, err error) {
	if w.err == nil {
		w.err = source.Diagnostics{source.Wrap(path, source.CodeValueInvalid, err)}
	}
}

// value writes v, which must be addressable.
func (w *writer) value(path source.Path, v reflect.Value) {
	v = setting.Value(v)
	if w.special(path, v.Addr().Interface()) {
		return
	}
	if m, ok := v.Addr().Interface().(encoding.TextMarshaler); ok {
		text, err := m.MarshalText()
		if err != nil {
			w.fail(path, err)
		}
		w.string(path, string(text))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		w.object(path, v)
	case reflect.Slice:
		w.list(path, v)
	case reflect.Pointer:
		w.value(path, v.Elem())
	case reflect.String:
		w.string(path, v.String())
	case reflect.Bool:
		fmt.Fprint(&w.out, v.Bool())
	default:
		fmt.Fprint(&w.out, v.Int())
	}
}

// special writes the types whose JSON form isn't that of their Go kind.
func (w *writer) special(path source.Path, target any) bool {
	switch t := target.(type) {
	case *time.Duration:
		w.string(path, param.FormatTimeSpan(*t))
	case *netip.AddrPort:
		w.string(path, t.String())
	case *auth.Secret:
		if w.secrets {
			w.string(path, t.Reveal())
		} else {
			w.string(path, redacted)
		}
	case *[]param.SmartHostCredential:
		w.hostCredentials(path, *t)
	case *permission.Grant:
		w.grant(path, *t)
	default:
		return false
	}
	return true
}

func (w *writer) list(path source.Path, v reflect.Value) {
	if grants, ok := v.Interface().([]permission.Grant); ok {
		v = reflect.ValueOf(split(grants))
	}
	w.out.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			w.out.WriteByte(',')
		}
		w.value(path.Index(i), v.Index(i))
	}
	w.out.WriteByte(']')
}

// split makes two grants of one that both allows and denies, because an entry
// does one or the other. They come to the same.
func split(grants []permission.Grant) []permission.Grant {
	var out []permission.Grant
	for _, g := range grants {
		if g.Allow != 0 && g.Deny != 0 {
			out = append(out, permission.Grant{To: g.To, Allow: g.Allow, Group: g.Group})
			g.Allow = 0
		}
		out = append(out, g)
	}
	return out
}

// object writes the fields of a struct that differ from their zero value.
func (w *writer) object(path source.Path, v reflect.Value) {
	w.out.WriteByte('{')
	first := true
	for i := range v.NumField() {
		f := v.Field(i)
		if f.IsZero() || f.Kind() == reflect.Slice && f.Len() == 0 {
			continue
		}
		if !first {
			w.out.WriteByte(',')
		}
		first = false
		name := v.Type().Field(i).Name
		fmt.Fprintf(&w.out, "%q:", name)
		w.value(path.Field(source.Path(name)), f)
	}
	w.out.WriteByte('}')
}

// hostCredentials writes an object of credentials by smart host.
func (w *writer) hostCredentials(path source.Path, list []param.SmartHostCredential) {
	w.out.WriteByte('{')
	for i := range list {
		if i > 0 {
			w.out.WriteByte(',')
		}
		host, err := list[i].Host.MarshalText()
		if err != nil {
			w.fail(path.Index(i), err)
		}
		w.string(path, string(host))
		w.out.WriteByte(':')
		w.value(source.Named(path, string(host)), reflect.ValueOf(&list[i].Credential).Elem())
	}
	w.out.WriteByte('}')
}

// grant writes an explicit grant, which allows rights, denies them or takes them away.
// A grant of a permission group has no form of its own.
func (w *writer) grant(path source.Path, g permission.Grant) {
	f := grantFields{User: string(g.To), Deny: g.Deny != 0, Removed: g.Removed != 0}
	if who, err := permission.ParsePrincipal(g.To.Name()); err == nil && len(who.SIDs) == 1 && who.SIDs[0] == g.To {
		f.User = g.To.Name()
	}
	rights := g.Allow
	switch {
	case f.Removed:
		rights = g.Removed
	case f.Deny:
		rights = g.Deny
	}
	if g.Group != 0 || rights == 0 {
		w.fail(path, fmt.Errorf("%v isn't an explicit grant: it must allow, deny or take away a right, and name no permission group", g))
	}
	for r := range rights.All() {
		f.ExtendedRights = append(f.ExtendedRights, r)
	}
	w.object(path, reflect.ValueOf(&f).Elem())
}

func (w *writer) string(path source.Path, s string) {
	if !utf8.ValidString(s) {
		w.fail(path, fmt.Errorf("%q isn't valid UTF-8", s))
	}
	encoder := json.NewEncoder(&w.out)
	encoder.SetEscapeHTML(false) // <I>…<S>… stays readable
	if err := encoder.Encode(s); err != nil {
		w.fail(path, err)
	}
}
