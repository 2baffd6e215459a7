package semantics

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// sendConnector is a Send connector with the default of every parameter that decides something.
type sendConnector struct {
	send
	spaces  []space
	way     distance // to the nearest of its source servers
	maxSize int64    // of messages that it can take
}

// readSendConnectors reads the Send connectors.
func (p *Policy) readSendConnectors() error {
	for _, given := range p.Send {
		s := &sendConnector{send: p.sendDefaults(given), way: p.way(given.SourceTransportServers)}
		for _, text := range given.AddressSpaces {
			space, err := readSpace(text)
			if err != nil {
				return fmt.Errorf("the Send connector %q: %w", s.Name, err)
			}
			s.spaces = append(s.spaces, space)
		}
		// docs/routing.md "Routing", rule 1: the limits of the connector, of the
		// organisation, and of the links on the way.
		s.maxSize = s.way.maxSize
		for _, limit := range []string{s.MaxMessageSize, cmp.Or(p.Transport.MaxSendSize, "Unlimited")} {
			n, err := parseSize(limit)
			if err != nil {
				return fmt.Errorf("the Send connector %q: %w", s.Name, err)
			}
			s.maxSize = min(s.maxSize, n)
		}
		p.sendConnectors = append(p.sendConnectors, s)
	}
	return nil
}

// sendDefaults is docs/cmdlets.md "New-SendConnector, …", column Default.
func (p *Policy) sendDefaults(s send) send {
	fill := func(to *string, value string) { *to = cmp.Or(*to, value) }
	switch {
	case p.in2007():
		fill(&s.MaxMessageSize, "10MB")
	case s.Usage == "Internal":
		fill(&s.MaxMessageSize, "Unlimited")
	default:
		fill(&s.MaxMessageSize, "35MB")
	}
	fill(&s.ConnectionInactivityTimeOut, "00:10:00")
	fill(&s.DkimSigning, "None")
	fill(&s.ErrorPolicies, "Default")
	fill(&s.Fqdn, p.here().wireName())
	fill(&s.SourceIPAddress, "0.0.0.0")
	s.Port = cmp.Or(s.Port, 25)
	s.SmtpMaxMessagesPerConnection = cmp.Or(s.SmtpMaxMessagesPerConnection, 20)
	direct := s.byDNS() && !s.IgnoreSTARTTLS && !s.ForceHELO
	for _, published := range []**bool{&s.DaneEnabled, &s.MtaStsEnabled} {
		if *published == nil {
			*published = &direct
		}
	}
	limits := smartHostLimits[cmp.Or(s.SmartHostLimits, "None")]
	fill(&s.SmartHostMaxConnections, limits.connections)
	fill(&s.SmartHostMessageRateLimit, limits.messages)
	fill(&s.SmartHostRecipientRateLimit, limits.recipients)
	// 2007 wrote BasicAuthRequireTLS as two values.
	fill(&s.SmartHostAuthMechanism, "None")
	if flags(s.SmartHostAuthMechanism)["BasicAuthRequireTLS"] {
		s.SmartHostAuthMechanism = "BasicAuthRequireTLS"
	}
	// docs/routing.md "Address spaces": Local is how 2007 wrote IsScopedConnector.
	local := func(space string) bool { return strings.HasPrefix(space, localScope) }
	s.IsScopedConnector = s.IsScopedConnector || slices.ContainsFunc(s.AddressSpaces, local)
	return s
}

// smartHostLimits are the values of SmartHostLimits.
// docs/routing.md "Limits for smart hosts".
var smartHostLimits = map[string]struct{ connections, messages, recipients string }{
	"None":         {"Unlimited", "Unlimited", "Unlimited"},
	"Microsoft365": {"3", "30", "10000"},
	"Google":       {"Unlimited", "Unlimited", "10000"},
}

// byDNS reports whether the next hops are the mail exchangers of the recipients'
// domains. docs/cmdlets.md, DNSRoutingEnabled.
func (s *send) byDNS() bool { return len(s.SmartHosts) == 0 }

// logsOn reports whether s logs on to its smart hosts.
// docs/routing.md "TLS to the next hop".
func (s *send) logsOn() bool {
	return slices.Contains([]string{"BasicAuth", "BasicAuthRequireTLS", "OAuth"}, s.SmartHostAuthMechanism)
}

// secures reports whether mail to the domain needs mutual TLS with it.
// docs/routing.md "TLS to the next hop", DomainSecureEnabled.
func (p *Policy) secures(s *sendConnector, domain string) bool {
	is := func(listed string) bool { return fold(listed) == domain }
	return s.DomainSecureEnabled && slices.ContainsFunc(p.Transport.TLSSendDomainSecureList, is)
}
