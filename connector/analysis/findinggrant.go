package analysis

import (
	"fmt"
	"slices"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/permission"
)

// grants finds grants made by hand without which everybody would hold the same.
func (c *checker) grants() {
	for e := range c.reached {
		for i := range e.Settings().Permissions {
			if !c.effective(e, i) {
				c.ineffective(e, i)
			}
		}
	}
	for i, out := range c.outbounds {
		if !out.Settings().Enabled.Or(true) {
			continue
		}
		for j, g := range out.Settings().Permissions {
			if !c.effectiveOut(out, j) {
				c.ineffectiveOut(i, j, out, g)
			}
		}
	}
}

// effectiveOut reports whether some next hop would hold something else without grant
// i.
func (c *checker) effectiveOut(out *connector.Outbound, i int) bool {
	without, _ := c.without(out.ACL(), len(out.Settings().Permissions)-i)
	for _, peer := range c.peers(out) {
		if out.ACL().Rights(peer) != without.Rights(peer) {
			return true
		}
	}
	return false
}

// peers are the principals as which next hops of out are known.
func (c *checker) peers(out *connector.Outbound) []permission.Principal {
	peers := []permission.Principal{out.Peer(c.domains.Cells[c.domains.Elsewhere()].Witness)} // which is in no list
	for i := range c.domains.Cells {
		if out.Secured(c.domains.Cells[i].Witness) {
			return append(peers, out.Peer(c.domains.Cells[i].Witness))
		}
	}
	return peers
}

func (c *checker) ineffectiveOut(i, j int, out *connector.Outbound, g permission.Grant) {
	why := "every next hop holds the same without it"
	if !slices.ContainsFunc(c.peers(out), func(p permission.Principal) bool { return p.Is(g.To) }) {
		why = "no next hop of this connector is known as " + g.To.Name()
	}
	c.find(Finding{
		Code: CodeGrantIneffective, Severity: SeverityWarning, Place: indexPath(elementPath("Send", i, out.Name())+".Permissions", j),
		Text:    fmt.Sprintf("%v changes nothing: %s", g, why),
		Fix:     "leave it out",
		Witness: c.leaving(out),
		edit: func(cfg *connector.Config) {
			cfg.Send[i].Permissions = slices.Delete(cfg.Send[i].Permissions, j, j+1)
		},
	})
}

// without returns an access list less the grant that is the n-th from its end, and
// that grant. Those made by hand come last, in their order.
func (c *checker) without(acl *permission.ACL, n int) (*permission.ACL, permission.Grant) {
	all := acl.Grants()
	at := len(all) - n
	g := all[at]
	// What compiled with the grant compiles without it.
	less, _ := permission.NewACL(c.cfg.Profile, 0, slices.Delete(all, at, at+1)...)
	return less, g
}

func (c *checker) ineffective(e *entrance, i int) {
	g := e.Settings().Permissions[i]
	why := "whoever it is for holds the same without it"
	witness := c.dialog(e, partition.Who{}, e.Settings().RequireTLS)
	switch {
	case len(principals(c, e, g)) == 0:
		why = "no session on this connector can be " + g.To.Name()
	case g.To != permission.SIDAnonymous && g.To != permission.SIDExternallySecured && g.To != permission.SIDPartners:
		user := auth.Identity{Principal: permission.Principal{Name: "somebody", SIDs: []permission.SID{permission.SIDAuthenticatedUsers, g.To}}}
		witness = c.dialog(e, partition.Who{User: &user}, e.Settings().AuthMechanism.Or(0).Has(auth.TLS))
	}
	c.find(Finding{
		Code: CodeGrantIneffective, Severity: SeverityWarning, Place: indexPath(e.path+".Permissions", i),
		Text:    fmt.Sprintf("%v changes nothing: %s", g, why),
		Fix:     "leave it out, or give what it needs to have an effect",
		Witness: witness,
		edit: func(cfg *connector.Config) {
			r := &cfg.Receive[e.index]
			r.Permissions = slices.Delete(r.Permissions, i, i+1)
		},
	})
}

// effective reports whether somebody may do something else without grant i.
// Without ms-Exch-SMTP-Submit nobody may do anything.
func (c *checker) effective(e *entrance, i int) bool {
	without, g := c.without(e.ACL(), len(e.Settings().Permissions)-i)
	for _, sids := range principals(c, e, g) {
		if able(e.ACL(), sids) != able(without, sids) {
			return true
		}
	}
	return false
}

func able(acl *permission.ACL, sids []permission.SID) permission.Set {
	rights := acl.Rights(permission.Principal{SIDs: sids})
	if !rights.Has(permission.Submit) {
		return 0
	}
	return rights
}

// principals returns the sets of SIDs of sessions that are possible on e and have
// that of g, as far as g can make a difference: of a login those with one more SID
// that is allowed what g denies, and one more that may log in at all. More SIDs
// would only deny more.
func principals(c *checker, e *entrance, g permission.Grant) [][]permission.SID {
	mechanism := e.Settings().AuthMechanism.Or(0)
	var all [][]permission.SID
	add := func(sids ...permission.SID) {
		if slices.Contains(sids, g.To) {
			all = append(all, sids)
		}
	}
	if mechanism.Has(auth.ExternalAuthoritative) {
		add(permission.SIDExternallySecured)
		return all
	}
	add(permission.SIDAnonymous)
	if e.Settings().DomainSecureEnabled && mechanism.Has(auth.TLS) && len(c.cfg.Transport.TLSReceiveDomainSecureList) > 0 {
		add(permission.SIDPartners)
	}
	if !mechanism.Has(auth.BasicAuth) || g.To == permission.SIDAnonymous {
		return all
	}
	denied, submitting := []permission.SID{g.To}, []permission.SID{g.To}
	for _, other := range e.ACL().Grants() {
		if other.To == permission.SIDAnonymous {
			continue
		}
		if other.Allow.Intersect(g.Deny) != 0 {
			denied = append(denied, other.To)
		}
		if other.Allow.Has(permission.Submit) {
			submitting = append(submitting, other.To)
		}
	}
	for _, a := range distinct(denied) {
		for _, b := range distinct(submitting) {
			add(distinct([]permission.SID{permission.SIDAuthenticatedUsers, g.To, a, b})...)
		}
	}
	return all
}

func distinct(sids []permission.SID) []permission.SID {
	var all []permission.SID
	for _, sid := range sids {
		if !slices.Contains(all, sid) {
			all = append(all, sid)
		}
	}
	return all
}
