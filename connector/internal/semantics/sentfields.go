package semantics

// The rights that let header fields pass to a next hod.
const (
	sendRouting      = "ms-Exch-Send-Headers-Routing"
	sendOrganization = "ms-Exch-Send-Headers-Organization"
	sendForest       = "ms-Exch-Send-Headers-Forest"
)

// The classes of header fields. docs/receive.md "The header firewall for incoming mail".
const (
	routingFields       = "Routing"
	organizationFields  = "Organization"
	forestFields        = "Forest"
	crossPremisesFields = "CrossPremises"
)

// peer returns the principals that the next hop of mail to a domain is.
func (p *Policy) peer(s *sendConnector, domain string) []string {
	switch {
	case p.secures(s, domain):
		return []string{partnerServers}
	case s.SmartHostAuthMechanism == "ExternalAuthoritative":
		return []string{externallySecured}
	case s.SmartHostAuthMechanism == "ExchangeServer":
		return []string{hubServers, exchangeServers}
	}
	return []string{anonymousLogon}
}

// setupRights returns the entries that every Send connector has: the table of
// docs/routing.md "The header firewall for outgoing mail".
func (p *Policy) setupRights(usage string) (list []entry) {
	allow := func(rights []string, to ...string) {
		for _, to := range to {
			for _, right := range rights {
				list = append(list, entry{to: to, right: right})
			}
		}
	}
	routing, all := []string{sendRouting}, []string{sendRouting, sendOrganization, sendForest}
	switch {
	case !p.in2007():
		allow(routing, anonymousLogon, externallySecured, partnerServers)
		allow(all, hubServers, exchangeServers)
	case usage == "Internal":
		allow(all, hubServers, exchangeServers, externallySecured)
	case usage == "Internet":
		allow(routing, anonymousLogon)
	case usage == "Partner":
		allow(routing, partnerServers)
	}
	return list
}

// sentFields returns the classes of header fields that the next hop of mail to a domain
// gets.
func (p *Policy) sentFields(s *sendConnector, domain string) (classes []string) {
	list, peer := withGrants(p.setupRights(s.Usage), s.Permissions), p.peer(s, domain)
	for _, c := range []struct{ class, right string }{
		{routingFields, sendRouting}, {organizationFields, sendOrganization}, {forestFields, sendForest},
	} {
		if holds(list, peer, c.right) {
			classes = append(classes, c.class)
		}
	}
	if s.CloudServicesMailEnabled {
		classes = append(classes, crossPremisesFields)
	}
	return classes
}
