package analysis

import (
	"fmt"
	"slices"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// grants reports explicit grants without which all clients would hold the same
// rights. Of several equal grants the last is reported, so that all that are reported
// can be removed together. Grants made to remove rights are not checked.
func (c *checker) grants() {
	for e := range c.reachable {
		t := newTally(e.ACL(), c.receiveIdentities(e))
		given := e.Settings().Permissions
		for i := len(given) - 1; i >= 0; i-- {
			if given[i].Removed == 0 && t.removeIfRedundant(given[i]) {
				c.reportIneffective(e, i)
			}
		}
	}
	for i, out := range c.outbounds {
		if !out.Settings().Enabled.Or(true) {
			continue
		}
		t := newTally(out.ACL(), c.sendIdentities(out))
		given := out.Settings().Permissions
		for j := len(given) - 1; j >= 0; j-- {
			if given[j].Removed == 0 && t.removeIfRedundant(given[j]) {
				c.reportIneffectiveSend(i, j, out)
			}
		}
	}
}

// receiveIdentities returns the identities that sessions on e can have: those of
// clients without authentication, and of users.
func (c *checker) receiveIdentities(e *servedConnector) possibleIdentities {
	mechanism := e.Settings().AuthMechanism.Or(0)
	if mechanism.Has(auth.ExternalAuthoritative) {
		return possibleIdentities{single: []permission.SID{permission.SIDExternallySecured}, needsSubmit: true}
	}
	who := possibleIdentities{single: []permission.SID{permission.SIDAnonymous}, logins: mechanism.LogsOn(), needsSubmit: true}
	if e.Settings().DomainSecureEnabled && mechanism.Has(auth.TLS) && len(c.cfg.Transport.TLSReceiveDomainSecureList) > 0 {
		who.single = append(who.single, permission.SIDPartners)
	}
	return who
}

// sendIdentities returns the identities that next hops of out can have.
func (c *checker) sendIdentities(out *connector.Outbound) possibleIdentities {
	who := possibleIdentities{single: out.Peer(c.domains.Cells[c.domains.Elsewhere()].Witness).SIDs} // which is in no list
	for i := range c.domains.Cells {
		if out.Secured(c.domains.Cells[i].Witness) {
			who.single = append(slices.Clip(who.single), out.Peer(c.domains.Cells[i].Witness).SIDs...)
			break
		}
	}
	return who
}

func (c *checker) reportIneffectiveSend(i, j int, out *connector.Outbound) {
	g := out.Settings().Permissions[j]
	why := "every next hop has the same rights without it"
	if !slices.Contains(c.sendIdentities(out).single, g.To) {
		why = "no next hop of this connector is known as " + g.To.Name()
	}
	c.report(Finding{
		Diagnostic: source.Diagnostic{
			Code: CodeGrantIneffective, Severity: source.SeverityWarning, Path: (source.Element("Send", i, out.Name()) + ".Permissions").Index(j),
			Detail: fmt.Sprintf("%v changes nothing: %s", g, why),
			Fix:    "remove it",
		},
		Witness: c.leaving(out),
		edit:    sendEdit(i, out, func(s *connector.Send) bool { return dropLast(&s.Permissions, g) }),
	})
}

func (c *checker) reportIneffective(e *servedConnector, i int) {
	g := e.Settings().Permissions[i]
	witness := c.dialog(e, partition.Who{}, e.Settings().RequireTLS)
	who := c.receiveIdentities(e)
	if !slices.Contains(who.single, g.To) && who.logins && g.To != permission.SIDAnonymous {
		user := auth.Identity{Principal: permission.Principal{Name: "somebody", SIDs: slices.Compact([]permission.SID{permission.SIDAuthenticatedUsers, g.To})}}
		witness = c.dialog(e, partition.Who{User: &user}, e.Settings().AuthMechanism.Or(0).Has(auth.TLS))
	}
	f := Finding{
		Diagnostic: source.Diagnostic{
			Code: CodeGrantIneffective, Severity: source.SeverityWarning, Path: (e.path + ".Permissions").Index(i),
			Fix: "remove it",
		},
		Witness: witness,
		edit:    e.receiveEdit(func(r *connector.Receive) bool { return dropLast(&r.Permissions, g) }),
	}
	f.Detail = fmt.Sprintf("%v changes nothing: %s", g, c.whyIneffective(e, i, who, &f.Fix))
	c.report(f)
}

// whyIneffective explains why a grant has no effect, and sets fix if another grant
// would give it one.
func (c *checker) whyIneffective(e *servedConnector, i int, who possibleIdentities, fix *string) string {
	g, acl := e.Settings().Permissions[i], e.ACL()
	name := g.To.Name()
	if !slices.Contains(who.single, g.To) && (!who.logins || g.To == permission.SIDAnonymous) {
		return "no session on this connector can be " + name
	}
	if text := c.cannotSend(acl, g, who, fix); text != "" {
		return text
	}
	of := []permission.SID{g.To}
	if !slices.Contains(who.single, g.To) {
		of = append(of, permission.SIDAuthenticatedUsers)
	}
	var allowed, denied permission.Set
	by := "another grant"
	all := acl.Grants() // explicit grants come last
	own := len(all) - len(e.Settings().Permissions) + i
	for at, other := range all {
		if !slices.Contains(of, other.To) || at == own {
			continue
		}
		allowed |= other.Allow
		denied |= other.Deny
		if other.Group != 0 && other.Allow.HasAll(g.Allow) {
			by = "the permission group " + other.Group.String()
		}
	}
	switch {
	case g.Allow != 0 && denied.HasAll(g.Allow):
		return "another grant denies what it allows to " + name
	case g.Allow != 0 && (allowed | denied).HasAll(g.Allow):
		return by + " gives the same to " + name
	case g.Deny != 0 && denied.HasAll(g.Deny):
		return "another grant denies the same to " + name
	case g.Deny != 0 && g.Allow == 0:
		return name + " isn't allowed what it denies"
	}
	return name + " has the same rights without it"
}

// cannotSend explains why the clients that a grant is for may not send on the
// connector; "" if they may.
func (c *checker) cannotSend(acl *permission.ACL, g permission.Grant, who possibleIdentities, fix *string) string {
	alone := slices.Contains(who.single, g.To)
	principal := permission.Principal{SIDs: []permission.SID{g.To}}
	if !alone {
		principal.SIDs = append(principal.SIDs, permission.SIDAuthenticatedUsers)
	}
	denied := acl.Explain(principal, permission.Submit)
	if denied.Held || g.Deny.Has(permission.Submit) || !alone && len(denied.Grants) == 0 && newTally(acl, who).canSubmit(g.To) {
		return ""
	}
	clients, needed := g.To.Name(), "grant ms-Exch-SMTP-Submit as well"
	switch g.To {
	case permission.SIDAnonymous:
		clients, needed = "anonymous clients", "add AnonymousUsers to PermissionGroups"
	case permission.SIDPartners:
		clients, needed = "partners", "add Partners to PermissionGroups"
	case permission.SIDExternallySecured:
		clients, needed = "Externally Secured servers", "add ExchangeServers to PermissionGroups"
	}
	because, lack := "they lack ms-Exch-SMTP-Submit", needed
	if len(denied.Grants) > 0 {
		because, lack = "ms-Exch-SMTP-Submit is denied to them", "no longer deny ms-Exch-SMTP-Submit"
	}
	if g.Allow != 0 {
		*fix = lack + ", or remove the grant"
	}
	return clients + " can't send at all here, because " + because
}
