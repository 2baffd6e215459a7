package analysis

import (
	"slices"

	"github.com/interchange-smtp/interchange/permission"
)

// possibleIdentities describes the identities that sessions on a connector, or its
// next hops, can have.
type possibleIdentities struct {
	single      []permission.SID // clients with this SID alone
	logins      bool             // users, with any SIDs and Authenticated Users
	needsSubmit bool             // without ms-Exch-SMTP-Submit no other right counts
}

// tally sums up an access list by SID, and what remains of it if grants are removed:
// all their rights, the allowed rights only, or the denied rights only. If removing
// the allowed rights alone and the denied rights alone changes nothing, no selection
// of the grants does.
type tally struct {
	possibleIdentities
	sids      map[permission.SID]*sidRights
	order     []permission.SID
	standings map[permission.Right][]permission.SID // of users: one SID for each combination of rights
}

// sidRights are the rights that grants allow and deny to one SID.
type sidRights struct {
	all, kept     [2]permission.Set // what is allowed, and what is denied
	allow, denied [permission.SendXShadow + 1]int
}

func newTally(acl *permission.ACL, who possibleIdentities) *tally {
	t := &tally{possibleIdentities: who, sids: map[permission.SID]*sidRights{}, standings: map[permission.Right][]permission.SID{}}
	for _, g := range acl.Grants() {
		t.rightsOf(g.To).count(g, 1)
	}
	for _, s := range t.sids {
		s.all = s.kept
	}
	return t
}

func (t *tally) rightsOf(sid permission.SID) *sidRights {
	s := t.sids[sid]
	if s == nil {
		s = &sidRights{}
		t.sids[sid] = s
		t.order = append(t.order, sid)
	}
	return s
}

// count adds a grant n times.
func (s *sidRights) count(g permission.Grant, n int) {
	for i, set := range [2]permission.Set{g.Allow, g.Deny} {
		counts := &s.allow
		if i == 1 {
			counts = &s.denied
		}
		for r := range set.All() {
			counts[r] += n
			if counts[r] > 0 {
				s.kept[i] |= permission.SetOf(r)
			} else {
				s.kept[i] &^= permission.SetOf(r)
			}
		}
	}
}

// removeIfRedundant removes a grant if all rights are the same without it, and
// reports whether it did.
func (t *tally) removeIfRedundant(g permission.Grant) bool {
	for r := range (g.Allow | g.Deny).All() {
		t.otherSIDs(r) // as they are now
	}
	s := t.rightsOf(g.To)
	was := s.kept
	s.count(g, -1)
	lost := was[0].Minus(s.kept[0]) | was[1].Minus(s.kept[1])
	for r := range lost.All() {
		if t.rightDepends(g.To, r) {
			s.count(g, 1)
			return false
		}
	}
	for r := range lost.All() {
		delete(t.standings, r)
		if r == permission.Submit {
			clear(t.standings)
		}
	}
	return true
}

// rightDepends reports whether an identity that includes sid holds a right with the
// whole list and not with the remaining one, or the reverse.
func (t *tally) rightDepends(sid permission.SID, r permission.Right) bool {
	if slices.Contains(t.single, sid) && t.differs(r, sid) {
		return true
	}
	if !t.logins || sid == permission.SIDAnonymous {
		return false
	}
	others := t.otherSIDs(r)
	for _, a := range others {
		for _, b := range others {
			if t.differs(r, permission.SIDAuthenticatedUsers, sid, a, b) {
				return true
			}
		}
	}
	return false
}

// otherSIDs returns SIDs that a login may have beside another, one for each
// combination of what grants say about r and ms-Exch-SMTP-Submit. At most two of them
// are needed together: one that is allowed what the other is denied, and one that may
// log on.
func (t *tally) otherSIDs(r permission.Right) []permission.SID {
	if t.standings[r] == nil {
		type standing [8]bool
		seen := map[standing]bool{}
		t.standings[r] = []permission.SID{permission.SIDAuthenticatedUsers}
		for _, sid := range t.order {
			var at standing
			for i, right := range [2]permission.Right{r, permission.Submit} {
				s := t.sids[sid]
				for j, set := range [4]permission.Set{s.all[0], s.all[1], s.kept[0], s.kept[1]} {
					at[4*i+j] = set.Has(right)
				}
			}
			if sid != permission.SIDAnonymous && !seen[at] {
				seen[at] = true
				t.standings[r] = append(t.standings[r], sid)
			}
		}
	}
	return t.standings[r]
}

// differs reports whether an identity with all of sids may use r with the whole list
// and not with a part of it, or the reverse.
func (t *tally) differs(r permission.Right, sids ...permission.SID) bool {
	var all, kept [2]permission.Set
	for _, sid := range sids {
		if s := t.sids[sid]; s != nil {
			for i := range all {
				all[i] |= s.all[i]
				kept[i] |= s.kept[i]
			}
		}
	}
	with := t.usable(all[0].Minus(all[1]), r)
	return with != t.usable(kept[0].Minus(all[1]), r) || with != t.usable(all[0].Minus(kept[1]), r)
}

// usable reports whether an identity that holds the rights held may use r.
func (t *tally) usable(held permission.Set, r permission.Right) bool {
	return held.Has(r) && (!t.needsSubmit || held.Has(permission.Submit))
}

// canSubmit reports whether a login that includes sid may send.
func (t *tally) canSubmit(sid permission.SID) bool {
	for _, other := range t.otherSIDs(permission.Submit) {
		var rights [2]permission.Set
		for _, id := range []permission.SID{permission.SIDAuthenticatedUsers, sid, other} {
			if s := t.sids[id]; s != nil {
				rights[0] |= s.all[0]
				rights[1] |= s.all[1]
			}
		}
		if rights[0].Minus(rights[1]).Has(permission.Submit) {
			return true
		}
	}
	return false
}
