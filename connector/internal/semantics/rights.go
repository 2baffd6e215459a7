package semantics

import "slices"

// The principals with fixed SIDs, by the names that grants have.
const (
	AnonymousLogon     = `NT AUTHORITY\ANONYMOUS LOGON`
	AuthenticatedUsers = `NT AUTHORITY\Authenticated Users`
	partnerServers     = `MS Exchange\Partner Servers`
	hubServers         = `MS Exchange\Hub Transport Servers`
	edgeServers        = `MS Exchange\Edge Transport Servers`
	ExternallySecured  = `MS Exchange\Externally Secured Servers`
	exchangeServers    = "Exchange Servers"
	legacyInterop      = "ExchangeLegacyInterop"
)

// The rights that decide something on a Receive connector (docs/model.md "Seven terms").
const (
	Submit              = "ms-Exch-SMTP-Submit"
	AnyRecipient        = "ms-Exch-SMTP-Accept-Any-Recipient"
	AnySender           = "ms-Exch-SMTP-Accept-Any-Sender"
	AuthoritativeSender = "ms-Exch-SMTP-Accept-Authoritative-Domain-Sender"
	RoutingHeaders      = "ms-Exch-Accept-Headers-Routing"
	OrganizationHeaders = "ms-Exch-Accept-Headers-Organization"
	ForestHeaders       = "ms-Exch-Accept-Headers-Forest"
	BypassSpam          = "ms-Exch-Bypass-Anti-Spam"
	BypassSize          = "ms-Exch-Bypass-Message-Size-Limit"
)

// Entry allows or denies one right to one principal.
type Entry struct {
	To, Right string
	Deny      bool
}

// groupRights is the table of docs/receive.md "Permission groups": the rights that a
// permission group allows to a principal.
func (p *Policy) groupRights() []struct {
	group, to string
	rights    []string
} {
	anyone := []string{Submit, RoutingHeaders, AnySender, AuthoritativeSender}
	users := []string{Submit, AnyRecipient, BypassSpam, RoutingHeaders}
	servers := []string{Submit, AnyRecipient, AnySender, AuthoritativeSender, RoutingHeaders, OrganizationHeaders, ForestHeaders, BypassSpam, BypassSize}
	trusted := []string{Submit, AnyRecipient, AnySender, AuthoritativeSender, RoutingHeaders, BypassSpam, BypassSize}
	secured := trusted
	if p.In2007() {
		anyone = []string{Submit, RoutingHeaders, AnySender}
		users = []string{Submit, AnyRecipient, BypassSpam}
		secured = servers
	}
	rows := []struct {
		group, to string
		rights    []string
	}{
		{"AnonymousUsers", AnonymousLogon, anyone},
		{"ExchangeServers", hubServers, servers},
		{"ExchangeServers", edgeServers, servers},
		{"ExchangeServers", ExternallySecured, secured},
		{"Partners", partnerServers, []string{Submit, RoutingHeaders}},
	}
	if p.Here().Edge { // an Edge server knows no principals of the Windows domain
		return rows
	}
	return append(rows, []struct {
		group, to string
		rights    []string
	}{
		{"ExchangeUsers", AuthenticatedUsers, users},
		{"ExchangeServers", exchangeServers, servers},
		{"ExchangeLegacyServers", legacyInterop, trusted},
	}...)
}

// accessList returns the entries of a Receive connector.
func (p *Policy) accessList(r *receive) []Entry {
	var given []Entry
	groups := flags(Or(r.PermissionGroups, p.defaultGroups(r.Usage)))
	for _, row := range p.groupRights() {
		for _, right := range row.rights {
			if groups[row.group] {
				given = append(given, Entry{To: row.to, Right: right})
			}
		}
	}
	return withGrants(given, r.Permissions)
}

// withGrants returns the entries that permission groups or setup gave, less those that
// Remove-ADPermission took away, and the entries of explicit grants.
// docs/model.md "Seven terms", docs/differences.md "Remove-ADPermission of a right …".
func withGrants(given []Entry, explicit []grant) (list []Entry) {
	for _, e := range given {
		if !removed(explicit, e.To, e.Right) {
			list = append(list, e)
		}
	}
	for _, g := range explicit {
		for _, right := range g.ExtendedRights {
			if !g.Removed {
				list = append(list, Entry{g.User, right, g.Deny})
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
		if p.Here().Edge {
			return "ExchangeServers"
		}
		return "ExchangeServers, ExchangeLegacyServers"
	case "Internet":
		if p.In2007() {
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
func holds(list []Entry, principals []string, right string) bool {
	allowed := false
	for _, e := range list {
		if e.Right != right || !slices.Contains(principals, e.To) {
			continue
		}
		if e.Deny {
			return false
		}
		allowed = true
	}
	return allowed
}
