package connector

import (
	"slices"

	"github.com/interchange-smtp/interchange/permission"
)

// Entry is a grant that decides whether clients of a Receive connector hold a right, with
// the parameter that it comes from.
type Entry struct {
	permission.Grant
	Right      permission.Right
	Overridden bool  // the grant allows Right, and others deny it
	Basis      Basis // PermissionGroups, or the element of Permissions; without a Position, which source.Map.Find has for Path
}

// String says what the grant does to the right, and which parameter or line is the reason:
// "granted to CONTOSO\printers by Add-ADPermission (relay.ps1:12)".
func (e Entry) String() string {
	text := grantText(e.Grant, e.Right) + e.Basis.originText()
	if e.Overridden {
		return "overridden: " + text
	}
	return text
}

// Entries returns the grants that decide whether a session of who holds r: those that deny
// it, or else those that allow it, or else those by which Remove-ADPermission removed it. The grants that are
// overridden by a deny come last. Without any, who was never granted the right.
func (in *Inbound) Entries(who permission.Principal, r permission.Right) []Entry {
	if in == nil {
		return nil
	}
	why := in.acl.Explain(who, r)
	var all []Entry
	for i, g := range slices.Concat(why.Grants, why.Overridden) {
		e := Entry{Grant: g, Right: r, Overridden: i >= len(why.Grants)}
		e.Basis = in.basisOf(&Step{Right: r, Grants: []permission.Grant{g}})[0]
		all = append(all, e)
	}
	return all
}
