package interp

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

// ordering are the cmdlets that look at all objects together.
func ordering() []*command {
	return []*command{
		selectCommand(),
		{name: "Sort-Object", aliases: []string{"sort"}, start: startSort, synopsis: "Puts the objects in order.",
			params: []object.Parameter{
				parameter("Property", "Object[]", 0, "By what: names or calculated properties; without any, by the objects themselves."),
				flag("Descending", "The greatest first."),
				flag("Unique", "Keeps one of those that are equal."),
				inputObject,
			}},
		measureCommand(),
		{name: "Group-Object", aliases: []string{"group"}, start: startGroup, synopsis: "Groups the objects by what they have in common.",
			params: []object.Parameter{
				parameter("Property", "Object[]", 0, "By what: names or calculated properties."),
				flag("NoElement", "Leaves out the objects themselves."),
				inputObject,
			}},
	}
}

// sortRow is an object with the values that it is sorted by.
type sortRow struct {
	v    object.Value
	keys []object.Value
}

func startSort(inv *invocation) (stage, error) {
	fields, err := inv.fields("Property")
	if err != nil {
		return nil, err
	}
	return inv.gather(func(items []object.Value) error {
		rows, err := inv.rows(items, fields)
		if err != nil {
			return err
		}
		down := func(i int) bool {
			if i < len(fields) && fields[i].descending != nil {
				return *fields[i].descending
			}
			return inv.on("Descending")
		}
		done, compared := false, 0
		slices.SortStableFunc(rows, func(a, b sortRow) int {
			// After the context has ended, all rows count as equal, so that sorting ends soon.
			if compared++; compared%4096 == 0 && inv.in.m.ctx.Err() != nil {
				done = true
			}
			if done {
				return 0
			}
			return compareRows(a, b, down)
		})
		if done {
			return at(inv.node, inv.in.m.ctx.Err())
		}
		for i, row := range rows {
			if i > 0 && inv.on("Unique") && compareRows(rows[i-1], row, down) == 0 {
				continue
			}
			if err := inv.emit(row.v); err != nil {
				return err
			}
		}
		return nil
	}), nil
}

// rows evaluates what the objects are sorted by and pays for the sorting.
func (inv *invocation) rows(items []object.Value, fields []field) ([]sortRow, error) {
	rows := make([]sortRow, len(items))
	rounds := int64(bits.Len(uint(len(items))))
	for i, v := range items {
		keys := []object.Value{v}
		if fields != nil {
			keys = make([]object.Value, len(fields))
			for j, f := range fields {
				key, err := inv.in.of(f, v)
				if err != nil {
					return nil, err
				}
				keys[j] = key
			}
		}
		for j, key := range keys {
			text := inv.sortKey(key)
			keys[j] = text
			size, _ := textSize(text, inv.in.m.limits.String)
			must(inv.node, inv.in.m.step(rounds*int64(1+size/32)))
		}
		must(inv.node, inv.in.m.alloc(int64(len(keys)+3)*wordBytes))
		rows[i] = sortRow{v, keys}
	}
	return rows, nil
}

// sortKey makes text of what has no order, once instead of in every comparison.
func (inv *invocation) sortKey(v object.Value) object.Value {
	switch v.(type) {
	case *object.List, *object.Object, *object.Table, *object.Secure:
		return inv.in.text(inv.node, v)
	}
	return v
}

func compareRows(a, b sortRow, down func(int) bool) int {
	for i := range a.keys {
		order, err := object.Compare(a.keys[i], b.keys[i])
		if err != nil {
			order = cmp.Compare(strings.ToLower(object.Text(a.keys[i])), strings.ToLower(object.Text(b.keys[i])))
		}
		if order != 0 {
			if down(i) {
				return -order
			}
			return order
		}
	}
	return 0
}

// identity is a text that equal objects share: for an object, that of all its
// properties.
func (in *Interp) identity(n syntax.Node, v object.Value) string {
	o, ok := v.(*object.Object)
	if !ok || o.Ref != nil && o.Text != "" {
		return in.text(n, v)
	}
	var b strings.Builder
	for name, value := range o.All() {
		s := in.text(n, value)
		must(n, in.m.grow(b.Len()+len(s)+len(name), len(s)+len(name)))
		b.WriteString(name + "\x00" + s + "\x00")
	}
	return b.String()
}

func startGroup(inv *invocation) (stage, error) {
	fields, err := inv.fields("Property")
	if err != nil {
		return nil, err
	}
	return inv.gather(func(items []object.Value) error {
		type group struct {
			name  string
			items []object.Value
		}
		var groups []*group
		byName := make(map[string]*group)
		for _, v := range items {
			name, err := inv.groupName(fields, v)
			if err != nil {
				return err
			}
			key := object.Fold(name)
			g := byName[key]
			must(inv.node, inv.in.m.alloc(wordBytes))
			if g == nil {
				must(inv.node, inv.in.m.alloc(mapEntryBytes+int64(len(name))))
				g = &group{name: name}
				byName[key] = g
				groups = append(groups, g)
			}
			g.items = append(g.items, v)
		}
		for _, g := range groups {
			out := row("GroupInfo", "Count", int64(len(g.items)), "Name", g.name)
			if !inv.on("NoElement") {
				out.Set("Group", &object.List{Items: g.items})
			}
			if err := inv.emit(out); err != nil {
				return err
			}
		}
		return nil
	}), nil
}

// groupName returns the name of v's group in the output of Group-Object.
func (inv *invocation) groupName(fields []field, v object.Value) (string, error) {
	if fields == nil {
		return inv.in.text(inv.node, v), nil
	}
	var parts []string
	for _, f := range fields {
		value, err := inv.in.of(f, v)
		if err != nil {
			return "", err
		}
		s := inv.in.text(f.node, value)
		parts = append(parts, s)
	}
	return strings.Join(parts, ", "), nil
}
