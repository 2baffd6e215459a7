package partition_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/internal/policygen"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// someOf is a set of the numbers below n.
func someOf(r *rand.Rand, n int) func(int) bool {
	set := make([]bool, n)
	for i := range set {
		set[i] = r.IntN(2) == 0
	}
	return func(i int) bool { return set[i] }
}

func in(crowds []partition.Crowd, groups []string) bool {
	return slices.ContainsFunc(crowds, func(c partition.Crowd) bool { return c.Has(groups) })
}

// TestLoginCrowds: whatever is true of some outcomes, the crowds hold the sets of
// groups with these outcomes and no others.
func TestLoginCrowds(t *testing.T) {
	rights := permission.SetOf(permission.Submit, permission.AcceptAnyRecipient, permission.AcceptAnySender)
	held := func(in *connector.Inbound, id auth.Identity) permission.Set {
		s := in.ACL().Rights(id.Principal).Intersect(rights)
		if id.Is(permission.SIDHubServers) || id.Is(permission.SIDExchangeServers) || id.Is(permission.SIDEdgeServers) {
			s |= permission.SetOf(permission.BypassAntiSpam) // stands for "is a server"
		}
		return s
	}
	pairs(t, 30, func(r *rand.Rand, a, b *connector.Policy) {
		for x := range a.Receive() {
			for y := range b.Receive() {
				logins := partition.NewLogins(x.ACL(), y.ACL(), rights)
				holds := someOf(r, len(logins.Users))
				crowds := logins.Crowds(holds)
				for set := range 1 << len(policygen.Groups) {
					id := auth.Identity{Principal: permission.Principal{SIDs: []permission.SID{permission.SIDAuthenticatedUsers}}}
					var groups []string
					for i, sid := range policygen.Groups {
						if set&(1<<i) != 0 {
							id.SIDs = append(id.SIDs, sid)
							groups = append(groups, string(sid))
						}
					}
					stands := slices.IndexFunc(logins.Users, func(u auth.Identity) bool {
						return held(x, u) == held(x, id) && held(y, u) == held(y, id)
					})
					if got := in(crowds, groups); got != holds(stands) {
						t.Fatalf("it is true of %q: %v, and they are in %+v: %v", id.SIDs, holds(stands), crowds, got)
					}
				}
			}
		}
	})
}

// TestPartnerCrowds is the same for certificates.
func TestPartnerCrowds(t *testing.T) {
	pairs(t, 60, func(r *rand.Rand, a, b *connector.Policy) {
		d := partition.NewDomains(a, b)
		partners := d.Partners()
		holds := someOf(r, len(partners))
		crowds := d.PartnerCrowds(holds)
		for set := range 1 << len(policygen.Names) {
			var names []string
			var domains []routing.Domain
			for i, name := range policygen.Names {
				if set&(1<<i) != 0 {
					names = append(names, name)
					domains = append(domains, routing.MustParseDomain(name))
				}
			}
			state := secured(d, domains)
			if state == [2]bool{} {
				continue
			}
			stands := slices.IndexFunc(partners, func(w partition.Who) bool { return secured(d, w.Partner) == state })
			if got := in(crowds, names); got != holds(stands) {
				t.Fatalf("it is true of %q: %v, and they are in %+v: %v", names, holds(stands), crowds, got)
			}
		}
	})
}

// TestCrowdsTogether: groups of equal power are told together, and so are those that
// replace each other in a combination.
func TestCrowdsTogether(t *testing.T) {
	sid := func(name string) permission.SID { return permission.NameSID(name) }
	allow := func(name string, rights ...permission.Right) permission.Grant {
		return permission.Grant{To: sid(name), Allow: permission.SetOf(rights...)}
	}
	acl, err := permission.NewACL(0, 0,
		allow("a", permission.Submit), allow("b", permission.Submit), allow("c", permission.AcceptAnyRecipient), allow("d", permission.AcceptAnyRecipient),
		permission.Grant{To: sid("e"), Deny: permission.SetOf(permission.Submit)})
	if err != nil {
		t.Fatal(err)
	}
	rights := permission.SetOf(permission.Submit, permission.AcceptAnyRecipient)
	logins := partition.NewLogins(acl, nil, rights)
	crowds := logins.Crowds(func(i int) bool { return acl.Rights(logins.Users[i].Principal).Intersect(rights) == rights })
	if len(crowds) != 1 || len(crowds[0].In) != 2 || len(crowds[0].In[0]) != 2 || len(crowds[0].In[1]) != 2 || len(crowds[0].Unless) != 1 {
		t.Errorf("got %+v, want (a or b) and (c or d), unless e", crowds)
	}
}
