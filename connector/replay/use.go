package replay

import (
	"net/netip"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/permission"
)

// judgedRights are the rights whose use shows in a log: the others are about header
// fields, filters and commands between Exchange servers.
var judgedRights = permission.SetOf(
	permission.Submit, permission.AcceptAnySender, permission.AcceptAuthoritativeDomainSender,
	permission.AcceptAnyRecipient, permission.BypassMessageSizeLimit,
)

// inboundUse counts the use of a Receive connector of the policy. The one of the nil
// connector counts connections for which the policy has no connector.
type inboundUse struct {
	in       *connector.Inbound
	clients  clientCounts
	messages int64
	unjudged int64   // sessions that were not judged to their end
	ranges   []int64 // sessions by range, as Settings().RemoteIPRanges
	grants   []grantUse
}

// grantUse is a grant and the rights of it that were used.
type grantUse struct {
	permission.Grant
	used permission.Set
}

// newUse begins to count.
func newUse(in *connector.Inbound, room *int) *inboundUse {
	u := &inboundUse{in: in, clients: clientCounts{room: room}}
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
	s, isNew := u.clients.add(addr)
	if isNew {
		s.rng = u.rangeOf(addr)
	}
	if s.rng >= 0 {
		u.ranges[s.rng]++
	}
}

// rangeOf returns the index of the smallest range that contains a client, by which
// the connector was chosen, or -1.
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

// applying appends to dst the grants to a principal.
func (u *inboundUse) applying(id auth.Identity, dst []int) []int {
	for i, g := range u.grants {
		if id.Is(g.To) {
			dst = append(dst, i)
		}
	}
	return dst
}

// used marks a right as used in the grants that allow it.
func (u *inboundUse) used(grants []int, right permission.Right) {
	for _, i := range grants {
		if g := &u.grants[i]; g.Allow.Has(right) {
			g.used |= permission.SetOf(right)
		}
	}
}

// outboundUse counts the recipients that leave by a Send connector of the policy.
type outboundUse struct {
	out        *connector.Outbound
	recipients int64
}
