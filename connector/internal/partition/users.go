package partition

import (
	"cmp"
	"slices"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/permission"
)

// servers are the SIDs that make whoever logs in a server of the organisation,
// for which some limits do not hold.
var servers = []permission.SID{permission.SIDExchangeServers, permission.SIDHubServers, permission.SIDEdgeServers}

// Users returns logins such that every possible one holds the same of the
// given rights as one of these, in a as well as in b, and is a server of the
// organisation if it is. The first is a member of Authenticated Users and of
// nothing else; each has as few SIDs as can be. The SIDs begin with
// Authenticated Users.
//
// Ask for few rights at a time: those that one decision needs, three or so.
// What every combination of all rights holds nobody has to know, and there may
// be millions.
func Users(a, b *permission.ACL, rights permission.Set) []auth.Identity {
	type held struct {
		rights [2]permission.Set
		server bool
	}
	acls := [2]*permission.ACL{a, b}
	names, powers := powersOf(acls, rights)
	start := power{}
	for i, acl := range acls {
		start.lists[i] = standing(acl, permission.SIDAuthenticatedUsers, rights)
	}
	start = start.normal()
	var users []auth.Identity
	found := map[held]bool{}
	seen := map[power]bool{start: true}
	type member struct {
		power
		sids []permission.SID
	}
	for level := []member{{start, []permission.SID{permission.SIDAuthenticatedUsers}}}; len(level) > 0; {
		var next []member
		for _, m := range level {
			key := held{server: m.server}
			for i, l := range m.lists {
				key.rights[i] = l.allow // what is denied was taken out
			}
			if !found[key] {
				found[key] = true
				users = append(users, auth.Identity{Principal: permission.Principal{Name: "somebody", SIDs: m.sids}})
			}
			for i, sid := range names {
				more := m.with(powers[i])
				if !seen[more] {
					seen[more] = true
					next = append(next, member{more, append(slices.Clip(m.sids), sid)})
				}
			}
		}
		level = next
	}
	return users
}

// power is what SIDs together say in two access lists.
type power struct {
	lists  [2]verdict
	server bool
}

type verdict struct{ allow, deny permission.Set }

// with is the power of the SIDs of p and q together.
func (p power) with(q power) power {
	for i := range p.lists {
		p.lists[i].allow |= q.lists[i].allow
		p.lists[i].deny |= q.lists[i].deny
	}
	p.server = p.server || q.server
	return p.normal()
}

// normal forgets what was allowed in vain.
func (p power) normal() power {
	for i, l := range p.lists {
		p.lists[i].allow = l.allow.Minus(l.deny)
	}
	return p
}

// standing is what acl says of sid.
func standing(acl *permission.ACL, sid permission.SID, rights permission.Set) (v verdict) {
	for _, g := range acl.Grants() {
		if g.To == sid {
			v.allow |= g.Allow.Intersect(rights)
			v.deny |= g.Deny.Intersect(rights)
		}
	}
	return v
}

// powersOf returns one SID for each power that one can have beside those of
// Authenticated Users. Anonymous is nobody's who has logged in.
func powersOf(acls [2]*permission.ACL, rights permission.Set) (names []permission.SID, powers []power) {
	bySID := map[permission.SID]*power{}
	for _, sid := range servers {
		bySID[sid] = &power{server: true}
	}
	for i, acl := range acls {
		for _, g := range acl.Grants() {
			p := bySID[g.To]
			if p == nil {
				p = &power{}
				bySID[g.To] = p
			}
			p.lists[i].allow |= g.Allow.Intersect(rights)
			p.lists[i].deny |= g.Deny.Intersect(rights)
		}
	}
	delete(bySID, permission.SIDAnonymous)
	delete(bySID, permission.SIDAuthenticatedUsers)
	sids := make([]permission.SID, 0, len(bySID))
	for sid := range bySID {
		sids = append(sids, sid)
	}
	slices.SortFunc(sids, func(a, b permission.SID) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
	seen := map[power]bool{{}: true}
	for _, sid := range sids {
		p := bySID[sid].normal()
		if !seen[p] {
			seen[p] = true
			names, powers = append(names, sid), append(powers, p)
		}
	}
	return names, powers
}
