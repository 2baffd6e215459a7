package permission

import "fmt"

// Grant gives or denies rights to a principal by SID. The zero Grant is
// invalid. A right both allowed and denied is denied.
//
// A Grant with Removed records instead that Remove-ADPermission removed entries
// of a permission group, or entries that setup makes; it neither allows nor
// denies.
type Grant struct {
	To      SID
	Allow   Set
	Deny    Set
	Removed Set   // see Less; stands alone
	Group   Group // the permission group that gave it; 0 for an explicit grant
}

// Less returns given, the grants of permission groups or of setup, without the
// rights that the explicit grants remove from the same principals. What
// explicit allows or denies doesn't count. The result is a fresh slice.
func Less(given, explicit []Grant) []Grant {
	left := make([]Grant, 0, len(given))
	for _, g := range given {
		for _, e := range explicit {
			if e.To == g.To {
				g.Allow = g.Allow.Minus(e.Removed)
			}
		}
		if g.Allow|g.Deny != 0 {
			left = append(left, g)
		}
	}
	return left
}

// String returns the grant in one line, such as
// `allow ms-Exch-SMTP-Submit to NT AUTHORITY\ANONYMOUS LOGON (AnonymousUsers)`.
func (g Grant) String() string {
	if g.Removed != 0 {
		return fmt.Sprintf("remove %v from %s (explicit)", g.Removed, g.To.Name())
	}
	var b []byte
	if g.Allow != 0 || g.Deny == 0 {
		b = fmt.Appendf(b, "allow %v", g.Allow)
	}
	if g.Deny != 0 {
		if len(b) > 0 {
			b = append(b, "; "...)
		}
		b = fmt.Appendf(b, "deny %v", g.Deny)
	}
	origin := "explicit"
	if g.Group != 0 {
		origin = g.Group.String()
	}
	b = fmt.Appendf(b, " to %s (%s)", g.To.Name(), origin)
	return string(b)
}

// The columns of Exchange's table of receive rights per principal, smallest
// first.
const (
	partnerRights   = 1<<Submit | 1<<AcceptHeadersRouting
	anonymous2007   = partnerRights | 1<<AcceptAnySender
	anonymousRights = anonymous2007 | 1<<AcceptAuthoritativeDomainSender
	users2007       = 1<<Submit | 1<<AcceptAnyRecipient | 1<<BypassAntiSpam
	usersRights     = users2007 | 1<<AcceptHeadersRouting
	trustedRights   = anonymousRights | usersRights |
		1<<AcceptAuthenticationFlag | 1<<BypassMessageSizeLimit | 1<<AcceptExch50
	firewallRights = 1<<AcceptHeadersOrganization | 1<<AcceptHeadersForest
	servers2007    = trustedRights | firewallRights
	serversRights  = servers2007 |
		1<<AcceptXShadow | 1<<AcceptXAttr | 1<<AcceptXProxyFrom | 1<<AcceptXSysProbe | 1<<AcceptXSessionParams |
		1<<SendXMessageContextADRecipientCache | 1<<SendXMessageContextExtendedProperties | 1<<SendXMessageContextFastIndex
)

// row is one permission group's grant to one principal.
type row struct {
	group    Group
	to       SID
	current  Set
	in2007   Set
	inDomain bool // a principal of the Windows domain, which an Edge server doesn't know
}

// receiveRows is the table "receive rights per principal" by permission group.
var receiveRows = [...]row{
	{AnonymousUsers, SIDAnonymous, anonymousRights, anonymous2007, false},
	{ExchangeUsers, SIDAuthenticatedUsers, usersRights, users2007, true},
	{ExchangeServers, SIDExchangeServers, serversRights, servers2007, true},
	{ExchangeServers, SIDHubServers, serversRights, servers2007, false},
	{ExchangeServers, SIDEdgeServers, serversRights, servers2007, false},
	{ExchangeServers, SIDExternallySecured, trustedRights, servers2007, false},
	{ExchangeLegacyServers, SIDLegacyInterop, trustedRights, trustedRights, true},
	{Partners, SIDPartners, partnerRights, partnerRights, false},
}

// Grants returns the grants of the groups of g in edition p, one for each principal, as
// a new slice. An Edge server has no principals of the Windows domain, so ExchangeUsers
// and ExchangeLegacyServers have no grants there. Custom never has any.
func (g Group) Grants(p Profile, edge bool) []Grant {
	var grants []Grant
	for _, row := range receiveRows {
		if !g.Has(row.group) || edge && row.inDomain {
			continue
		}
		allow := row.current
		if p == Exchange2007 {
			allow = row.in2007
		}
		grants = append(grants, Grant{To: row.to, Allow: allow, Group: row.group})
	}
	return grants
}

// DefaultConnectorGrants returns the deny entries that setup writes into the
// connector Default <Server> only: it doesn't accept organisation and forest
// headers from the servers of Exchange 2003, even if they also belong to a
// group whose headers it accepts.
func DefaultConnectorGrants() []Grant {
	return []Grant{{To: SIDLegacyInterop, Deny: firewallRights}}
}
