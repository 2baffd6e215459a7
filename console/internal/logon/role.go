package logon

import (
	"fmt"
	"slices"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/permission"
)

// Role says what a user may do in the console. A greater role may do everything that a smaller
// one may. The zero Role is None.
type Role uint8

// The roles.
const (
	None    Role = iota // nothing
	View                // sees everything but secrets
	Operate             // and works on the queue
	Change              // and changes the policy
)

// String returns the name of the role in Exchange 2007, such as "Exchange Organization
// Administrator"; "none" for None.
func (r Role) String() string {
	switch r {
	case None:
		return "none"
	case View:
		return "Exchange View-Only Administrator"
	case Operate:
		return "Exchange Server Administrator"
	case Change:
		return "Exchange Organization Administrator"
	}
	return fmt.Sprintf("Role(%d)", uint8(r))
}

// Groups returns the groups whose members have a role unless Options.Roles says otherwise:
// Exchange's, by their names in 2007 and since 2010. Setup of Exchange 2007 makes no group of
// Exchange Server Administrators; there each server names them.
func Groups() map[string]Role {
	return map[string]Role{
		"Exchange View-Only Administrators":    View,
		"View-Only Organization Management":    View,
		"Exchange Server Administrators":       Operate,
		"Server Management":                    Operate,
		"Exchange Organization Administrators": Change,
		"Organization Management":              Change,
	}
}

// roles are the roles of users and groups by SID.
type roles map[permission.SID]Role

// rolesOf returns the roles by SID. The error names a name that can't be that of a user or group,
// or a role that doesn't exist.
func rolesOf(names map[string]Role) (roles, error) {
	set := make(roles)
	for name, role := range names {
		if role == None || role > Change {
			return nil, fmt.Errorf("the role of %q is %s: use View, Operate or Change", name, role)
		}
		p, err := permission.ParsePrincipal(name)
		if err != nil {
			return nil, fmt.Errorf("the role %s can't be given to %q: %w", role, name, err)
		}
		for _, sid := range p.SIDs {
			if sid == permission.SIDAnonymous {
				return nil, fmt.Errorf("the role %s can't be given to %q: users of the console have logged on", role, name)
			}
			set[sid] = max(set[sid], role)
		}
	}
	return set, nil
}

// of returns the greatest role of a user.
func (r roles) of(id auth.Identity) Role {
	role := None
	for _, sid := range id.SIDs {
		role = max(role, r[sid])
	}
	return role
}

// names returns, for a text, the names of the groups that give a role, sorted.
func names(groups map[string]Role) []string {
	var list []string
	for name := range groups {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}
