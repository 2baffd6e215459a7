package exchange

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/source"
)

// undo returns a function that takes back the servers that a command brought
// in, unless the command comes to its end.
func (o *Org) undo() func(done *bool) {
	servers := o.base.Servers
	return func(done *bool) {
		if !*done {
			o.base.Servers = servers
		}
	}
}

// make is New.
func (n *noun[C]) make(call *object.Call) error {
	done := false
	defer n.org.undo()(&done)
	it := &item[C]{}
	it.mark("", call.Pos)
	if n.prepare != nil {
		if err := n.prepare(call, it); err != nil {
			return err
		}
	}
	if err := n.apply(call, it, schema.New); err != nil {
		return err
	}
	key := n.key(&it.cfg)
	if n.shelf.find(key) != nil {
		return &object.ArgumentError{Parameter: "Name", Err: coded(source.CodeNameDuplicate, "there is a %s %s already", n.name, quote(key))}
	}
	if err := n.check(it, nil); err != nil {
		return blame(call, err)
	}
	if ok, err := call.Confirm("New-"+n.name, n.identity(&it.cfg)); !ok || err != nil {
		return err
	}
	done = true
	n.shelf.put(key, it)
	if n.link != nil {
		n.link(it)
	}
	return call.Emit(n.object(it))
}

// adopt makes arguments of what a script assigned to the properties of an object
// that comes through the pipeline, as Exchange's Set cmdlets do. What the command
// gives itself counts more.
func (n *noun[C]) adopt(call *object.Call) error {
	o, ok := call.Args["Identity"].(*object.Object)
	if !ok || !call.Piped {
		return nil
	}
	for _, name := range o.Changed {
		i := slices.IndexFunc(n.rows, func(r row[C]) bool {
			return r.Verbs&schema.Set != 0 && r.set != nil && strings.EqualFold(r.Name, name)
		})
		if i < 0 {
			return fmt.Errorf("%s of the object was changed, and Set-%s has no such parameter", name, n.name)
		}
		if name = n.rows[i].Name; !call.Has(name) {
			call.Args[name], _ = o.Get(name)
		}
	}
	return nil
}

// set is Set.
func (n *noun[C]) set(call *object.Call) error {
	it, err := n.find(call.Args["Identity"])
	if err != nil {
		return about(call, "Identity", err)
	}
	done := false
	defer n.org.undo()(&done)
	if err := n.adopt(call); err != nil {
		return err
	}
	draft := it.draft()
	if err := n.apply(call, draft, schema.Set); err != nil {
		return err
	}
	key := n.key(&draft.cfg)
	if other := n.shelf.find(key); other != nil && other != it {
		return &object.ArgumentError{Parameter: "Name", Err: coded(source.CodeNameDuplicate, "there is a %s %s already", n.name, quote(key))}
	}
	if err := n.check(draft, it); err != nil {
		return blame(call, err)
	}
	if ok, err := call.Confirm("Set-"+n.name, n.identity(&it.cfg)); !ok || err != nil {
		return err
	}
	done = true
	if n.unlink != nil {
		n.unlink(it)
	}
	old := *it
	*it = *draft
	if key != old.key {
		n.shelf.rekey(it, key)
	}
	if n.link != nil {
		n.link(it)
	}
	if n.changed != nil {
		n.changed(&old.cfg, &it.cfg)
	}
	return nil
}

// get is Get.
func (n *noun[C]) get(call *object.Call) error {
	if err := n.apply(call, &item[C]{}, schema.Get); err != nil {
		return err
	}
	items, err := n.list(call)
	if err != nil {
		return err
	}
	keep := func(*item[C]) bool { return true }
	if n.filter != nil {
		if keep, err = n.filter(call); err != nil {
			return err
		}
	}
	for _, it := range items {
		if !keep(it) {
			continue
		}
		if err := call.Emit(n.object(it)); err != nil {
			return err
		}
	}
	return nil
}

// remove is Remove.
func (n *noun[C]) remove(call *object.Call) error {
	it, err := n.find(call.Args["Identity"])
	if err != nil {
		return about(call, "Identity", err)
	}
	if err := n.apply(call, it.draft(), schema.Remove); err != nil {
		return err
	}
	if n.forbid != nil {
		if err := n.forbid(it); err != nil {
			return err
		}
	}
	if ok, err := call.Confirm("Remove-"+n.name, n.identity(&it.cfg)); !ok || err != nil {
		return err
	}
	if n.unlink != nil {
		n.unlink(it)
	}
	n.shelf.remove(it)
	return nil
}

// blame points an error at the argument that it is about, if one is.
func blame(call *object.Call, err error) error {
	var invalid *InvalidError
	if !errors.As(err, &invalid) || len(invalid.Problems) == 0 {
		return err
	}
	path := invalid.Problems[0].Path
	if strings.HasPrefix(path.Base(), "[") {
		path = path.Parent()
	}
	field := path.Base()
	if field != "" && call.Has(field) {
		return &object.ArgumentError{Parameter: field, Err: &InvalidError{invalid.Problems, true}}
	}
	return err
}
