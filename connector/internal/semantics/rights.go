package semantics

import "slices"

// The principals with fixed SIDs, by the names that grants have.
const (
	anonymousLogon     = `NT AUTHORITY\ANONYMOUS LOGON`
	authenticatedUsers = `NT AUTHORITY\Authenticated Users`
	partnerServers     = `MS Exchange\Partner Servers`
	hubServers         = `MS Exchange\Hub Transport Servers`
	edgeServers        = `MS Exchange\Edge Transport Servers`
	externallySecured  = `MS Exchange\Externally Secured Servers`
	exchangeServers    = "Exchange Servers"
	legacyInterop      = "ExchangeLegacyInterop"
)

// The rights that decide something on a Receive connector (docs/model.md "Seven terms").
const (
	submit              = "ms-Exch-SMTP-Submit"
	anyRecipient        = "ms-Exch-SMTP-Accept-Any-Recipient"
	anySender           = "ms-Exch-SMTP-Accept-Any-Sender"
	authoritativeSender = "ms-Exch-SMTP-Accept-Authoritative-Domain-Sender"
	routingHeaders      = "ms-Exch-Accept-Headers-Routing"
	organizationHeaders = "ms-Exch-Accept-Headers-Organization"
	forestHeaders       = "ms-Exch-Accept-Headers-Forest"
	bypassSpam          = "ms-Exch-Bypass-Anti-Spam"
	bypassSize          = "ms-Exch-Bypass-Message-Size-Limit"
)

// entry allows or denies one right to one principal.
type entry struct {
	to, right string
	deny      bool
}

// groupRights is the table of docs/receive.md "Permission groups": the rights that a
// permission group allows to a principal.
func (p *Policy) groupRights() []struct {
	group, to string
	rights    []string
} {
	anyone := []string{submit, routingHeaders, anySender, authoritativeSender}
	users := []string{submit, anyRecipient, bypassSpam, routingHeaders}
	servers := []string{submit, anyRecipient, anySender, authoritativeSender, routingHeaders, organizationHeaders, forestHeaders, bypassSpam, bypassSize}
	trusted := []string{submit, anyRecipient, anySender, authoritativeSender, routingHeaders, bypassSpam, bypassSize}
	secured := trusted
	if p.in2007() {
		anyone = []string{submit, routingHeaders, anySender}
		users = []string{submit, anyRecipient, bypassSpam}
		secured = servers
	}
	rows := []struct {
		group, to string
		rights    []string
	}{
		{"AnonymousUsers", anonymousLogon, anyone},
		{"ExchangeServers", hubServers, servers},
		{"ExchangeServers", edgeServers, servers},
		{"ExchangeServers", externallySecured, secured},
		{"Partners", partnerServers, []string{submit, routingHeaders}},
	}
	if p.here().Edge { // an Edge server knows no principals of the Windows domain
		return rows
	}
	return append(rows, []struct {
		group, to string
		rights    []string
	}{
		{"ExchangeUsers", authenticatedUsers, users},
		{"ExchangeServers", exchangeServers, servers},
		{"ExchangeLegacyServers", legacyInterop, trusted},
	}...)
}

// accessList returns the entries of a Receive connector.
func (p *Policy) accessList(r *receive) []entry {
	var given []entry
	groups := flags(or(r.PermissionGroups, p.defaultGroups(r.Usage)))
	for _, row := range p.groupRights() {
		for _, right := range row.rights {
			if groups[row.group] {
				given = append(given, entry{to: row.to, right: right})
			}
		}
	}
	return withGrants(given, r.Permissions)
}

// withGrants returns the entries that permission groups or setup gave, less those that
// Remove-ADPermission took away, and the entries of explicit grants.
// docs/model.md "Seven terms", docs/differences.md "Remove-ADPermission of a right …".
func withGrants(given []entry, explicit []grant) (list []entry) {
	for _, e := range given {
		if !removed(explicit, e.to, e.right) {
			list = append(list, e)
		}
	}
	for _, g := range explicit {
		for _, right := range g.ExtendedRights {
			if !g.Removed {
				list = append(list, entry{g.User, right, g.Deny})
			}
		}
	}
	return list
}

func removed(grants []grant, to, right string) bool {
	return slices.ContainsFunc(grants, func(g grant) bool {
		return g.Removed && g.User == to && slices.Contains(g.ExtendedRights, right)
	})
}

// defaultGroups is docs/cmdlets.md "New-ReceiveConnector, …", PermissionGroups.
func (p *Policy) defaultGroups(usage string) string {
	switch usage {
	case "Client":
		return "ExchangeUsers"
	case "Internal":
		if p.here().Edge {
			return "ExchangeServers"
		}
		return "ExchangeServers, ExchangeLegacyServers"
	case "Internet":
		if p.in2007() {
			return "AnonymousUsers, Partners"
		}
		return "AnonymousUsers"
	case "Partner":
		return "Partners"
	}
	return "None"
}

// holds reports whether one who is all of principals holds a right: an entry allows it
// to one of them, and none denies it (docs/model.md "Seven terms": a deny beats every
// allow).
func holds(list []entry, principals []string, right string) bool {
	allowed := false
	for _, e := range list {
		if e.right != right || !slices.Contains(principals, e.to) {
			continue
		}
		if e.deny {
			return false
		}
		allowed = true
	}
	return allowed
}
