package dialog

import (
	"strconv"
	"strings"
)

// View is a page of a draft as it is shown.
type View struct {
	Kind          string // of the dialog, as in [Open]
	Title, Object string
	Wizard        bool
	Steps         []Step // the pages of a wizard in order, or the tabs
	Page          string // the name of the page
	Heading       string
	Intro         string
	Groups        []GroupView
	Mistakes      []Mistake // all that are to be shown on this page, for its summary
	Entered       bool      // the dialog for a row is open
	Answers       []Answer  // of a Summary: what was entered on the pages before
	Summary       bool      // the page shows the commands and what they change
	Final         bool      // the commands have been carried out
	Commands      string    // those that the values make; "" if nothing is changed
	Action        string    // the label of the button that finishes the dialog
	Default       string    // the value of "do" that the Enter key stands for
	First, Last   bool      // the page is the first, or the last
}

// Step is a page in the list of pages.
type Step struct {
	Name, Title string
	Current     bool
	Done        bool // it comes before the current one
}

// GroupView is fields that are shown together, below a legend if it isn't "".
type GroupView struct {
	Legend string
	Fields []FieldView
}

// FieldView is a field as it is shown.
type FieldView struct {
	Field
	ID       string // for labels and links; unique on the page
	Input    string // the name of the form's value
	Value    string // the text; "on" for a check box that is on
	Set      bool   // a password is set
	Typed    bool   // a password has a field to be typed into
	Focus    bool   // the field gets the keyboard first
	Choices  []Choice
	Rows     []RowView
	Entry    *EntryView // the dialog for a row; nil: it isn't open
	Mistakes []Mistake
}

// Width returns the number of columns of a list, that of the buttons included.
func (w FieldView) Width() int { return len(w.Item.Columns) + 1 }

// Choice is an option of a Select or Radio as it is shown.
type Choice struct {
	Option
	ID       string
	Selected bool
	Disabled bool
}

// RowView is a row of a list as it is shown.
type RowView struct {
	Index int
	Cells []string
	Name  string // of the row, for the labels of its buttons
}

// EntryView is the dialog for a row of a list.
type EntryView struct {
	Title  string
	Groups []GroupView
}

// View returns a page as it is shown; ok is false if the dialog has no such page now.
func (d *Draft) View(page string) (View, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w := View{Kind: d.dialog.Kind, Title: d.dialog.Title, Object: d.dialog.Object, Wizard: d.dialog.Wizard, Page: page, Action: d.dialog.Action, Default: "next"}
	found := false
	pages := d.dialog.shown(d.values)
	for i, p := range pages {
		w.Steps = append(w.Steps, Step{p.Name, p.Title, p.Name == page, !found && p.Name != page})
		if p.Name != page || p.Final != d.done {
			continue
		}
		found = true
		w.First, w.Last = i == 0, i == len(pages)-1
		w.Heading, w.Intro, w.Summary, w.Final = p.Title, p.Intro, p.Summary, p.Final
		w.Groups = d.groups(p)
		if p.Summary {
			w.Answers = d.answers(pages)
		}
	}
	if !found {
		return View{}, false
	}
	for _, m := range d.mistakes {
		if m.Page == "" || m.Page == page || w.Summary {
			w.Mistakes = append(w.Mistakes, m)
		}
	}
	s := d.dialog.Commands(d.values)
	w.Commands = s.Text()
	if !d.dialog.Wizard || w.Summary {
		w.Default = "finish"
	}
	if d.open != nil {
		w.Default, w.Entered = "ok", true
	}
	return w, true
}

// First returns the name of the first page.
func (d *Draft) First() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.first()
}

// Script returns the commands for the values of now, and what they are about: the
// dialog's title and the object.
func (d *Draft) Script() (s Script, title string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	title = d.dialog.Title
	if d.dialog.Object != "" {
		title += ": " + d.dialog.Object
	} else if name := d.values.Text("name"); name != "" {
		title += ": " + name
	}
	return d.dialog.Commands(d.values), title
}

// groups returns the fields of a page as they are shown.
func (d *Draft) groups(p *Page) []GroupView {
	var groups []GroupView
	for _, f := range p.fields(d.values) {
		w := d.field(f, "", d.values.Text(f.Name))
		for _, m := range d.mistakes {
			if m.Page == p.Name && m.Field == f.Name {
				w.Mistakes = append(w.Mistakes, m)
			}
		}
		if f.Kind == List {
			d.rows(&w)
		}
		groups = grouped(groups, w)
	}
	return groups
}

// grouped appends a field to the last group, or to a new one.
func grouped(groups []GroupView, w FieldView) []GroupView {
	if n := len(groups); n > 0 && groups[n-1].Legend == w.Group {
		groups[n-1].Fields = append(groups[n-1].Fields, w)
		return groups
	}
	return append(groups, GroupView{w.Group, []FieldView{w}})
}

// field returns a field as it is shown with a value.
func (d *Draft) field(f *Field, prefix, value string) FieldView {
	w := FieldView{Field: *f, ID: id(prefix + f.Name), Input: prefix + f.Name, Value: value}
	if f.Kind == Secret {
		w.Value = ""
		w.Set = d.values.Secret(f.Name) != "" || d.values.On(f.Name+".set")
		w.Typed = !w.Set || d.changing[f.Name]
	}
	for i, o := range f.Options {
		w.Choices = append(w.Choices, Choice{o, w.ID + "-" + strconv.Itoa(i), o.Value == value, o.Off != nil && o.Value != value && o.Off(d.values)})
	}
	return w
}

// rows fills in the rows of a list and the dialog for one.
func (d *Draft) rows(w *FieldView) {
	for i, r := range d.values.Rows(w.Name) {
		cells := w.Item.Cells(r)
		w.Rows = append(w.Rows, RowView{i, cells, cells[0]})
	}
	if d.open == nil || d.open.list != w.Name {
		return
	}
	entry := &EntryView{Title: w.Item.Title}
	for i := range w.Item.Fields {
		f := &w.Item.Fields[i]
		entry.Groups = grouped(entry.Groups, d.field(f, rowPrefix, d.open.values[f.Name]))
	}
	w.Entry = entry
	focus(entry)
	if len(w.Mistakes) > 0 {
		blame(entry, w.Mistakes)
	}
}

// focus gives the keyboard to the first field of a dialog that is typed into.
func focus(entry *EntryView) {
	for i := range entry.Groups {
		for j := range entry.Groups[i].Fields {
			if f := &entry.Groups[i].Fields[j]; f.Kind == Text || f.Kind == Lines {
				f.Focus = true
				return
			}
		}
	}
}

// blame shows the mistakes of a list at the first field of its dialog that is typed into.
func blame(entry *EntryView, mistakes []Mistake) {
	for i := range entry.Groups {
		for j := range entry.Groups[i].Fields {
			if f := &entry.Groups[i].Fields[j]; f.Kind == Text || f.Kind == Lines || f.Kind == Number {
				f.Mistakes = mistakes
				return
			}
		}
	}
}

// id makes the id of an element of a page of a name.
func id(name string) string {
	return "f-" + strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '-'
	}, name)
}
