package semantics

import (
	"net/netip"
	"slices"
)

// identity is who a client is, as its session sees it.
// docs/receive.md "The identity of a session".
type identity struct {
	kind       string   // anonymousLogon, externallySecured, partnerServers or authenticatedUsers
	principals []string // the SIDs of the session
	addresses  []string // as which a user may send
	domains    []string // of which a user or a partner may send as every address
}

// isServer reports whether the client is an Exchange server of the organisation: a
// member of a group of its servers, but not Externally Secured.
// docs/receive.md "The checks, in order".
func (id identity) isServer() bool {
	return slices.ContainsFunc([]string{hubServers, edgeServers, exchangeServers}, func(group string) bool {
		return slices.Contains(id.principals, group)
	})
}

// beginsWithTLS reports whether connections to a local address begin with TLS.
// docs/receive.md "Which connector takes a connection": port 465.
func beginsWithTLS(local netip.AddrPort) bool { return local.Port() == 465 }

// identify returns the identity of a client that hasn't logged on.
func (p *Policy) identify(c *receiver, tls bool, peerNames []string) identity {
	if c.mechanism["ExternalAuthoritative"] {
		return identity{kind: externallySecured, principals: []string{externallySecured}}
	}
	if proven := p.proven(c, tls, peerNames); len(proven) > 0 {
		return identity{kind: partnerServers, principals: []string{partnerServers}, domains: proven}
	}
	return identity{kind: anonymousLogon, principals: []string{anonymousLogon}}
}

// proven returns the domains of TLSReceiveDomainSecureList that a certificate names.
func (p *Policy) proven(c *receiver, tls bool, peerNames []string) []string {
	if !c.DomainSecureEnabled || !tls {
		return nil
	}
	var domains []string
	for _, name := range peerNames {
		if d := domainName(name); p.isSecured(d) {
			domains = append(domains, d)
		}
	}
	return domains
}

// isSecured reports whether TLSReceiveDomainSecureList has a domain.
func (p *Policy) isSecured(domain string) bool {
	return slices.Contains(p.Transport.TLSReceiveDomainSecureList, domain)
}

// logOn returns the identity of the user of s, who is not anonymous, whatever groups the
// user is in.
func (s *Session) logOn() identity {
	return identity{
		kind:       authenticatedUsers,
		principals: slices.DeleteFunc(append([]string{authenticatedUsers}, s.Groups...), func(group string) bool { return group == anonymousLogon }),
		addresses:  s.Addresses,
		domains:    s.Domains,
	}
}
