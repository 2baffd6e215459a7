package jsonconfig

import (
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
)

// Document is a configuration together with the text it came from, so that a
// mistake found later, by connector.Compile, can still be shown with its line.
// It is safe for concurrent reading.
type Document struct {
	Config connector.Config

	name string
	data []byte
	root *node
}

// Locate returns where the parameter of a connector.Problem's path stands: in
// the first of docs that has it, read in the order in which their Configs were
// merged with connector.Merge. If the parameter itself isn't written anywhere,
// it is the nearest thing around it; ok is false if there is none but the whole
// text.
func Locate(path string, docs ...*Document) (pos Position, ok bool) {
	steps := splitPath(path)
	skip := 0 // elements of the list in the documents before
	for _, d := range docs {
		n, found := d.root.walk(steps, skip)
		if found > 0 && !(found == 1 && len(steps) > 1 && steps[1].list()) {
			return position(d.name, d.data, n.offset), true
		}
		if o, isObject := d.root.value.(*object); isObject && len(steps) > 1 {
			if list := o.get(steps[0].key); list != nil {
				items, _ := list.value.([]*node)
				skip += len(items)
			}
		}
	}
	return Position{}, false
}

// step is one part of a path: a key, an index or a name in brackets.
type step struct {
	key   string
	index int    // -1 unless [3]
	name  string // of ["name"]
}

func (s step) list() bool { return s.key == "" }

// splitPath cuts Receive["a"].Bindings[0] into its steps. What it can't read
// it leaves out.
func splitPath(path string) []step {
	var steps []step
	for path != "" {
		switch {
		case path[0] == '.':
			path = path[1:]
		case path[0] == '[':
			quoted, err := strconv.QuotedPrefix(path[1:])
			if err == nil {
				name, _ := strconv.Unquote(quoted)
				steps = append(steps, step{index: -1, name: name})
				path = strings.TrimPrefix(path[1+len(quoted):], "]")
				continue
			}
			digits, rest, _ := strings.Cut(path[1:], "]")
			index, err := strconv.Atoi(digits)
			if err != nil {
				return steps
			}
			steps = append(steps, step{index: index})
			path = rest
		default:
			end := strings.IndexAny(path, ".[")
			if end < 0 {
				end = len(path)
			}
			steps = append(steps, step{key: path[:end], index: -1})
			path = path[end:]
		}
	}
	return steps
}

// walk follows steps from n and returns the last node there is and how many
// steps led to it. The first index is counted from skip.
func (n *node) walk(steps []step, skip int) (*node, int) {
	for i, s := range steps {
		if i == 1 && s.index >= 0 {
			s.index -= skip
		}
		next := n.step(s)
		if next == nil {
			return n, i
		}
		n = next
	}
	return n, len(steps)
}

func (n *node) step(s step) *node {
	switch v := n.value.(type) {
	case *object:
		if s.list() {
			return nil
		}
		return v.get(s.key)
	case []*node:
		if s.index >= 0 && s.index < len(v) {
			return v[s.index]
		}
		if s.list() && s.index == -1 {
			return named(v, s.name)
		}
	}
	return nil
}

// named returns the first element whose Name is name.
func named(list []*node, name string) *node {
	for _, item := range list {
		if o, ok := item.value.(*object); ok {
			if n := o.get("Name"); n != nil && n.value == name {
				return item
			}
		}
	}
	return nil
}
