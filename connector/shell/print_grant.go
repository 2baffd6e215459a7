package shell

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// The cmdlets of permissions. Removing asks for confirmation unless noConfirm is given.
const (
	addPermission    = "Add-ADPermission"
	removePermission = "Remove-ADPermission"
	noConfirm        = " -Confirm:$false"
)

// grant returns the commands that make an explicit grant.
func (p *printer) grant(path source.Path, g permission.Grant) []command {
	if g.Group != 0 || g.Allow|g.Deny|g.Removed == 0 || !g.To.IsValid() {
		p.fail(path, "%v isn't an explicit grant", g)
		return nil
	}
	user := string(g.To)
	if who, err := permission.ParsePrincipal(g.To.Name()); err == nil && who.SIDs[0] == g.To {
		user = g.To.Name()
	}
	var commands []command
	for _, rights := range []struct {
		set         permission.Set
		name, flags string
	}{{g.Removed, removePermission, noConfirm}, {g.Allow, addPermission, ""}, {g.Deny, addPermission, " -Deny"}} {
		if rights.set == 0 {
			continue
		}
		c := command{name: rights.name, flags: rights.flags}
		c.add("User", p.quote(path, user))
		c.add("ExtendedRights", strings.ReplaceAll(rights.set.String(), ", ", ","))
		commands = append(commands, c)
	}
	return commands
}

// effective returns explicit grants without the removals of rights that aren't
// given, or are removed already: such a command would fail.
func effective(explicit, given []permission.Grant) []permission.Grant {
	var all []permission.Grant
	for i, g := range explicit {
		if g.Removed != 0 {
			var left permission.Set
			for _, o := range permission.Less(given, explicit[:i]) {
				if o.To == g.To {
					left = left.Union(o.Allow)
				}
			}
			if g.Removed = g.Removed.Intersect(left); g.Removed == 0 {
				continue
			}
		}
		all = append(all, g)
	}
	return all
}
