package semantics

// The rights that let header fields pass to a next hop.
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
func (p *Policy) peer(s *SendConnector, domain string) []string {
	switch {
	case p.secures(s, domain):
		return []string{partnerServers}
	case s.SmartHostAuthMechanism == "ExternalAuthoritative":
		return []string{ExternallySecured}
	case s.SmartHostAuthMechanism == "ExchangeServer":
		return []string{hubServers, exchangeServers}
	}
	return []string{AnonymousLogon}
}

// setupRights returns the entries that every Send connector has: the table of
// docs/routing.md "The header firewall for outgoing mail".
func (p *Policy) setupRights(usage string) (list []Entry) {
	allow := func(rights []string, to ...string) {
		for _, to := range to {
			for _, right := range rights {
				list = append(list, Entry{To: to, Right: right})
			}
		}
	}
	routing, all := []string{sendRouting}, []string{sendRouting, sendOrganization, sendForest}
	switch {
	case !p.In2007():
		allow(routing, AnonymousLogon, ExternallySecured, partnerServers)
		allow(all, hubServers, exchangeServers)
	case usage == "Internal":
		allow(all, hubServers, exchangeServers, ExternallySecured)
	case usage == "Internet":
		allow(routing, AnonymousLogon)
	case usage == "Partner":
		allow(routing, partnerServers)
	}
	return list
}

// sentFields returns the classes of header fields that the next hop of mail to a domain
// gets.
func (p *Policy) sentFields(s *SendConnector, domain string) (classes []string) {
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
