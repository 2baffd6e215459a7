package dialog

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/console/internal/policyfiles"
)

// Mistake is a mistake as an administrator reads it at a field.
type Mistake struct {
	Page  string // the page of the field; "" if the mistake belongs to no field
	Field string // the name of the field; "" if it belongs to no field
	ID    string // the id of its element on the page
	Title string // the label of the field
	Text  string // what is wrong, and what would be right
	Fix   string // what to do instead; "" if Text says it all
}

// mistakes puts what was found wrong with a script to the fields of the dialog.
func (d *Dialog) mistakes(s *Script, v *Values, found source.Diagnostics) []Mistake {
	var all []Mistake
	for i := range found {
		m := Mistake{Text: plainDetail(&found[i]), Fix: found[i].Fix}
		if p, f := d.blamed(s, v, &found[i]); f != nil {
			m.Page, m.Field, m.ID, m.Title = p.Name, f.Name, id(f.Name), f.Label
		} else if found[i].File != ScriptName {
			m.Text = found[i].Summary()
		}
		if !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	return all
}

// blamed returns the field that a mistake belongs to, and its page; nil if there is no
// such field.
func (d *Dialog) blamed(s *Script, v *Values, m *source.Diagnostic) (*Page, *Field) {
	if m.File == ScriptName || s.about(m.Path) {
		for _, name := range d.Codes[m.Code] {
			if p, f := d.find(v, func(f *Field) bool { return f.Name == name }); f != nil {
				return p, f
			}
		}
	}
	for _, name := range s.parametersOf(m) {
		if p, f := d.find(v, func(f *Field) bool { return slices.Contains(f.Parameters, name) }); f != nil {
			return p, f
		}
	}
	return nil, nil
}

// find returns the first field that is shown for which a function is true, and its page;
// nil without such a field.
func (d *Dialog) find(v *Values, which func(*Field) bool) (*Page, *Field) {
	for _, p := range d.shown(v) {
		for _, f := range p.fields(v) {
			if which(f) {
				return p, f
			}
		}
	}
	return nil, nil
}

// ScriptName is the file in the positions of mistakes in a script.
const ScriptName = policyfiles.Script

// about reports whether a path is of the object that the script makes or changes.
func (s *Script) about(p source.Path) bool {
	element, rest := p.Cut()
	return rest != "" && strings.EqualFold(string(element), string(s.Object))
}

// parametersOf returns the parameters that a mistake may be about, the most likely first.
func (s *Script) parametersOf(m *source.Diagnostic) []string {
	var names []string
	inner := (*source.Diagnostic)(nil)
	switch {
	case m.Path != "" && s.about(m.Path):
		names = append(names, parameterOf(m.Path))
	case m.File != ScriptName:
		return nil
	case errors.As(m.Err, &inner) && inner.Path != "":
		names = append(names, parameterOf(inner.Path))
	}
	if m.File != ScriptName {
		return names
	}
	at := place{m.Line, m.Column}
	for _, p := range s.parameters {
		if !at.before(p.from) && at.before(p.to) {
			names = append(names, p.name)
		}
	}
	if named := anyParameter.FindStringSubmatch(m.Detail); named != nil {
		names = append(names, named[1])
	}
	return names
}

// anyParameter finds the name of a parameter in a text.
var anyParameter = regexp.MustCompile(`(?:^|[ :])-([A-Z]\w+)`)

// parameterOf returns the parameter that a path into an object is about:
// AddressSpaces for Send["X"].AddressSpaces[1].
func parameterOf(p source.Path) string {
	_, rest := p.Cut()
	name := strings.TrimPrefix(string(rest), ".")
	if i := strings.IndexAny(name, ".["); i >= 0 {
		name = name[:i]
	}
	return name
}

// places matches the words that the shell writes before the text of a mistake: the cmdlet,
// the parameter, the path.
var places = regexp.MustCompile(`^(?:(?:[A-Z]\w+-[A-Z]\w+|-[A-Z]\w+|[A-Z]\w+(?:\[(?:"(?:[^"\\]|\\.)*"|\d+)\])?(?:\.\w+(?:\[(?:"(?:[^"\\]|\\.)*"|\d+)\])?)+): )+`)

// plainDetail returns the text of a mistake without the places before it.
func plainDetail(m *source.Diagnostic) string {
	text := m.Detail
	if m.File == ScriptName {
		text = strings.TrimPrefix(text[len(places.FindString(text)):], "\n")
	}
	if text == "" {
		return m.Detail
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
