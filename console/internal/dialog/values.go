package dialog

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/interchange-smtp/interchange/auth"
)

// maxText is how many bytes of a value a form may have. The others are cut off.
const maxText = 8 << 10

// maxRows is how many rows a list may have before no more can be added. A list of the policy may have more: it must
// not lose any.
const maxRows = 1000

// on is the value of a check box that is on.
const on = "on"

// Row is a row of a list, or what was entered for one: a value for each field of its Item.
type Row map[string]string

// Values are the values of a dialog's fields.
type Values struct {
	texts   map[string]string
	lists   map[string][]Row
	secrets map[string]auth.Secret
}

// Text returns the value of a field that has one text.
func (v *Values) Text(field string) string { return v.texts[field] }

// On reports whether a check box is on.
func (v *Values) On(field string) bool { return v.texts[field] == on }

// Rows returns the rows of a list. They must not be changed.
func (v *Values) Rows(field string) []Row { return v.lists[field] }

// Secret returns a password; "" if it isn't set.
func (v *Values) Secret(field string) auth.Secret { return v.secrets[field] }

// set sets the value of a field that has one text.
func (v *Values) set(field, text string) {
	if v.texts == nil {
		v.texts = map[string]string{}
	}
	v.texts[field] = text
}

// check sets a check box.
func (v *Values) check(field string, set bool) {
	v.set(field, "")
	if set {
		v.set(field, on)
	}
}

// setRows sets the rows of a list.
func (v *Values) setRows(field string, rows []Row) {
	if v.lists == nil {
		v.lists = map[string][]Row{}
	}
	v.lists[field] = rows
}

// setSecret sets a password.
func (v *Values) setSecret(field string, s auth.Secret) {
	if v.secrets == nil {
		v.secrets = map[string]auth.Secret{}
	}
	v.secrets[field] = s
}

// clone returns a copy. Rows are never changed in place, so they are shared.
func (v *Values) clone() *Values {
	return &Values{texts: maps.Clone(v.texts), lists: maps.Clone(v.lists), secrets: maps.Clone(v.secrets)}
}

// clean returns text as it is kept: valid UTF-8 of bounded length, without control
// characters, and without spaces around it. Line ends remain if lines is set.
func clean(text string, lines bool) string {
	text = strings.ToValidUTF8(text[:min(len(text), maxText)], "")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && lines:
			return r
		case r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029' || r == '\u0085':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, text))
}

// replaced returns rows with those from i to j replaced by others.
func replaced(rows []Row, i, j int, others ...Row) []Row {
	return slices.Concat(rows[:i], others, rows[j:])
}
