package dialog

import (
	"slices"

	"github.com/interchange-smtp/interchange/connector/source"
)

// Dialog is a wizard, whose pages follow each other, or a dialog with tabs.
type Dialog struct {
	Kind   string // as in [Open]
	Title  string
	Object string // the name of the object that is changed; "" for one that is made
	Action string // the button that carries the changes out: New, or OK
	Wizard bool
	Pages  []Page

	// Commands returns the commands for the values. The values of pages that aren't
	// shown are not looked at.
	Commands func(v *Values) Script

	// Settle changes the values that others leave no choice for, after each form; nil:
	// there are no such values.
	Settle func(v *Values)

	// Prerequisites returns the conditions that the values have; nil: there are no conditions.
	Prerequisites func(v *Values, f Facts) []Prerequisite

	// NextSteps returns the steps that follow; nil: no step follows.
	NextSteps func(v *Values) []NextStep

	// Codes names the fields to which mistakes with certain codes belong, whatever
	// parameter they are about: the first of them that is shown.
	Codes map[source.Code][]string
}

// Page is a page of a wizard, or a tab.
type Page struct {
	Name   string // in addresses; unique in the dialog
	Title  string
	Intro  string
	Fields []Field

	// Shown reports whether the page is shown; nil: it always is.
	Shown func(v *Values) bool

	// Summary marks the page that shows the commands and what they change.
	Summary bool

	// Final marks the last page, which is shown once the commands have been carried out.
	Final bool
}

// completion is the last page of a wizard.
var completion = Page{Name: "completion", Title: "Completion", Final: true}

// Kind is the kind of a field.
type Kind uint8

// The kinds of fields. There is no valid zero Kind.
const (
	Text   Kind = iota + 1
	Lines       // text of several lines
	Number      // text that is usually a number, with a unit behind it
	Select      // one of Options, from a list that drops down
	Radio       // one of Options, all of which are shown
	Check       // on or off
	Secret      // a password, which is never shown
	List        // rows, see Item
	Fact        // text that can't be changed
)

// String returns the name of the kind, as in radio.
func (k Kind) String() string {
	names := []string{"", "text", "lines", "number", "select", "radio", "check", "secret", "list", "fact"}
	if int(k) >= len(names) {
		return ""
	}
	return names[k]
}

// Field is a field of a page or of an [Item].
type Field struct {
	Name  string // unique in the dialog, or in the item
	Kind  Kind
	Label string
	Help  string // a sentence below the label
	Unit  string // behind a Number
	Group string // neighbours with the same Group are shown together, below it

	// Under says that the field is part of the one before it that has no Under: it is
	// indented, and has no meaning if that one is off.
	Under bool

	Options []Option // of Select and Radio
	Item    *Item    // of a List

	// Parameters are the parameters of the commands that the field sets.
	Parameters []string

	// Shown reports whether the field is shown; nil: it always is.
	Shown func(v *Values) bool

	// Used reports whether the value has a meaning beside the other values; nil: it always has.
	Used func(v *Values) bool
}

// Option is a value of a Select or Radio.
type Option struct {
	Value, Label string
	Help         string

	// Off reports that the option can't be chosen; nil: it can.
	Off func(v *Values) bool
}

// Item describes the rows of a list and the dialog that adds or changes one.
type Item struct {
	Title   string   // of the dialog: Add Smart Host
	Columns []string // the heads of the columns
	Empty   string   // the text for a list without rows
	Add     string   // the label of the button that adds; "": Add…
	Fields  []Field

	// Fixed says that the list always has one row, which a button with the label Add
	// opens.
	Fixed bool

	// NoEdit says that rows can be added and removed, and not changed.
	NoEdit bool

	// New returns the values with which the dialog opens for a new row; nil: none.
	New func(v *Values) Row

	// Added is called when the dialog for a new row is opened; nil: nothing else changes.
	Added func(v *Values)

	// Split returns the rows for what was entered; nil: one row with the same values.
	Split func(v *Values, entered Row) []Row

	// Cells returns the texts of the columns for a row.
	Cells func(r Row) []string
}

// page returns a page by its name.
func (d *Dialog) page(name string) (*Page, bool) {
	i := slices.IndexFunc(d.Pages, func(p Page) bool { return p.Name == name })
	if i < 0 {
		return nil, false
	}
	return &d.Pages[i], true
}

// shown returns the pages that are shown for the values.
func (d *Dialog) shown(v *Values) []*Page {
	var pages []*Page
	for i := range d.Pages {
		if p := &d.Pages[i]; p.Shown == nil || p.Shown(v) {
			pages = append(pages, p)
		}
	}
	return pages
}

// fields returns the fields of the page that are shown for the values.
func (p *Page) fields(v *Values) []*Field {
	var fields []*Field
	for i := range p.Fields {
		if f := &p.Fields[i]; f.Shown == nil || f.Shown(v) {
			fields = append(fields, f)
		}
	}
	return fields
}

// field returns a field of the page by its name.
func (p *Page) field(name string) (*Field, bool) {
	i := slices.IndexFunc(p.Fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return nil, false
	}
	return &p.Fields[i], true
}
