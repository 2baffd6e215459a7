package dialog

import "strings"

// Answer is a value that was entered, in words.
type Answer struct {
	Label  string
	Values []string
}

// answers returns the values of the fields of pages. Check boxes that are off, empty
// fields and values without a meaning are left out.
func (d *Draft) answers(pages []*Page) []Answer {
	var all []Answer
	for _, p := range pages {
		for _, f := range p.fields(d.values) {
			if values := d.answer(f); len(values) > 0 && (f.Used == nil || f.Used(d.values)) {
				all = append(all, Answer{strings.TrimSuffix(f.Label, ":"), values})
			}
		}
	}
	return all
}

// answer returns the value of a field in words.
func (d *Draft) answer(f *Field) []string {
	text := d.values.Text(f.Name)
	switch f.Kind {
	case List:
		var rows []string
		for _, r := range d.values.Rows(f.Name) {
			rows = append(rows, strings.TrimRight(strings.Join(f.Item.Cells(r), " "), " "))
		}
		return rows
	case Secret:
		if d.values.Secret(f.Name) != "" {
			return []string{"set"}
		}
		return nil
	case Check:
		if text != "" {
			return []string{"Yes"}
		}
		return nil
	case Select, Radio:
		for _, o := range f.Options {
			if o.Value == text {
				return []string{strings.TrimSuffix(o.Label, ":")}
			}
		}
	}
	if text == "" {
		return nil
	}
	return []string{text}
}
