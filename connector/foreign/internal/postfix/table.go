package postfix

import (
	"errors"
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/connector/source"
)

// table is the table that a type:name of a setting leads to.
type table struct {
	text  string // type:name
	cidr  bool   // the keys are networks, in order
	rows  []row
	err   error          // why it can't be read; nil: it is read
	byKey map[string]row // by key in lower case, in a table that isn't cidr
}

// row is a line of a table.
type row struct {
	key, value string
	at         source.Position
}

// isTable reports whether an element of a list is a table.
func isTable(element string) bool {
	kind, _, ok := strings.Cut(element, ":")
	return ok && kind != "" && nameIn(kind) == kind && !strings.HasPrefix(element, "[") && !isAddress(element)
}

// table reads a table, once. What can't be read has an err.
func (r *reader) table(text string) *table {
	if t := r.tables[text]; t != nil {
		return t
	}
	t := &table{text: text, byKey: map[string]row{}}
	r.tables[text] = t
	kind, name, _ := strings.Cut(text, ":")
	if kind == "proxy" {
		kind, name, _ = strings.Cut(name, ":")
	}
	switch kind {
	case "hash", "btree", "texthash", "lmdb", "cdb", "dbm":
		t.err = r.readTable(t, name)
	case "cidr":
		t.cidr = true
		t.err = r.readTable(t, name)
	case "inline":
		t.err = t.readInline(unbraced(name))
	default:
		t.err = fmt.Errorf("tables of type %s can't be read", kind)
	}
	for _, row := range t.rows {
		key := strings.ToLower(row.key)
		if _, known := t.byKey[key]; !known {
			t.byKey[key] = row
		}
	}
	return t
}

// readTable reads the rows of the text that a table is made of.
func (r *reader) readTable(t *table, name string) error {
	file, data, err := r.open(name)
	if err != nil {
		return err
	}
	for _, l := range logicalLines(data) {
		if len(t.rows) == maxElements {
			return fmt.Errorf("%s: a table has at most %d lines", file, maxElements)
		}
		key, value := cutBlank(l.text)
		if !t.cidr && strings.HasPrefix(key, `"`) {
			return fmt.Errorf("%s:%d: keys in quotes can't be read", file, l.line)
		}
		t.rows = append(t.rows, row{key, value, source.Position{File: file, Line: l.line}})
	}
	return nil
}

// readInline reads the rows of a table within a setting: {key = value}, ...
func (t *table) readInline(text string) error {
	for _, w := range words(text, blanks) {
		key, value, ok := strings.Cut(unbraced(w), "=")
		if !ok {
			return errors.New("write inline:{ {key = value}, ... }")
		}
		t.rows = append(t.rows, row{key: strings.TrimSpace(key), value: strings.TrimSpace(value)})
	}
	return nil
}

// cutBlank cuts text at its first blanks.
func cutBlank(text string) (before, after string) {
	i := strings.IndexAny(text, " \t")
	if i < 0 {
		return text, ""
	}
	return text[:i], strings.TrimSpace(text[i:])
}

// element is an element of a list with what it says and where: the setting, or the line of a
// file that the setting names.
type element struct {
	text    string
	exclude bool // with ! in front
	at      source.Position
	table   *table // for type:name
}

// elements returns the elements of a list of names or networks, with those of the files that it
// names. An element that can't be read has the error.
func (s scope) elements(name string) ([]element, error) {
	var out []element
	at := s.find(name).at
	for _, w := range s.list(name) {
		e := element{at: at}
		for strings.HasPrefix(w, "!") {
			w, e.exclude = w[1:], !e.exclude
		}
		e.text = w
		switch {
		case strings.HasPrefix(w, "/"):
			file, data, err := s.open(w)
			if err != nil {
				return out, err
			}
			for _, l := range logicalLines(data) {
				for _, w := range words(l.text, blanks) {
					inner := element{text: w, exclude: e.exclude, at: source.Position{File: file, Line: l.line}}
					for strings.HasPrefix(inner.text, "!") {
						inner.text, inner.exclude = inner.text[1:], !inner.exclude
					}
					if isTable(inner.text) {
						inner.table = s.table(inner.text)
					}
					out = append(out, inner)
				}
			}
			continue
		case isTable(w):
			e.table = s.table(w)
		}
		if out = append(out, e); len(out) > maxElements {
			return out, fmt.Errorf("a list has at most %d elements", maxElements)
		}
	}
	return out, nil
}
