package permission

// SendUsage is the usage type that decides the access list of a new Send
// connector. It matters in Exchange2007 only: later editions give all Send
// connectors the same list. The zero SendUsage is SendCustom.
type SendUsage uint8

// The usages of Send connectors.
const (
	SendCustom SendUsage = iota
	SendInternal
	SendInternet
	SendPartner
)

// The columns of Exchange's table of send rights per principal.
const (
	sendRouting = 1 << SendHeadersRouting
	sendTrusted = sendRouting | 1<<SendExch50
	send2007    = sendTrusted | 1<<SendHeadersOrganization | 1<<SendHeadersForest
	sendServers = send2007 | 1<<SendXShadow
)

// SendGrants returns the access list that a new Send connector has in edition p, as a
// new slice. The principals stand for kinds of remote hosts: anonymous for plain
// delivery and for Basic authentication to a smart host, an Exchange server, an
// externally secured server, or a partner.
//
// In Exchange2007 the usage decides: Custom grants nothing, Internal everything
// to servers, Internet and Partner routing headers to the anonymous host and to
// the partner.
func SendGrants(p Profile, u SendUsage) []Grant {
	if p != Exchange2007 {
		return []Grant{
			{To: SIDAnonymous, Allow: sendRouting},
			{To: SIDExchangeServers, Allow: sendServers},
			{To: SIDHubServers, Allow: sendServers},
			{To: SIDEdgeServers, Allow: sendServers},
			{To: SIDExternallySecured, Allow: sendTrusted},
			{To: SIDLegacyServers, Allow: sendTrusted},
			{To: SIDPartners, Allow: sendRouting},
		}
	}
	switch u {
	case SendInternal:
		return []Grant{
			{To: SIDExchangeServers, Allow: send2007},
			{To: SIDHubServers, Allow: send2007},
			{To: SIDEdgeServers, Allow: send2007},
			{To: SIDExternallySecured, Allow: send2007},
			{To: SIDLegacyInterop, Allow: send2007},
			{To: SIDLegacyServers, Allow: send2007},
		}
	case SendInternet:
		return []Grant{{To: SIDAnonymous, Allow: sendRouting}}
	case SendPartner:
		return []Grant{{To: SIDPartners, Allow: sendRouting}}
	}
	return nil
}
