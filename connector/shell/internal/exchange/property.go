package exchange

import (
	"slices"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/permission"
)

// object returns the object that Get emits for it.
func (n *noun[C]) object(it *item[C]) *object.Object {
	full := n.defaults(it)
	values := make([]object.Value, len(n.visible), len(n.properties))
	for i, p := range n.visible {
		values[i] = p.get(it, &full)
	}
	o := n.whole.Object(n.name, values)
	o.Ref, o.Columns, o.Text = it, n.columns, n.identity(&it.cfg)
	for _, p := range n.hidden {
		if v := p.get(it, &full); object.Text(v) != p.usual {
			o.Set(p.name, v)
		}
	}
	return o
}

// shape makes the properties of a noun: those of names in their order, the other
// parameters in the order of their rows, and what every object of the directory has. A name
// that isn't in extra is a row's. Parameters that came after 2007 are shown in that edition
// only where they were set.
func (n *noun[C]) shape(extra map[string]func(it *item[C], full *C) object.Value, names ...string) {
	for _, r := range n.rows {
		if r.get != nil && r.Field == "" && !slices.Contains(names, r.Name) && !slices.Contains(directoryNames, r.Name) {
			names = append(names, r.Name)
		}
	}
	for _, name := range directoryNames {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if get, ok := extra[name]; ok {
			n.properties = append(n.properties, property[C]{name: name, get: get})
			continue
		}
		i := slices.IndexFunc(n.rows, func(r row[C]) bool { return r.Name == name })
		if i < 0 || n.rows[i].get == nil {
			continue
		}
		r := &n.rows[i]
		n.properties = append(n.properties, property[C]{name: name, get: func(it *item[C], full *C) object.Value {
			return r.value(it, full, n.org.base.Profile, n.edge != nil && n.edge(full))
		}})
	}
	n.hide()
}

// hide sorts the properties into those that every object has and those of
// parameters that the organisation's edition doesn't have.
func (n *noun[C]) hide() {
	old := n.org.base.Profile == permission.Exchange2007
	fresh := &item[C]{}
	full := n.defaults(fresh)
	var names []string
	for _, p := range n.properties {
		i := slices.IndexFunc(n.rows, func(r row[C]) bool { return r.Name == p.name })
		if old && i >= 0 && !n.rows[i].Since.In2007() {
			p.usual = object.Text(p.get(fresh, &full))
			n.hidden = append(n.hidden, p)
			continue
		}
		names = append(names, p.name)
		n.visible = append(n.visible, p)
	}
	n.whole = object.NewShape(names...)
}
