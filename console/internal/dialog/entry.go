package dialog

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// entry is a row of a list that is being entered.
type entry struct {
	list   string
	index  int // of the row; -1: a new one
	values Row // as entered
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
	next := d.withEntry(f)
	if n := len(next.Rows(f.Name)); n > maxRows && n > len(d.values.Rows(f.Name)) {
		d.mistakes = []Mistake{{
			Page: p.Name, Field: f.Name, ID: id(f.Name), Title: f.Label,
			Text: fmt.Sprintf("This list would have %d rows, and the console adds rows to lists of up to %d.", n, maxRows),
			Fix:  "Use one row for several addresses, or a command in the Management Shell.",
		}}
		return false, nil
	}
	if !f.Item.Fixed { // whose other fields may be about it, too
		if d.mistakes, err = d.caused(ctx, f, next, try); err != nil || len(d.mistakes) > 0 {
			return false, err
		}
	}
	d.values = next
	return true, nil
}

// withEntry returns the values with the row that is being entered in its list.
func (d *Draft) withEntry(f *Field) *Values {
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
	return next
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

// edit does what a button beside a list says, and reports whether it was one.
func (d *Draft) edit(p *Page, do, argument string) bool {
	name, number, _ := strings.Cut(argument, ":")
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
