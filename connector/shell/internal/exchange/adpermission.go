package exchange

import (
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/permission"
)

// wanted is the change that Add- or Remove-ADPermission is to make.
type wanted struct {
	acl    *acl
	user   permission.SID
	name   string
	rights []permission.Right
	deny   bool
}

// readWanted reads the parameters that Add- and Remove-ADPermission share.
func (c *commandSet) readWanted(call *object.Call) (w wanted, err error) {
	if err := c.org.noticeAll(call, schema.ADPermission.Rows); err != nil {
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

// principal reads the principal that a command names. It returns the name for
// messages, too.
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

// describe returns the text of a confirmation.
func (w *wanted) describe() string {
	names := make([]string, len(w.rights))
	for i, r := range w.rights {
		names[i] = r.String()
	}
	return fmt.Sprintf("%s: %s for %s", w.acl.identity, strings.Join(names, ", "), w.name)
}

// maxGrants bounds the explicit grants on one connector, because each of them is
// looked at for each new one.
const maxGrants = 10_000

// addPermission is Add-ADPermission.
func (c *commandSet) addPermission(call *object.Call) error {
	w, err := c.readWanted(call)
	if err != nil {
		return err
	}
	var set, back permission.Set
	for _, r := range w.rights {
		switch {
		case w.holds(*w.acl.hand, r):
			call.Warn(fmt.Sprintf("%s has %v on %s already", w.name, r, w.acl.identity))
		case !w.deny && w.taken(r):
			back = back.Union(permission.SetOf(r))
		default:
			set = set.Union(permission.SetOf(r))
		}
	}
	if ok, err := call.Confirm("Add-ADPermission", w.describe()); !ok || err != nil {
		return err
	}
	w.drop(permission.Grant{Removed: back})
	if set != 0 {
		g := permission.Grant{To: w.user, Allow: set}
		if w.deny {
			g = permission.Grant{To: w.user, Deny: set}
		}
		if c.org.nameOf(w.user) != w.name { // only the command names the user
			c.org.names[w.user] = w.name
		}
		if err := w.acl.append(g, call.Pos); err != nil {
			return err
		}
	}
	for _, r := range w.rights {
		if err := call.Emit(c.org.entryObject(&entry{w.acl, w.user, r, w.deny})); err != nil {
			return err
		}
	}
	return nil
}

// removePermission is Remove-ADPermission. It removes entries of explicit grants. Entries
// of a permission group, or that the connector got when it was made, are remembered as
// taken from the user until PermissionGroups is set or Add-ADPermission gives them back.
func (c *commandSet) removePermission(call *object.Call) error {
	w, err := c.readWanted(call)
	if err != nil {
		return err
	}
	gone, taken := permission.SetOf(w.rights...), permission.Set(0)
	left := permission.Less(w.acl.given, *w.acl.hand)
	for _, r := range w.rights {
		given := !w.deny && w.holds(left, r)
		if given {
			taken = taken.Union(permission.SetOf(r))
		}
		if !given && !w.holds(*w.acl.hand, r) {
			return &object.ArgumentError{Parameter: "ExtendedRights", Err: fmt.Errorf(
				"%s has no entry for %v on %s; Get-ADPermission lists what there is", w.name, r, w.acl.identity)}
		}
	}
	if ok, err := call.Confirm("Remove-ADPermission", w.describe()); !ok || err != nil {
		return err
	}
	if w.deny {
		w.drop(permission.Grant{Deny: gone})
	} else {
		w.drop(permission.Grant{Allow: gone})
	}
	if taken == 0 {
		return nil
	}
	return w.acl.append(permission.Grant{To: w.user, Removed: taken}, call.Pos)
}

// taken reports whether Remove-ADPermission took away a right that the user is given.
func (w *wanted) taken(r permission.Right) bool {
	return w.holds(w.acl.given, r) && !w.holds(permission.Less(w.acl.given, *w.acl.hand), r)
}

// drop takes the rights of gone out of the user's explicit grants.
func (w *wanted) drop(gone permission.Grant) {
	w.acl.keep(func(g permission.Grant) permission.Grant {
		if g.To == w.user {
			g.Allow, g.Deny, g.Removed = g.Allow.Minus(gone.Allow), g.Deny.Minus(gone.Deny), g.Removed.Minus(gone.Removed)
		}
		return g
	})
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
