package connector

import (
	"cmp"
	"strings"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// serviceDefaults returns s with every parameter that was left at its default
// filled in from the profile and the role of its server. It is idempotent.
func (c *Config) serviceDefaults(s Service) Service {
	server, _ := c.server(s.Name)
	s.Name = server.Name
	perDomain, given := s.MaxPerDomainOutboundConnections, s
	serviceParameters.fill(&s, param.UsageCustom, c.Profile, server.Edge)
	if total := s.MaxOutboundConnections; perDomain == 0 && total != param.Unlimited {
		s.MaxPerDomainOutboundConnections = min(s.MaxPerDomainOutboundConnections, total)
	}
	capFile(given.ReceiveProtocolLogMaxFileSize, &s.ReceiveProtocolLogMaxFileSize, s.ReceiveProtocolLogMaxDirectorySize)
	capFile(given.SendProtocolLogMaxFileSize, &s.SendProtocolLogMaxFileSize, s.SendProtocolLogMaxDirectorySize)
	capFile(given.ConnectivityLogMaxFileSize, &s.ConnectivityLogMaxFileSize, s.ConnectivityLogMaxDirectorySize)
	capFile(given.MessageTrackingLogMaxFileSize, &s.MessageTrackingLogMaxFileSize, s.MessageTrackingLogMaxDirectorySize)
	return s
}

// capFile makes one, the default size of a file of a log, at most that of all files, unless a
// size was given.
func capFile(given param.Size, one *param.Size, all param.Size) {
	if given == 0 && all != param.UnlimitedSize {
		*one = min(*one, all)
	}
}

// transportDefaults returns t with every parameter that was left at its default
// filled in. It is idempotent.
func (c *Config) transportDefaults(t Transport) Transport {
	transportParameters.fill(&t, param.UsageCustom, c.Profile, false)
	t.ExternalPostmasterAddress = cmp.Or(t.ExternalPostmasterAddress, "postmaster@"+c.postmasterDomain())
	return t
}

// WithDefaults returns s with every parameter that was left at its default
// filled in, as Compile does it for a service of c.
func (s Service) WithDefaults(c *Config) Service { return c.serviceDefaults(s) }

// WithDefaults returns t with every parameter that was left at its default
// filled in, as Compile does it for c. The slices of t are shared, not copied.
func (t Transport) WithDefaults(c *Config) Transport { return c.transportDefaults(t) }

// WithDefaults returns d with every parameter that was left at its default filled
// in.
func (d RemoteDomain) WithDefaults() RemoteDomain {
	remoteParameters.fill(&d, param.UsageCustom, permission.Current, false)
	return d
}

// postmasterDomain returns the default accepted domain, on an Edge server its FQDN.
// Without accepted domains it returns the server's FQDN, or localhost if that is not
// a valid domain.
func (c *Config) postmasterDomain() string {
	local := c.local()
	own := serverFQDN(local)
	if _, err := routing.ParseDomain(own); err != nil {
		own = "localhost"
	}
	if local.Edge {
		return own
	}
	first := ""
	for _, d := range c.Accepted {
		switch {
		case strings.HasPrefix(d.DomainName, "*"):
		case d.Default:
			return d.DomainName
		case first == "":
			first = d.DomainName
		}
	}
	return cmp.Or(first, own)
}
