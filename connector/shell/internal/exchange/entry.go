package exchange

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/permission"
)

// getPermission is Get-ADPermission.
func (c *commandSet) getPermission(call *object.Call) error {
	if err := c.org.noticeAll(call, schema.ADPermission.Rows); err != nil {
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
