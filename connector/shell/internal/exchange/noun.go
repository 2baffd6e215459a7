package exchange

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// noun is one kind of object and what its cmdlets need to know of it.
type noun[C any] struct {
	org   *Org
	name  string // of the cmdlets and of the objects: ReceiveConnector
	rows  []row[C]
	shelf *shelf[C]

	key      func(*C) string                                 // under which the shelf has it
	identity func(*C) string                                 // what Identity shows
	dn       func(*C) string                                 // distinguished name
	edge     func(*C) bool                                   // whether it is an Edge server's; nil: of none
	qualify  func(string) string                             // completes an identity that a command gave; nil: it is complete
	defaults func(*item[C]) C                                // the configuration with its defaults
	prepare  func(*object.Call, *item[C]) error              // what New does before the parameters; may be nil
	finish   func(*object.Call, *item[C]) error              // what remains after the parameters, New and Set; may be nil
	check    func(draft, old *item[C]) error                 // the rules; old is nil for New
	unlink   func(*item[C])                                  // before it changes or goes; may be nil
	link     func(*item[C])                                  // after it came or changed; may be nil
	changed  func(old, now *C)                               // after Set, where others have to follow; may be nil
	forbid   func(*item[C]) error                            // why it can't be removed; may be nil
	filter   func(*object.Call) (func(*item[C]) bool, error) // of Get; may be nil

	only    *item[C] // of a kind that has one object; nil otherwise
	refresh func()   // brings the shelf in step with what makes the objects; may be nil

	properties []property[C]
	visible    []property[C] // those that every object has
	whole      *object.Shape // of their names
	hidden     []property[C] // of later editions
	columns    []string
}

// find returns the item that an Identity stands for.
func (n *noun[C]) find(v object.Value) (*item[C], error) {
	if n.only != nil {
		return n.only, nil
	}
	if n.refresh != nil {
		n.refresh()
	}
	it, text, err := target[C](n.name, n.ofServer(v))
	if it != nil || err != nil {
		return it, err
	}
	if hasWildcard(text) {
		return nil, fmt.Errorf("%s stands for several objects; pipe Get-%s %[1]s into the cmdlet", quote(text), n.name)
	}
	if it := n.lookup(text); it != nil {
		return it, nil
	}
	return nil, &NotFoundError{n.name, text, n.elsewhere(text)}
}

// elsewhere returns the server that we are if an identity names another one.
func (n *noun[C]) elsewhere(text string) string {
	server, _, named := strings.Cut(text, `\`)
	if !named || n.qualify == nil {
		return ""
	}
	local, _, _ := strings.Cut(n.qualify("x"), `\`)
	if strings.EqualFold(local, server) {
		return ""
	}
	return local
}

// lookup finds an item by any form of its identity.
func (n *noun[C]) lookup(text string) *item[C] {
	key := text
	if n.qualify != nil {
		key = n.qualify(text)
	}
	if it := n.shelf.find(key); it != nil {
		return it
	}
	byGUID := isGUID(text)
	if !byGUID && (len(text) < 3 || !strings.EqualFold(text[:3], "CN=")) {
		return nil
	}
	for it := range n.shelf.all() {
		if byGUID && strings.EqualFold(guid(n.name, it.born), text) || !byGUID && n.dn != nil && strings.EqualFold(n.dn(&it.cfg), text) {
			return it
		}
	}
	return nil
}

// list returns the items that a Get cmdlet's Identity stands for.
func (n *noun[C]) list(call *object.Call) ([]*item[C], error) {
	if v, given := call.Args["Identity"]; given {
		v = n.ofServer(v)
		_, text, err := target[C](n.name, v)
		if err != nil || !hasWildcard(text) {
			it, err := n.find(v)
			return []*item[C]{it}, about(call, "Identity", err)
		}
		var found []*item[C]
		for it := range n.shelf.all() {
			key := it.key
			if !strings.Contains(text, `\`) {
				key = key[strings.LastIndex(key, `\`)+1:]
			}
			if object.Like(key, text) {
				found = append(found, it)
			}
		}
		return found, nil
	}
	if n.only != nil {
		return []*item[C]{n.only}, nil
	}
	if n.refresh != nil {
		n.refresh()
	}
	return slices.Collect(n.shelf.all()), nil
}

// about points an error at an argument, if that was given where the command
// stands.
func about(call *object.Call, parameter string, err error) error {
	if err == nil || call.Piped || !call.Has(parameter) {
		return err
	}
	return &object.ArgumentError{Parameter: parameter, Err: err}
}

func at(call *object.Call, parameter string) object.Pos {
	if call.At == nil {
		return call.Pos
	}
	return call.At(parameter)
}

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
		return &object.ArgumentError{Parameter: "Name", Err: fmt.Errorf("there is a %s %s already", n.name, quote(key))}
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
		return &object.ArgumentError{Parameter: "Name", Err: fmt.Errorf("there is a %s %s already", n.name, quote(key))}
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
	field, _, _ := strings.Cut(path[strings.LastIndexByte(path, '.')+1:], "[")
	if field != "" && call.Has(field) {
		return &object.ArgumentError{Parameter: field, Err: &InvalidError{invalid.Problems, true}}
	}
	return err
}
