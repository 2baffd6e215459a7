package exchange

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/permission"
)

// acl is the access list of a connector under work.
type acl struct {
	noun, identity string
	hand           *[]permission.Grant // made by hand; never changed in place
	given          []permission.Grant  // by permission groups, or by the connector's making
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
	full := c.org.fullReceive(&it.cfg)
	s, _ := c.org.server(it.cfg.Server)
	return &acl{
		noun: "Receive connector", identity: it.key, hand: &it.cfg.Permissions, marks: &it.marks,
		given: full.PermissionGroups.Or(0).Grants(c.org.base.Profile, s.Edge),
	}, nil
}

func (c *commandSet) sendACL(v object.Value) (*acl, error) {
	it, err := c.send.find(v)
	if err != nil {
		return nil, err
	}
	usage := map[connector.Usage]permission.SendUsage{
		connector.UsageInternal: permission.SendInternal,
		connector.UsageInternet: permission.SendInternet,
		connector.UsagePartner:  permission.SendPartner,
	}[it.cfg.Usage]
	return &acl{
		noun: "Send connector", identity: c.send.identity(&it.cfg), hand: &it.cfg.Permissions, marks: &it.marks,
		given: permission.SendGrants(c.org.base.Profile, usage),
	}, nil
}

// wanted is what Add- and Remove-ADPermission are about.
type wanted struct {
	acl    *acl
	user   permission.SID
	name   string
	rights []permission.Right
	deny   bool
}

// readWanted reads the parameters that Add- and Remove-ADPermission share.
func (c *commandSet) readWanted(call *object.Call) (w wanted, err error) {
	if err := c.org.noticeAll(call, permissionRows); err != nil {
		return w, err
	}
	if w.acl, err = c.findACL(call.Args["Identity"]); err != nil {
		return w, about(call, "Identity", err)
	}
	if w.user, w.name, err = c.org.principal(call.Args["User"]); err != nil {
		return w, &object.ArgumentError{Parameter: "User", Err: err}
	}
	for _, v := range object.Items(call.Args["AccessRights"]) {
		if s := strings.TrimSpace(object.Text(v)); !strings.EqualFold(s, "ExtendedRight") {
			return w, &object.ArgumentError{Parameter: "AccessRights", Err: fmt.Errorf(
				"%q is a right to the directory object, and there is no directory; give ExtendedRight and -ExtendedRights", s)}
		}
	}
	for _, v := range object.Items(call.Args["ExtendedRights"]) {
		r, err := permission.ParseRight(object.Text(v))
		if err != nil {
			return w, &object.ArgumentError{Parameter: "ExtendedRights", Err: err}
		}
		if !slices.Contains(w.rights, r) {
			w.rights = append(w.rights, r)
		}
	}
	if len(w.rights) == 0 {
		return w, fmt.Errorf("-ExtendedRights must name one right or more, such as ms-Exch-SMTP-Accept-Any-Recipient")
	}
	w.deny = call.Switch("Deny")
	return w, nil
}

// principal reads whom a command names. It returns the name for messages, too.
func (o *Org) principal(v object.Value) (permission.SID, string, error) {
	s, err := single(v)
	if err != nil {
		return "", "", err
	}
	p, err := permission.ParsePrincipal(s)
	if err != nil {
		return "", "", err
	}
	sid := p.SIDs[0]
	if _, known := permission.LookupSID(s); known || strings.EqualFold(s, string(sid)) || o.names[sid] != "" {
		s = o.nameOf(sid)
	}
	return sid, s, nil
}

// nameOf is how output names a principal: as the command that granted it
// something wrote it, if no well-known name says who it is.
func (o *Org) nameOf(sid permission.SID) string {
	if name := o.names[sid]; name != "" {
		return name
	}
	return sid.Name()
}

// holds reports whether one of grants gives, or denies, r to the user.
func (w *wanted) holds(grants []permission.Grant, r permission.Right) bool {
	return slices.ContainsFunc(grants, func(g permission.Grant) bool {
		set := g.Allow
		if w.deny {
			set = g.Deny
		}
		return g.To == w.user && set.Has(r)
	})
}

// describe is what a confirmation says.
func (w *wanted) describe() string {
	names := make([]string, len(w.rights))
	for i, r := range w.rights {
		names[i] = r.String()
	}
	return fmt.Sprintf("%s: %s for %s", w.acl.identity, strings.Join(names, ", "), w.name)
}

// maxGrants bounds the grants by hand on one connector, because each is looked
// at for each new one.
const maxGrants = 10_000

// addPermission is Add-ADPermission.
func (c *commandSet) addPermission(call *object.Call) error {
	w, err := c.readWanted(call)
	if err != nil {
		return err
	}
	var set permission.Set
	for _, r := range w.rights {
		if w.holds(*w.acl.hand, r) {
			call.Warn(fmt.Sprintf("%s has %v on %s already", w.name, r, w.acl.identity))
			continue
		}
		set = set.Union(permission.SetOf(r))
	}
	if ok, err := call.Confirm("Add-ADPermission", w.describe()); !ok || err != nil {
		return err
	}
	if set != 0 && len(*w.acl.hand) >= maxGrants {
		return fmt.Errorf("%s has %d grants already; give rights to groups of users", w.acl.identity, maxGrants)
	}
	if set != 0 {
		g := permission.Grant{To: w.user, Allow: set}
		if w.deny {
			g = permission.Grant{To: w.user, Deny: set}
		}
		if c.org.nameOf(w.user) != w.name { // a user whom only the command names
			c.org.names[w.user] = w.name
		}
		*w.acl.hand = append(*w.acl.hand, g)
		name := fmt.Sprintf("Permissions[%d]", len(*w.acl.hand)-1)
		*w.acl.marks = append(*w.acl.marks, mark{name, call.Pos})
	}
	for _, r := range w.rights {
		if err := call.Emit(c.org.entryObject(&entry{w.acl, w.user, r, w.deny})); err != nil {
			return err
		}
	}
	return nil
}

// removePermission is Remove-ADPermission. What a permission group gives can't
// be removed (receive-connectors.md); it has to be denied.
func (c *commandSet) removePermission(call *object.Call) error {
	w, err := c.readWanted(call)
	if err != nil {
		return err
	}
	for _, r := range w.rights {
		if w.holds(*w.acl.hand, r) {
			continue
		}
		if i := slices.IndexFunc(w.acl.given, func(g permission.Grant) bool {
			return !w.deny && g.To == w.user && g.Allow.Has(r)
		}); i >= 0 {
			return &object.ArgumentError{Parameter: "ExtendedRights", Err: fmt.Errorf(
				"%v of %s %s, so it can't be removed; deny it with Add-ADPermission -Deny", r, w.name, source(w.acl.given[i]))}
		}
		return &object.ArgumentError{Parameter: "ExtendedRights", Err: fmt.Errorf(
			"%s has no entry for %v on %s; Get-ADPermission lists what there is", w.name, r, w.acl.identity)}
	}
	if ok, err := call.Confirm("Remove-ADPermission", w.describe()); !ok || err != nil {
		return err
	}
	w.remove()
	return nil
}

func source(g permission.Grant) string {
	if g.Group == 0 {
		return "belongs to every such connector"
	}
	return fmt.Sprintf("comes from the permission group %v", g.Group)
}

// remove takes the rights out of the grants made by hand, and the marks with
// the grants of which nothing is left.
func (w *wanted) remove() {
	gone := permission.SetOf(w.rights...)
	var grants []permission.Grant
	moved := map[string]string{} // marks of grants, by their old names
	for i, g := range *w.acl.hand {
		if g.To == w.user && w.deny {
			g.Deny = g.Deny.Minus(gone)
		} else if g.To == w.user {
			g.Allow = g.Allow.Minus(gone)
		}
		if g.Allow == 0 && g.Deny == 0 {
			continue
		}
		moved[fmt.Sprintf("Permissions[%d]", i)] = fmt.Sprintf("Permissions[%d]", len(grants))
		grants = append(grants, g)
	}
	var marks []mark
	for _, m := range *w.acl.marks {
		if strings.HasPrefix(m.name, "Permissions[") {
			if m.name = moved[m.name]; m.name == "" {
				continue
			}
		}
		marks = append(marks, m)
	}
	*w.acl.hand, *w.acl.marks = grants, marks
}

// getPermission is Get-ADPermission.
func (c *commandSet) getPermission(call *object.Call) error {
	if err := c.org.noticeAll(call, permissionRows); err != nil {
		return err
	}
	list, err := c.findACL(call.Args["Identity"])
	if err != nil {
		return about(call, "Identity", err)
	}
	var only permission.SID
	if v, given := call.Args["User"]; given {
		if only, _, err = c.org.principal(v); err != nil {
			return &object.ArgumentError{Parameter: "User", Err: err}
		}
	}
	for e := range list.entries() {
		if only != "" && e.to != only {
			continue
		}
		if err := call.Emit(c.org.entryObject(e)); err != nil {
			return err
		}
	}
	return nil
}

// entries yields one entry for each right of each grant.
func (a *acl) entries() iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		for _, grants := range [][]permission.Grant{a.given, *a.hand} {
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

// rawIdentity is a name as objects of permissions hold it.
type rawIdentity struct{ typed }

// Member returns RawIdentity.
func (r rawIdentity) Member(name string) (object.Value, bool) {
	if strings.EqualFold(name, "RawIdentity") {
		return r.text, true
	}
	return nil, false
}

// entryObject is the object of an entry. Nothing is inherited: a connector's
// list is its own.
func (o *Org) entryObject(e *entry) *object.Object {
	obj := object.NewObject("ADAcePresentationObject", 12)
	obj.Ref, obj.Text = e, e.acl.identity
	obj.Columns = []string{"Identity", "User", "Deny", "IsInherited"}
	obj.Headings = []string{"Identity", "User", "Deny", "Inherited"}
	obj.Set("AccessRights", object.NewList(typed{"ActiveDirectoryRights", "ExtendedRight"}))
	obj.Set("IsInherited", false)
	obj.Set("Properties", nil)
	obj.Set("ChildObjectTypes", nil)
	obj.Set("InheritedObjectType", nil)
	obj.Set("InheritanceType", typed{"ActiveDirectorySecurityInheritance", "All"})
	obj.Set("User", rawIdentity{typed{"SecurityPrincipalIdParameter", o.nameOf(e.to)}})
	obj.Set("Identity", e.acl.identity)
	obj.Set("Deny", e.deny)
	obj.Set("ExtendedRights", object.NewList(rawIdentity{typed{"ExtendedRightIdParameter", e.right.String()}}))
	obj.Set("IsValid", true)
	obj.Set("ObjectState", typed{"ObjectState", "Unchanged"})
	return obj
}

// rightNames are the extended rights, for completion.
func rightNames() []string {
	var names []string
	for r := range permission.AllRights.All() {
		names = append(names, r.String())
	}
	return names
}

// wellKnownUsers are the principals that everybody has, for completion.
func wellKnownUsers() []string {
	var names []string
	for _, sid := range []permission.SID{
		permission.SIDAnonymous, permission.SIDAuthenticatedUsers, permission.SIDPartners, permission.SIDHubServers,
		permission.SIDEdgeServers, permission.SIDExternallySecured, permission.SIDLegacyServers,
	} {
		names = append(names, sid.Name())
	}
	return names
}
