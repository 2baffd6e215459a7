package exchange

import (
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/shell/internal/format"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

func listOf[V any](k kind[V], values []V) object.Value {
	l := &object.List{Items: make([]object.Value, len(values))}
	for i, v := range values {
		l.Items[i] = k.show(v)
	}
	return l
}

// edited returns the list that v makes of old, which it doesn't change.
func edited[V any](k kind[V], old []V, v object.Value) ([]V, error) {
	table, ok := v.(*object.Table)
	if !ok {
		return addTo(k, nil, v)
	}
	list := slices.Clone(old)
	for _, key := range table.Names() {
		if !strings.EqualFold(key, "Add") && !strings.EqualFold(key, "Remove") {
			return nil, fmt.Errorf("the hashtable has a key %q; give @{Add=…} and @{Remove=…}", key)
		}
	}
	if removed, ok := table.Get("Remove"); ok {
		for _, item := range object.Items(removed) {
			got, err := k.read(item)
			if err != nil {
				return nil, err
			}
			i := slices.IndexFunc(list, func(v V) bool { return k.equal(v, got) })
			if i < 0 {
				return nil, fmt.Errorf("%s isn't in the list, so it can't be removed", object.Text(item))
			}
			list = slices.Delete(list, i, i+1)
		}
	}
	if added, ok := table.Get("Add"); ok {
		return addTo(k, list, added)
	}
	return list, nil
}

func addTo[V any](k kind[V], list []V, v object.Value) ([]V, error) {
	for _, item := range object.Items(v) {
		got, err := k.read(item)
		if text, ok := item.(string); ok && err != nil {
			if parts := k.parts(text); parts != nil {
				list = append(list, parts...)
				continue
			}
		}
		if err != nil {
			return nil, err
		}
		// Long lists are compared by the checks of connectors, not here.
		if len(list) < 100 && slices.ContainsFunc(list, func(v V) bool { return k.equal(v, got) }) {
			return nil, fmt.Errorf("%s is in the list already", object.Text(item))
		}
		list = append(list, got)
	}
	return list, nil
}

// parts takes apart the text of several values that people joined for CSV. It returns
// nil if the text can't be read so.
func (k kind[V]) parts(s string) []V {
	pieces := strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == '|' || r == ',' || r == '\n' })
	if k.Kind == schema.Space {
		pieces = format.SplitSpaces(s)
	}
	if len(pieces) < 2 || len(pieces) > maxPieces {
		return nil
	}
	list := make([]V, 0, len(pieces))
	for _, piece := range pieces {
		if piece = strings.TrimSpace(piece); piece == "" {
			continue
		}
		v, err := k.parse(piece)
		if err != nil {
			return nil
		}
		list = append(list, v)
	}
	return list
}

// maxPieces is how many values one text may hold.
const maxPieces = 100_000
