package partition

import (
	"cmp"
	"maps"
	"slices"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/permission"
)

// servers are the SIDs that make a user a server of the organisation, to which
// some limits don't apply.
var servers = []permission.SID{permission.SIDExchangeServers, permission.SIDHubServers, permission.SIDEdgeServers}

// Logins divides all logins by the rights that they hold in two access lists.
type Logins struct {
	// Users are logins such that every possible login holds the same rights as one
	// of these in either list, and both or neither are servers of the organisation.
	// The first is a member of Authenticated Users, and of the groups that NewLogins
	// got, only; each has as few SIDs as possible. The SIDs begin with these.
	Users []auth.Identity
	// Tried is how many combinations of groups were examined, by Crowds as well.
	Tried int

	start power
	kinds []kind[power]
	place map[outcome]int // in Users
}

// outcome is the set of rights that a login holds in each list.
type outcome struct {
	rights [2]permission.Set
	server bool
}

func (p power) outcome() outcome {
	o := outcome{server: p.server}
	for i, l := range p.lists {
		o.rights[i] = l.allow // normal has removed denied rights
	}
	return o
}

// NewLogins divides the logins for a and b; given groups, only those of users who are
// members of all of these.
//
// Ask for few rights at a time, those of one decision, three or so: all rights
// together may have millions of combinations.
func NewLogins(a, b *permission.ACL, rights permission.Set, groups ...permission.SID) *Logins {
	acls := [2]*permission.ACL{a, b}
	l := &Logins{place: map[outcome]int{}}
	fixed := append([]permission.SID{permission.SIDAuthenticatedUsers}, groups...)
	l.start, l.kinds = kindsOf(acls, rights, fixed)
	seen := map[power]bool{l.start: true}
	type member struct {
		power
		sids []permission.SID
	}
	for level := []member{{l.start, fixed}}; len(level) > 0; {
		var next []member
		for _, m := range level {
			key := m.outcome()
			if _, found := l.place[key]; !found {
				l.place[key] = len(l.Users)
				l.Users = append(l.Users, auth.Identity{Principal: permission.Principal{Name: "somebody", SIDs: m.sids}})
			}
			for _, k := range l.kinds {
				l.Tried++
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

// Crowds describes the logins for which something is true, given for which of
// Users it is. The groups are SIDs other than Authenticated Users, of which every
// login is a member.
func (l *Logins) Crowds(holds func(user int) bool) []Crowd {
	all, tried := crowds(l.start, l.kinds, power.with, func(p power) bool {
		at, ok := l.place[p.outcome()]
		return ok && holds(at)
	})
	l.Tried += tried
	return all
}

// power holds the rights that two access lists allow and deny to a set of SIDs.
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

// normal removes the allowed rights that are denied.
func (p power) normal() power {
	for i, l := range p.lists {
		p.lists[i].allow = l.allow.Minus(l.deny)
	}
	return p
}

// kindsOf returns the power of the SIDs that each login has, and the other SIDs of a
// login grouped by power; SIDs without power are left out. No login is anonymous.
func kindsOf(acls [2]*permission.ACL, rights permission.Set, fixed []permission.SID) (start power, kinds []kind[power]) {
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
	for _, sid := range fixed {
		if p := bySID[sid]; p != nil {
			start = start.with(*p)
		}
		delete(bySID, sid)
	}
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
