package exchange

import (
	"fmt"
	"iter"
	"slices"

	"github.com/interchange-smtp/interchange/connector/internal/draft"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// commandSet is the nouns that several cmdlets share.
type commandSet struct {
	org     *Org
	receive *noun[receive]
	send    *noun[send]
}

// acl is the access list of a connector under work.
type acl struct {
	noun, identity string
	hand           *[]permission.Grant // explicit grants; never changed in place
	given          []permission.Grant  // by permission groups, or by the connector's making, before hand takes of it
	marks          *[]mark
}

// entry is one access control entry: what Get-ADPermission's objects stand for.
type entry struct {
	acl   *acl
	to    permission.SID
	right permission.Right
	deny  bool
}

// findACL returns the access list of the connector that an Identity stands for.
func (c *commandSet) findACL(v object.Value) (*acl, error) {
	if o, ok := v.(*object.Object); ok {
		switch ref := o.Ref.(type) {
		case *item[receive]:
			return c.receiveACL(v)
		case *item[send]:
			return c.sendACL(v)
		case *entry:
			return ref.acl, nil
		case nil:
		default:
			return nil, fmt.Errorf("it takes a connector, not a %s; only connectors have extended rights here", o.Type)
		}
	}
	received, err := c.receiveACL(v)
	sent, err2 := c.sendACL(v)
	switch {
	case received != nil && sent != nil:
		return nil, fmt.Errorf("%s is a Receive connector and a Send connector; pipe the one you mean into the cmdlet", quote(object.Text(v)))
	case received != nil:
		return received, nil
	case sent != nil:
		return sent, nil
	}
	if _, missing := err.(*NotFoundError); !missing {
		return nil, err
	}
	if _, missing := err2.(*NotFoundError); !missing {
		return nil, err2
	}
	return nil, fmt.Errorf("there is no Receive connector and no Send connector %s; only connectors have extended rights here", quote(object.Text(v)))
}

func (c *commandSet) receiveACL(v object.Value) (*acl, error) {
	it, err := c.receive.find(v)
	if err != nil {
		return nil, err
	}
	return &acl{
		noun: "Receive connector", identity: it.key, hand: &it.cfg.Permissions, marks: &it.marks,
		given: draft.GroupGrants(&c.org.base, it.cfg),
	}, nil
}

func (c *commandSet) sendACL(v object.Value) (*acl, error) {
	it, err := c.send.find(v)
	if err != nil {
		return nil, err
	}
	return &acl{
		noun: "Send connector", identity: c.send.identity(&it.cfg), hand: &it.cfg.Permissions, marks: &it.marks,
		given: draft.UsageGrants(&c.org.base, it.cfg),
	}, nil
}

// append adds an explicit grant.
func (a *acl) append(g permission.Grant, at source.Position) error {
	if len(*a.hand) >= maxGrants {
		return fmt.Errorf("%s has %d grants already; give rights to groups of users", a.identity, maxGrants)
	}
	*a.hand = append(slices.Clip(*a.hand), g)
	*a.marks = append(*a.marks, mark{elementMark("Permissions", len(*a.hand)-1), at})
	return nil
}

// keep changes each explicit grant, and removes those that no longer hold a right,
// together with their marks.
func (a *acl) keep(change func(permission.Grant) permission.Grant) {
	var grants []permission.Grant
	moved := map[int]int{}
	for i, g := range *a.hand {
		if g = change(g); g.Allow|g.Deny|g.Removed == 0 {
			continue
		}
		moved[i] = len(grants)
		grants = append(grants, g)
	}
	*a.hand, *a.marks = grants, moveMarks(*a.marks, "Permissions", moved)
}

// entries yields one entry for each right of each grant.
func (a *acl) entries() iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		for _, grants := range [][]permission.Grant{permission.Less(a.given, *a.hand), *a.hand} {
			for _, g := range grants {
				for _, deny := range []bool{false, true} {
					set := g.Allow
					if deny {
						set = g.Deny
					}
					for r := range set.All() {
						if !yield(&entry{a, g.To, r, deny}) {
							return
						}
					}
				}
			}
		}
	}
}
