package replay

import (
	"net/netip"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/permission"
)

// judgedRights are those whose use shows in a log: the others are about
// header fields, filters and servers among themselves.
var judgedRights = permission.SetOf(
	permission.Submit, permission.AcceptAnySender, permission.AcceptAuthoritativeDomainSender,
	permission.AcceptAnyRecipient, permission.BypassMessageSizeLimit,
)

// inboundUse is who used a Receive connector of the policy, and what of it.
// The nil connector's is who would find none.
type inboundUse struct {
	in       *connector.Inbound
	sources  sources
	messages int64
	unjudged int64   // sessions that were not judged to their end
	ranges   []int64 // sessions by range, as Settings().RemoteIPRanges
	grants   []grantUse
}

// grantUse is a grant with the rights of it that were used.
type grantUse struct {
	permission.Grant
	used permission.Set
}

// newUse begins to count.
func newUse(in *connector.Inbound, room *int) *inboundUse {
	u := &inboundUse{in: in, sources: sources{room: room}}
	if in == nil {
		return u
	}
	u.ranges = make([]int64, len(in.Settings().RemoteIPRanges))
	for _, g := range in.ACL().Grants() {
		u.grants = append(u.grants, grantUse{Grant: g})
	}
	return u
}

// seen counts a connection.
func (u *inboundUse) seen(addr netip.Addr) {
	s, isNew := u.sources.add(addr)
	if isNew {
		s.rng = u.rangeOf(addr)
	}
	if s.rng >= 0 {
		u.ranges[s.rng]++
	}
}

// rangeOf finds the smallest range that lets a client in, which is the one by
// which the connector was chosen; -1 if there is none.
func (u *inboundUse) rangeOf(addr netip.Addr) int32 {
	best := int32(-1)
	if u.in == nil {
		return best
	}
	all := u.in.Settings().RemoteIPRanges
	for i, r := range all {
		if r.Contains(addr) && (best < 0 || r.Narrower(all[best])) {
			best = int32(i)
		}
	}
	return best
}

// applying appends to dst the grants that are somebody's.
func (u *inboundUse) applying(id auth.Identity, dst []int) []int {
	for i, g := range u.grants {
		if id.Is(g.To) {
			dst = append(dst, i)
		}
	}
	return dst
}

// used marks a right of the grants that gave it.
func (u *inboundUse) used(grants []int, right permission.Right) {
	for _, i := range grants {
		if g := &u.grants[i]; g.Allow.Has(right) {
			g.used |= permission.SetOf(right)
		}
	}
}

// outboundUse is what left by a Send connector of the policy.
type outboundUse struct {
	out        *connector.Outbound
	recipients int64
}
