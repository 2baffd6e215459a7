package dialog

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/source"
)

// Draft is a dialog that an administrator works on. It is safe for concurrent use.
type Draft struct {
	ID    string // random, unguessable
	Owner string // the logon session that the draft belongs to
	Back  string // the address to which the console returns in the end
	Made  time.Time

	mu       sync.Mutex
	dialog   *Dialog
	values   *Values
	open     *entry // the row that is being entered; nil: none
	mistakes []Mistake
	changing map[string]bool // passwords that have a field to be typed into
	done     bool            // the commands have been carried out
}

// entry is a row of a list that is being entered.
type entry struct {
	list   string
	index  int // of the row; -1: a new one
	values Row // as entered
}

// Outcome says what a form asks for.
type Outcome uint8

// The outcomes.
const (
	Show   Outcome = iota // show a page
	Finish                // carry the changes out
	Cancel                // forget the draft
)

// Try tries a script on the policy without changing it. The mistakes are those of the
// commands, whose file is [ScriptName], and those of the policy that they make.
type Try func(ctx context.Context, s *Script) (source.Diagnostics, error)

// Submit takes the form that a page sent. Its value "do" says what to do:
//
//	next, back, tab:PAGE           go to another page
//	add:LIST, edit:LIST:I, remove:LIST:I   open the dialog for a row, or remove the row
//	ok, close                      accept or leave that dialog
//	secret:FIELD                   show a field for a password that is set already
//	stay                           show the page again, with its values
//	finish, cancel                 end the dialog
//
// A row that is being entered is accepted before anything else is done, unless it is
// left or has no content. Where values of the page, or of those before it, are wrong, the page is
// shown again. Submit returns the page to show next. The error is that of try.
func (d *Draft) Submit(ctx context.Context, page string, form url.Values, try Try) (Outcome, string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, ok := d.dialog.page(page)
	switch {
	case d.done:
		return Show, completion.Name, nil
	case !ok || p.Final:
		return Show, d.first(), nil
	}
	d.read(p, form)
	do, argument, _ := strings.Cut(form.Get("do"), ":")
	d.mistakes = nil
	switch do {
	case "cancel":
		return Cancel, "", nil
	case "back":
		d.open = nil
		return Show, d.neighbour(page, -1), nil
	case "close":
		d.open = nil
		return Show, page, nil
	case "stay":
		return Show, page, nil
	}
	if d.open != nil && (do == "ok" || d.entered(p)) {
		if ok, err := d.accept(ctx, p, try); !ok || err != nil {
			return Show, page, err
		}
	}
	d.open = nil
	if d.edit(p, do, argument) {
		return Show, page, nil
	}
	return d.leave(ctx, page, do, argument, try)
}

// leave checks the values and goes on: to another page, or to the end.
func (d *Draft) leave(ctx context.Context, page, do, argument string, try Try) (Outcome, string, error) {
	found, err := d.check(ctx, d.values, try)
	if err != nil {
		return Show, page, err
	}
	next := page
	if do == "next" {
		next = d.neighbour(page, 1)
	} else if p, ok := d.dialog.page(argument); ok && do == "tab" {
		next = p.Name
	}
	target, _ := d.dialog.page(next)
	if target.Final {
		next = page
	}
	all := do == "finish" || target.Summary
	d.mistakes = slices.DeleteFunc(found, func(m Mistake) bool {
		return !all && (m.Page == "" || !d.reached(m.Page, page))
	})
	switch {
	case len(d.mistakes) > 0:
		if at := d.mistakes[0].Page; at != "" && !slices.ContainsFunc(d.mistakes, func(m Mistake) bool { return m.Page == page }) {
			return Show, at, nil
		}
		return Show, page, nil
	case do == "finish":
		return Finish, page, nil
	}
	return Show, next, nil
}

// reached reports whether page comes no later than current.
func (d *Draft) reached(page, current string) bool {
	if !d.dialog.Wizard {
		return page == current
	}
	for _, p := range d.dialog.shown(d.values) {
		if p.Name == page || p.Name == current {
			return p.Name == page
		}
	}
	return false
}

// Complete says that the commands have been carried out. The passwords are forgotten, and
// only the last page is shown from now on.
func (d *Draft) Complete() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.done = true
	d.values.secrets = nil
}

// Page returns the name of the page to show where another one is asked for: the page itself
// if it may be shown now.
func (d *Draft) Page(name string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.done {
		return completion.Name
	}
	if slices.ContainsFunc(d.dialog.shown(d.values), func(p *Page) bool { return p.Name == name && !p.Final }) {
		return name
	}
	return d.first()
}

// check tries the commands for values.
func (d *Draft) check(ctx context.Context, v *Values, try Try) ([]Mistake, error) {
	s := d.dialog.Commands(v)
	if s.IsZero() {
		return nil, nil
	}
	found, err := try(ctx, &s)
	if err != nil {
		return nil, err
	}
	return d.dialog.mistakes(&s, v, found), nil
}

// first is the name of the first page.
func (d *Draft) first() string { return d.dialog.shown(d.values)[0].Name }

// neighbour returns the name of the shown page that is n after page.
func (d *Draft) neighbour(page string, n int) string {
	pages := d.dialog.shown(d.values)
	i := slices.IndexFunc(pages, func(p *Page) bool { return p.Name == page })
	return pages[min(max(i+n, 0), len(pages)-1)].Name
}

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

// readSecret takes a password. An empty one leaves that which is set.
func (d *Draft) readSecret(name string, given []string) {
	if len(given) == 0 || given[0] == "" || len(given[0]) > maxText {
		return
	}
	d.values.setSecret(name, auth.Secret(strings.ToValidUTF8(given[0], "")))
	delete(d.changing, name)
}

// entered reports whether the row that is being entered differs from that with which its
// dialog opened.
func (d *Draft) entered(p *Page) bool {
	f, ok := p.field(d.open.list)
	if !ok {
		return false
	}
	before := d.start(f, d.open.index)
	for name, text := range d.open.values {
		if text != before[name] {
			return true
		}
	}
	return false
}

// start returns the values with which the dialog for a row opens; index -1 is a new row.
func (d *Draft) start(f *Field, index int) Row {
	values := Row{}
	from := Row{}
	if rows := d.values.Rows(f.Name); index >= 0 && index < len(rows) {
		from = rows[index]
	} else if f.Item.New != nil {
		from = f.Item.New(d.values)
	}
	for _, field := range f.Item.Fields {
		values[field.Name] = from[field.Name]
	}
	return values
}

// accept puts the row that is being entered into its list, unless it makes mistakes there.
func (d *Draft) accept(ctx context.Context, p *Page, try Try) (ok bool, err error) {
	f, ok := p.field(d.open.list)
	if !ok {
		return true, nil
	}
	rows := []Row{d.open.values}
	if f.Item.Split != nil {
		rows = f.Item.Split(d.values, d.open.values)
	}
	old := d.values.Rows(f.Name)
	next := d.values.clone()
	if i := d.open.index; i >= 0 && i < len(old) {
		next.setRows(f.Name, replaced(old, i, i+1, rows...))
	} else {
		next.setRows(f.Name, replaced(old, len(old), len(old), rows...))
	}
	if !f.Item.Fixed { // whose other fields may be about it, too
		if d.mistakes, err = d.caused(ctx, f, next, try); err != nil || len(d.mistakes) > 0 {
			return false, err
		}
	}
	d.values = next
	return true, nil
}

// caused returns the mistakes at a list that next has and the values have not.
func (d *Draft) caused(ctx context.Context, f *Field, next *Values, try Try) ([]Mistake, error) {
	at := func(v *Values) ([]Mistake, error) {
		found, err := d.check(ctx, v, try)
		return slices.DeleteFunc(found, func(m Mistake) bool { return m.Field != f.Name }), err
	}
	now, err := at(next)
	if err != nil || len(now) == 0 {
		return nil, err
	}
	before, err := at(d.values)
	return slices.DeleteFunc(now, func(m Mistake) bool { return slices.Contains(before, m) }), err
}

// edit does what a button beside a list or a password says, and reports whether it was one.
func (d *Draft) edit(p *Page, do, argument string) bool {
	name, number, _ := strings.Cut(argument, ":")
	if do == "secret" {
		d.changing[name] = true
		return true
	}
	f, ok := p.field(name)
	if do == "ok" {
		return true
	}
	if !ok || f.Kind != List || do != "add" && do != "edit" && do != "remove" {
		return false
	}
	rows := d.values.Rows(name)
	i, err := strconv.Atoi(number)
	valid := err == nil && i >= 0 && i < len(rows)
	switch {
	case do == "add" && !f.Item.Fixed:
		if f.Item.Added != nil {
			f.Item.Added(d.values)
		}
		d.open = &entry{name, -1, d.start(f, -1)}
	case do == "edit" && valid && !f.Item.NoEdit:
		d.open = &entry{name, i, d.start(f, i)}
	case do == "remove" && valid && !f.Item.Fixed:
		d.values.setRows(name, replaced(rows, i, i+1))
	}
	return true
}
