package connector

import (
	"cmp"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// serviceDefaults returns s with every parameter that was left at its default
// filled in from the profile and the role of its server. It is idempotent.
func (c *Config) serviceDefaults(s Service) Service {
	server, _ := c.server(s.Name)
	s.Name = server.Name
	fill(&s.MaxOutboundConnections, 1000)
	if s.MaxPerDomainOutboundConnections == 0 {
		s.MaxPerDomainOutboundConnections = 40
		if c.Profile == permission.Exchange2007 {
			s.MaxPerDomainOutboundConnections = 20
		}
		if total := s.MaxOutboundConnections; total != param.Unlimited {
			s.MaxPerDomainOutboundConnections = min(s.MaxPerDomainOutboundConnections, total)
		}
	}
	transient, failure := 5*time.Minute, 10*time.Minute
	if server.Edge {
		transient, failure = 10*time.Minute, 30*time.Minute
	}
	setDefault(&s.QueueGlitchRetryCount, 4)
	fill(&s.QueueGlitchRetryInterval, time.Minute)
	setDefault(&s.TransientFailureRetryCount, 6)
	fill(&s.TransientFailureRetryInterval, transient)
	fill(&s.OutboundConnectionFailureRetryInterval, failure)
	fill(&s.MessageRetryInterval, 5*time.Minute)
	fill(&s.DelayNotificationTimeout, 4*time.Hour)
	fill(&s.MessageExpirationTimeout, 48*time.Hour)
	return s
}

// transportDefaults returns t with every parameter that was left at its default
// filled in. It is idempotent.
func (c *Config) transportDefaults(t Transport) Transport {
	fill(&t.MaxReceiveSize, param.UnlimitedSize)
	fill(&t.MaxSendSize, param.UnlimitedSize)
	fill(&t.MaxRecipientEnvelopeLimit, param.Unlimited)
	fill(&t.ExternalPostmasterAddress, "postmaster@"+c.postmasterDomain())
	setDefault(&t.ExternalDsnMaxMessageAttachSize, 10*param.MB)
	setDefault(&t.InternalDsnMaxMessageAttachSize, 10*param.MB)
	setDefault(&t.ExternalDelayDsnEnabled, true)
	setDefault(&t.InternalDelayDsnEnabled, true)
	return t
}

// postmasterDomain is the default accepted domain, on an Edge server its FQDN.
// Without accepted domains it is the server's FQDN everywhere, or localhost if
// that is no domain, which the name of a server need not be.
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
