package partition

import (
	"cmp"
	"maps"
	"slices"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/permission"
)

// servers are the SIDs that make whoever logs in a server of the organisation,
// for which some limits do not hold.
var servers = []permission.SID{permission.SIDExchangeServers, permission.SIDHubServers, permission.SIDEdgeServers}

// Logins is all logins, cut by what they hold of some rights in two access lists.
type Logins struct {
	// Users are logins such that every possible one holds the same as one of
	// these in either list, and is a server of the organisation if it is. The
	// first is a member of Authenticated Users and of nothing else; each has as
	// few SIDs as can be. The SIDs begin with Authenticated Users.
	Users []auth.Identity

	start power
	kinds []kind[power]
	place map[outcome]int // in Users
}

// outcome is what a login holds.
type outcome struct {
	rights [2]permission.Set
	server bool
}

func (p power) outcome() outcome {
	o := outcome{server: p.server}
	for i, l := range p.lists {
		o.rights[i] = l.allow // what is denied was taken out
	}
	return o
}

// NewLogins cuts the logins for a and b.
//
// Ask for few rights at a time: those that one decision needs, three or so.
// What every combination of all rights holds nobody has to know, and there may
// be millions.
func NewLogins(a, b *permission.ACL, rights permission.Set) *Logins {
	acls := [2]*permission.ACL{a, b}
	l := &Logins{place: map[outcome]int{}}
	l.start, l.kinds = kindsOf(acls, rights)
	seen := map[power]bool{l.start: true}
	type member struct {
		power
		sids []permission.SID
	}
	for level := []member{{l.start, []permission.SID{permission.SIDAuthenticatedUsers}}}; len(level) > 0; {
		var next []member
		for _, m := range level {
			key := m.outcome()
			if _, found := l.place[key]; !found {
				l.place[key] = len(l.Users)
				l.Users = append(l.Users, auth.Identity{Principal: permission.Principal{Name: "somebody", SIDs: m.sids}})
			}
			for _, k := range l.kinds {
				more := m.with(k.power)
				if !seen[more] {
					seen[more] = true
					next = append(next, member{more, append(slices.Clip(m.sids), permission.SID(k.members[0]))})
				}
			}
		}
		level = next
	}
	return l
}

// Users returns those of NewLogins.
func Users(a, b *permission.ACL, rights permission.Set) []auth.Identity {
	return NewLogins(a, b, rights).Users
}

// Crowds says of which logins something is true, given whether it is of each of
// Users. The groups are SIDs; everybody is a member of Authenticated Users, which
// none of them is.
func (l *Logins) Crowds(holds func(user int) bool) []Crowd {
	return crowds(l.start, l.kinds, power.with, func(p power) bool {
		at, ok := l.place[p.outcome()]
		return ok && holds(at)
	})
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

// kindsOf returns the power of Authenticated Users, and the SIDs that one can have
// beside it, those of equal power together; those without any are left out. No
// login is anonymous.
func kindsOf(acls [2]*permission.ACL, rights permission.Set) (start power, kinds []kind[power]) {
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
	if p := bySID[permission.SIDAuthenticatedUsers]; p != nil {
		start = p.normal()
	}
	delete(bySID, permission.SIDAnonymous)
	delete(bySID, permission.SIDAuthenticatedUsers)
	sids := slices.SortedFunc(maps.Keys(bySID), func(a, b permission.SID) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
	place := map[power]int{}
	for _, sid := range sids {
		p := bySID[sid].normal()
		if p == (power{}) {
			continue
		}
		at, ok := place[p]
		if !ok {
			at = len(kinds)
			place[p] = at
			kinds = append(kinds, kind[power]{power: p})
		}
		kinds[at].members = append(kinds[at].members, string(sid))
	}
	return start, kinds
}
