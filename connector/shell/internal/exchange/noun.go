package exchange

import (
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

// elsewhere returns the name of this server if an identity names another one.
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

// serverTypes are the types of objects that stand for a server.
func serverTypes() []string {
	types := []string{"ExchangeServer"}
	for _, of := range serviceNouns {
		types = append(types, of.Names...)
	}
	return types
}

// ofServer makes the name of a server of an object that stands for one, where the
// noun is of servers, too: Get-ExchangeServer | Get-TransportService.
func (n *noun[C]) ofServer(v object.Value) object.Value {
	o, ok := v.(*object.Object)
	if !ok || o.Ref == nil || o.Type == n.name || !slices.Contains(serverTypes(), o.Type) || !slices.Contains(serverTypes(), n.name) {
		return v
	}
	if name, ok := o.Get("Name"); ok {
		return name
	}
	return v
}

// serviceNouns are the services of a server.
var serviceNouns = []*schema.Noun{&schema.TransportService, &schema.FrontendTransportService, &schema.MailboxTransportService}

// property is one property of a noun's objects.
type property[C any] struct {
	name  string
	get   func(it *item[C], full *C) object.Value
	usual string // text of the default of a hidden one
}
