package connector

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

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

// WithDefaults returns s with every parameter that was left at its default
// filled in, as Compile does it for a service of c.
func (s Service) WithDefaults(c *Config) Service { return c.serviceDefaults(s) }

// WithDefaults returns t with every parameter that was left at its default
// filled in, as Compile does it for c. The slices of t are shared, not copied.
func (t Transport) WithDefaults(c *Config) Transport { return c.transportDefaults(t) }

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
		r.DefaultDomain = domain // it may be given by the entry's name
	}
	// BINARYMIME needs CHUNKING, so its default follows it and only one that is
	// given can contradict.
	r.BinaryMimeEnabled = param.Value(r.BinaryMimeEnabled.Or(r.ChunkingEnabled.Or(false)))
	return r
}

// sendDefaults returns s with every parameter that was left at its default
// filled in. It is idempotent, and the slices of s are shared, not copied.
func (c *Config) sendDefaults(s Send) Send {
	local := c.local()
	sendParameters.fill(&s, s.Usage, c.Profile, local.Edge)
	s.DNSRoutingEnabled = param.Value(s.DNSRoutingEnabled.Or(len(s.SmartHosts) == 0))
	// The guide gives the pair BasicAuth,BasicAuthRequireTLS for what current
	// editions take as one value; the stricter one is what it means.
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

// local returns the server we are: the one that Server names, else the first
// of Servers, else one called localhost.
func (c *Config) local() routing.Server {
	s, _ := c.server("")
	return s
}

// server finds a server by name or FQDN in any letter case; "" is the local
// one. A server that isn't listed has its name as FQDN and ok false.
func (c *Config) server(name string) (s routing.Server, ok bool) {
	if name == "" {
		name = c.Server
	}
	if name == "" && len(c.Servers) > 0 {
		return c.Servers[0], true
	}
	if name == "" {
		name = "localhost"
	}
	for _, s := range c.Servers {
		if strings.EqualFold(s.Name, name) || s.FQDN != "" && strings.EqualFold(s.FQDN, name) {
			return s, true
		}
	}
	return routing.Server{Name: name, FQDN: name}, false
}

// serverFQDN is the name s goes by on the wire.
func serverFQDN(s routing.Server) string {
	if s.FQDN != "" {
		return s.FQDN
	}
	return s.Name
}
