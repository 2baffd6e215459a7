package semantics

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// SendConnector is a Send connector with the default of every parameter that decides something.
type SendConnector struct {
	send
	spaces  []space
	way     distance // to the nearest of its source servers
	maxSize int64    // of messages that it can take
	rank    int      // of its name among those of all
}

// readSendConnectors reads the Send connectors.
func (p *Policy) readSendConnectors() error {
	sites := p.sites()
	for _, given := range p.Send {
		s := &SendConnector{send: p.sendDefaults(given), way: p.way(given.SourceTransportServers, sites)}
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
			n, err := ParseSize(limit)
			if err != nil {
				return fmt.Errorf("the Send connector %q: %w", s.Name, err)
			}
			s.maxSize = min(s.maxSize, n)
		}
		p.sendConnectors = append(p.sendConnectors, s)
	}
	p.indexSendConnectors()
	return nil
}

// sendDefaults is docs/cmdlets.md "New-SendConnector, …", column Default.
func (p *Policy) sendDefaults(s send) send {
	size := "35MB"
	switch {
	case p.In2007():
		size = "10MB"
	case s.Usage == "Internal":
		size = "Unlimited"
	}
	s.MaxMessageSize = cmp.Or(s.MaxMessageSize, size)
	s.Port = cmp.Or(s.Port, 25)
	// 2007 wrote BasicAuthRequireTLS as two values.
	if flags(s.SmartHostAuthMechanism)["BasicAuthRequireTLS"] {
		s.SmartHostAuthMechanism = "BasicAuthRequireTLS"
	}
	// docs/routing.md "Address spaces": Local is how 2007 wrote IsScopedConnector.
	local := func(space string) bool { return strings.HasPrefix(space, localScope) }
	s.IsScopedConnector = s.IsScopedConnector || slices.ContainsFunc(s.AddressSpaces, local)
	return s
}

// logsOn reports whether s logs on to its smart hosts.
// docs/routing.md "TLS to the next hop".
func (s *send) logsOn() bool {
	return slices.Contains([]string{"BasicAuth", "BasicAuthRequireTLS", "OAuth"}, s.SmartHostAuthMechanism)
}

// secures reports whether mail to the domain needs mutual TLS with it.
// docs/routing.md "TLS to the next hop", DomainSecureEnabled.
func (p *Policy) secures(s *SendConnector, domain string) bool {
	is := func(listed string) bool { return Fold(listed) == domain }
	return s.DomainSecureEnabled && slices.ContainsFunc(p.Transport.TLSSendDomainSecureList, is)
}

// SizeLimits returns the limits for the size of messages that routes compare with,
// ascending.
func (p *Policy) SizeLimits() []int64 {
	var all []int64
	add := func(n int64) {
		if n > 0 && n != Unlimited {
			all = append(all, n)
		}
	}
	for _, s := range p.sendConnectors {
		add(size(s.MaxMessageSize))
	}
	if p.Transport.MaxSendSize != "" {
		add(size(p.Transport.MaxSendSize))
	}
	for _, l := range p.Links {
		add(l.MaxSize)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
