package dialog

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
)

// read takes the values of a page from its form.
func (d *Draft) read(p *Page, form url.Values) {
	for _, f := range p.fields(d.values) {
		d.readField(f, form)
	}
	if d.dialog.Settle != nil {
		d.dialog.Settle(d.values)
	}
	if d.open == nil {
		return
	}
	f, ok := p.field(d.open.list)
	if !ok {
		d.open = nil
		return
	}
	for i := range f.Item.Fields {
		field := &f.Item.Fields[i]
		name := rowPrefix + field.Name
		if field.Kind == Secret {
			d.readSecret(field.Name, form[name])
		} else if text, ok := entered(field, form, name, d.open.values[field.Name], d.values); ok {
			d.open.values[field.Name] = text
		}
	}
}

// rowPrefix begins the names of the form's values for a row. Names of fields have no dot.
const rowPrefix = "row."

func (d *Draft) readField(f *Field, form url.Values) {
	switch f.Kind {
	case List, Fact:
	case Secret:
		d.readSecret(f.Name, form[f.Name])
	default:
		if text, ok := entered(f, form, f.Name, d.values.Text(f.Name), d.values); ok {
			d.values.set(f.Name, text)
		}
	}
}

// entered returns the value that a form has for a field; ok is false if it has no value
// that the field may have. old is the value that the field has now.
func entered(f *Field, form url.Values, name, old string, v *Values) (text string, ok bool) {
	given, ok := form[name]
	if f.Kind == Check {
		if ok {
			return on, true
		}
		return "", form.Has(name + shownSuffix)
	}
	if !ok {
		return "", false
	}
	text = clean(given[0], f.Kind == Lines)
	if f.Kind == Select || f.Kind == Radio {
		i := slices.IndexFunc(f.Options, func(o Option) bool { return o.Value == text })
		ok = i >= 0 && (text == old || f.Options[i].Off == nil || !f.Options[i].Off(v))
	}
	return text, ok
}

// shownSuffix ends the name of the form's value that says that a check box was shown, as
// forms leave out those that are off.
const shownSuffix = ".shown"

// asks reports whether the page or the dialog for a row has a field for a password.
func (d *Draft) asks(p *Page, name string) bool {
	secret := func(f Field) bool { return f.Name == name && f.Kind == Secret }
	if slices.ContainsFunc(p.Fields, secret) {
		return true
	}
	if d.open == nil {
		return false
	}
	f, ok := p.field(d.open.list)
	return ok && slices.ContainsFunc(f.Item.Fields, secret)
}

// readSecret takes a password. An empty one leaves that which is set.
func (d *Draft) readSecret(name string, given []string) {
	if len(given) == 0 || given[0] == "" || len(given[0]) > maxText {
		return
	}
	d.values.setSecret(name, auth.Secret(strings.ToValidUTF8(given[0], "")))
	delete(d.changing, name)
}

// Preview returns the commands for a form that a page would send, and changes nothing.
func (d *Draft) Preview(page string, form url.Values) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, ok := d.dialog.page(page)
	if !ok || d.done {
		return ""
	}
	typed := &Draft{dialog: d.dialog, values: d.values.clone(), changing: map[string]bool{}}
	if d.open != nil {
		typed.open = &entry{d.open.list, d.open.index, maps.Clone(d.open.values)}
	}
	typed.read(p, form)
	if typed.open != nil && typed.entered(p) {
		if f, ok := p.field(typed.open.list); ok {
			typed.values = typed.withEntry(f)
		}
	}
	s := d.dialog.Commands(typed.values)
	return s.Text()
}
