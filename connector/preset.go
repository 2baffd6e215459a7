package connector

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// WithDefaults returns r with every parameter that was left at its default
// filled in, as Compile does it for a connector of c. The slices of r are
// shared, not copied.
func (r Receive) WithDefaults(c *Config) Receive { return c.receiveDefaults(r) }

// WithDefaults returns s with every parameter that was left at its default
// filled in, as Compile does it for a connector of c. The slices of s are
// shared, not copied.
func (s Send) WithDefaults(c *Config) Send { return c.sendDefaults(s) }

// receiveDefaults returns r with every parameter that was left at its default
// filled in from Usage, profile and the role of its server. It is idempotent,
// and the slices of r are shared, not copied.
func (c *Config) receiveDefaults(r Receive) Receive {
	server, ok := c.server(r.Server)
	if ok || r.Server == "" {
		r.Server = server.Name
	}
	receiveParameters.fill(&r, r.Usage, c.Profile, server.Edge)
	r.Fqdn = cmp.Or(r.Fqdn, serverFQDN(server))
	if domain, ok := c.acceptedDomain(r.DefaultDomain); ok {
		r.DefaultDomain = domain // r may give the entry's name
	}
	// BINARYMIME needs CHUNKING, so only a value that is given can contradict it.
	r.BinaryMimeEnabled = param.Value(r.BinaryMimeEnabled.Or(r.ChunkingEnabled.Or(false)))
	return r
}

// sendDefaults returns s with every parameter that was left at its default
// filled in. It is idempotent, and the slices of s are shared, not copied.
func (c *Config) sendDefaults(s Send) Send {
	local := c.local()
	connections, messages, recipients := s.SmartHostLimits.Of()
	s.SmartHostMaxConnections = cmp.Or(s.SmartHostMaxConnections, connections)
	s.SmartHostMessageRateLimit = cmp.Or(s.SmartHostMessageRateLimit, messages)
	s.SmartHostRecipientRateLimit = cmp.Or(s.SmartHostRecipientRateLimit, recipients)
	sendParameters.fill(&s, s.Usage, c.Profile, local.Edge)
	s.DNSRoutingEnabled = param.Value(s.DNSRoutingEnabled.Or(len(s.SmartHosts) == 0))
	direct := s.DNSRoutingEnabled.Or(false) && !s.IgnoreSTARTTLS && !s.ForceHELO
	s.DaneEnabled = param.Value(s.DaneEnabled.Or(direct))
	s.MtaStsEnabled = param.Value(s.MtaStsEnabled.Or(direct))
	// The guide's pair BasicAuth,BasicAuthRequireTLS means BasicAuthRequireTLS, which
	// current editions take as one value.
	if s.SmartHostAuthMechanism == auth.BasicAuth|auth.BasicAuthRequireTLS {
		s.SmartHostAuthMechanism = auth.BasicAuthRequireTLS
	}
	s.Fqdn = cmp.Or(s.Fqdn, serverFQDN(local))
	if len(s.SourceTransportServers) == 0 && !local.Edge { // not a parameter of Edge
		s.SourceTransportServers = []string{local.Name}
	}
	// Exchange 2007 wrote the scope of a connector into its address spaces.
	if slices.ContainsFunc(s.AddressSpaces, routing.AddressSpace.Local) {
		s.IsScopedConnector = true
	}
	if s.SourceIPAddress.IsValid() && s.SourceIPAddress.IsUnspecified() {
		s.SourceIPAddress = netip.Addr{} // 0.0.0.0 is how Exchange prints "any"
	}
	return s
}
