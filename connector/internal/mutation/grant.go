package mutation

import (
	"math/rand/v2"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/policygen"
	"github.com/interchange-smtp/interchange/permission"
)

// The parameters of Add-ADPermission and Remove-ADPermission.
var grantParameters = []string{"ADPermission.User", "ADPermission.ExtendedRights", "ADPermission.Deny"}

// principals are those that grants are given to.
var principals = append([]permission.SID{permission.SIDAnonymous, permission.SIDAuthenticatedUsers, permission.SIDExternallySecured}, policygen.Groups...)

// receiveRights are the rights that decide about clients, and two without effect.
var receiveRights = []permission.Right{
	permission.Submit, permission.AcceptAnyRecipient, permission.AcceptAnySender, permission.AcceptAuthoritativeDomainSender,
	permission.BypassMessageSizeLimit, permission.BypassAntiSpam, permission.AcceptHeadersRouting, permission.AcceptHeadersOrganization,
	permission.AcceptHeadersForest, permission.AcceptAuthenticationFlag, permission.AcceptXShadow, permission.SendHeadersRouting,
}

// nextHops are the principals that a next hop can be.
var nextHops = []permission.SID{permission.SIDAnonymous, permission.SIDPartners, permission.SIDHubServers, permission.SIDExternallySecured}

// sendRights are the rights that decide about next hops.
var sendRights = []permission.Right{permission.SendHeadersRouting, permission.SendHeadersOrganization, permission.SendHeadersForest}

// onGrants is an operator on the grants of a Receive connector.
func onGrants(name string, apply func(*rand.Rand, *[]permission.Grant) bool) Operator {
	return Operator{name, grantParameters, func(r *rand.Rand, c *connector.Config) bool {
		p := in(r, c.Receive)
		if p == nil {
			return false
		}
		p.Permissions = slices.Clone(p.Permissions)
		return apply(r, &p.Permissions)
	}}
}

// onGrant is an operator on one grant of a Receive connector.
func onGrant(name string, apply func(*rand.Rand, *permission.Grant) bool) Operator {
	return onGrants(name, func(r *rand.Rand, list *[]permission.Grant) bool {
		g := in(r, *list)
		return g != nil && apply(r, g)
	})
}

func grantOperators() []Operator {
	add := func(make func(permission.Set) permission.Grant) func(*rand.Rand, *[]permission.Grant) bool {
		return func(r *rand.Rand, list *[]permission.Grant) bool {
			g := make(permission.SetOf(one(r, receiveRights)))
			g.To = one(r, principals)
			*list = append(*list, g)
			return true
		}
	}
	return []Operator{
		onGrants("grant-add-allow", add(func(s permission.Set) permission.Grant { return permission.Grant{Allow: s} })),
		onGrants("grant-add-deny", add(func(s permission.Set) permission.Grant { return permission.Grant{Deny: s} })),
		onGrants("grant-add-removed", add(func(s permission.Set) permission.Grant { return permission.Grant{Removed: s} })),
		onGrants("grant-remove", func(r *rand.Rand, list *[]permission.Grant) bool { return remove(r, list, 0) }),
		onGrants("grant-same-power", func(r *rand.Rand, list *[]permission.Grant) bool {
			if len(*list) == 0 {
				return false
			}
			g := one(r, *list)
			g.To = one(r, principals)
			*list = append(*list, g)
			return true
		}),
		onGrant("grant-user", func(r *rand.Rand, g *permission.Grant) bool { g.To = one(r, principals); return true }),
		onGrant("grant-deny", func(_ *rand.Rand, g *permission.Grant) bool {
			g.Allow, g.Deny = g.Deny, g.Allow
			return g.Removed == 0
		}),
		onGrant("grant-right-add", func(r *rand.Rand, g *permission.Grant) bool {
			*rightsOf(g) |= permission.SetOf(one(r, receiveRights))
			return true
		}),
		onGrant("grant-right-remove", func(r *rand.Rand, g *permission.Grant) bool {
			*rightsOf(g) &^= permission.SetOf(one(r, slices.Collect(rightsOf(g).All())))
			return *rightsOf(g) != 0
		}),
		{"send-grant", grantParameters, func(r *rand.Rand, c *connector.Config) bool {
			p := in(r, c.Send)
			if p == nil {
				return false
			}
			if r.IntN(3) == 0 {
				return remove(r, &p.Permissions, 0)
			}
			p.Permissions = append(p.Permissions, policygen.Grant(r, nextHops, sendRights, 1, 3))
			return true
		}},
	}
}

// rightsOf returns the set of a grant that isn't empty.
func rightsOf(g *permission.Grant) *permission.Set {
	switch {
	case g.Deny != 0:
		return &g.Deny
	case g.Removed != 0:
		return &g.Removed
	}
	return &g.Allow
}
