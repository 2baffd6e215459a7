package permission

import (
	"cmp"
	"fmt"
	"slices"
)

// ACL is the compiled access list of one connector. It is immutable and safe
// for concurrent use. A nil or zero ACL grants no right.
type ACL struct {
	grants []Grant         // in the order given, for Explain
	order  []int32         // places in grants by SID, ascending for equal ones
	bySID  map[SID]verdict // the sum of the grants to each SID
}

type verdict struct{ allow, deny Set }

// NewACL returns the access list made of the grants of groups, on a server
// inside the organisation, and of extra. For an Edge server pass no groups and
// add the grants of Group.Grants, reduced by Less, to extra. It copies extra.
// The error joins all mistakes: an unknown profile or group, a grant without a
// valid SID, without any right, or with a right that doesn't exist.
func NewACL(profile Profile, groups Group, extra ...Grant) (*ACL, error) {
	var errs []error
	if !profile.IsValid() {
		errs = append(errs, fmt.Errorf("unknown profile %v", profile))
	}
	if !groups.IsValid() {
		errs = append(errs, fmt.Errorf("unknown permission group %v", groups))
	}
	for i, g := range extra {
		if err := g.check(); err != nil {
			errs = append(errs, fmt.Errorf("grant %d: %w", i, err))
		}
		if len(errs) > maxErrors {
			break
		}
	}
	if len(errs) > 0 {
		return nil, joinErrors(errs)
	}
	grants := append(Less(groups.Grants(profile, false), extra), extra...)
	bySID := make(map[SID]verdict, len(grants))
	for _, g := range grants {
		v := bySID[g.To]
		bySID[g.To] = verdict{v.allow | g.Allow, v.deny | g.Deny}
	}
	return &ACL{grants: grants, order: orderBySID(grants), bySID: bySID}, nil
}

func (g Grant) check() error {
	switch {
	case !g.To.IsValid():
		return fmt.Errorf("%q is not a SID", clip(string(g.To)))
	case g.Removed != 0 && (g.Allow|g.Deny != 0 || g.Group != 0):
		return fmt.Errorf("removes rights from %s and grants some; make two entries of it", g.To.Name())
	case g.Removed != 0 && g.Removed&^AllRights == 0:
		return nil
	case g.Allow|g.Deny|g.Removed == 0:
		return fmt.Errorf("neither allows nor denies anything to %s", g.To.Name())
	case (g.Allow|g.Deny|g.Removed)&^AllRights != 0:
		return fmt.Errorf("names rights that don't exist (%#x)", uint64((g.Allow|g.Deny|g.Removed)&^AllRights))
	case !g.Group.IsValid():
		return fmt.Errorf("comes from an unknown permission group %v", g.Group)
	}
	return nil
}

// orderBySID returns the places in grants, those of a SID one after the other.
func orderBySID(grants []Grant) []int32 {
	order := make([]int32, len(grants))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(grants[a].To, grants[b].To) })
	return order
}

// to returns the grants to the SIDs of p in the order of the list.
func (a *ACL) to(p Principal) []Grant {
	var places []int32
	for _, sid := range p.SIDs {
		at, _ := slices.BinarySearchFunc(a.order, sid, func(i int32, sid SID) int { return cmp.Compare(a.grants[i].To, sid) })
		for ; at < len(a.order) && a.grants[a.order[at]].To == sid; at++ {
			places = append(places, a.order[at])
		}
	}
	slices.Sort(places)
	var grants []Grant
	for _, i := range slices.Compact(places) {
		grants = append(grants, a.grants[i])
	}
	return grants
}

// Rights returns the rights that p holds: a grant to one of its SIDs allows the right,
// and no grant to any of them denies it. It doesn't allocate.
func (a *ACL) Rights(p Principal) Set {
	if a == nil {
		return 0
	}
	var sum verdict
	for _, sid := range p.SIDs {
		v := a.bySID[sid]
		sum.allow |= v.allow
		sum.deny |= v.deny
	}
	return sum.allow &^ sum.deny
}

// Grants returns all grants of the list as a fresh slice, the grants of
// permission groups first.
func (a *ACL) Grants() []Grant {
	if a == nil {
		return nil
	}
	return slices.Clone(a.grants)
}

// Explanation says why a principal holds a right or doesn't.
type Explanation struct {
	Right      Right
	Held       bool
	Grants     []Grant // the grants that decided: they allow the right, or deny it, or have removed it
	Overridden []Grant // grants that allow the right and are overridden by a deny
}

// Explain reports whether p holds r and which grants decided that, in the
// order of the list. Without any grants p was never given the right.
func (a *ACL) Explain(p Principal, r Right) Explanation {
	b := Explanation{Right: r, Held: a.Rights(p).Has(r)}
	if a == nil {
		return b
	}
	var allows, denies, removals []Grant
	for _, g := range a.to(p) {
		if g.Deny.Has(r) {
			denies = append(denies, g)
		}
		if g.Allow.Has(r) {
			allows = append(allows, g)
		}
		if g.Removed.Has(r) {
			removals = append(removals, g)
		}
	}
	switch {
	case len(denies) > 0:
		b.Grants, b.Overridden = denies, allows
	case len(allows) > 0:
		b.Grants = allows
	default:
		b.Grants = removals
	}
	return b
}

// String returns the answer in one line per grant.
func (b Explanation) String() string {
	head := "not held"
	if b.Held {
		head = "held"
	}
	s := fmt.Appendf(nil, "%v: %s", b.Right, head)
	if len(b.Grants) == 0 {
		s = append(s, ", never granted"...)
	}
	for _, g := range b.Grants {
		s = fmt.Appendf(s, "\n  %v", g.only(b.Right))
	}
	for _, g := range b.Overridden {
		g.Deny = 0
		s = fmt.Appendf(s, "\n  overridden: %v", g.only(b.Right))
	}
	return string(s)
}

// only returns g reduced to the right r.
func (g Grant) only(r Right) Grant {
	g.Removed &= SetOf(r)
	g.Allow &= SetOf(r)
	g.Deny &= SetOf(r)
	if g.Deny != 0 {
		g.Allow = 0
	}
	return g
}
