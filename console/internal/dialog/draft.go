package dialog

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

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
	case "secret":
		if d.asks(p, argument) {
			d.changing[argument] = true
		}
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
