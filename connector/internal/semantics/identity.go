package semantics

import "slices"

// identity is who a client is, as its session sees it.
// docs/receive.md "The identity of a session".
type identity struct {
	Kind       string   // AnonymousLogon, ExternallySecured, partnerServers or AuthenticatedUsers
	principals []string // the SIDs of the session
	addresses  []string // as which a user may send
	domains    []string // of which a user or a partner may send as every address
}

// ServerGroups are the groups whose members are Exchange servers of the organisation.
var ServerGroups = []string{hubServers, edgeServers, exchangeServers}

// isServer reports whether the client is an Exchange server of the organisation: a
// member of a group of its servers, but not Externally Secured.
// docs/receive.md "The checks, in order".
func (id identity) isServer() bool {
	return slices.ContainsFunc(ServerGroups, func(group string) bool { return slices.Contains(id.principals, group) })
}

// IsStranger reports whether the client neither logged on nor is Externally Secured.
func (id identity) IsStranger() bool { return id.Kind == AnonymousLogon || id.Kind == partnerServers }

// May reports whether the client holds a right.
func (s *Session) May(right string) bool { return holds(s.Entries, s.principals, right) }

// identify returns the identity of a client that hasn't logged on.
func (r *Receiver) identify(tls bool, peerNames []string) identity {
	if r.Mechanisms["ExternalAuthoritative"] {
		return identity{Kind: ExternallySecured, principals: []string{ExternallySecured}}
	}
	if proven := r.proven(tls, peerNames); len(proven) > 0 {
		return identity{Kind: partnerServers, principals: []string{partnerServers}, domains: proven}
	}
	return identity{Kind: AnonymousLogon, principals: []string{AnonymousLogon}}
}

// proven returns the domains of TLSReceiveDomainSecureList that a certificate names.
func (r *Receiver) proven(tls bool, peerNames []string) []string {
	if !r.DomainSecureEnabled || !tls {
		return nil
	}
	var domains []string
	for _, name := range peerNames {
		if d := domainName(name); r.policy.IsSecured(d) {
			domains = append(domains, d)
		}
	}
	return domains
}

// IsSecured reports whether TLSReceiveDomainSecureList has a domain.
func (p *Policy) IsSecured(domain string) bool {
	return slices.Contains(p.Transport.TLSReceiveDomainSecureList, domain)
}

// user returns the identity of the user of c, who is not anonymous, whatever groups the
// user is in.
func (c *Client) user() identity {
	return identity{
		Kind:       AuthenticatedUsers,
		principals: slices.DeleteFunc(append([]string{AuthenticatedUsers}, c.Groups...), func(group string) bool { return group == AnonymousLogon }),
		addresses:  c.Addresses,
		domains:    c.Domains,
	}
}
