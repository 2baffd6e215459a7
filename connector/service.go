package connector

import (
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/permission"
)

// Service is the configuration of one server's Transport service, with the
// names of Set-TransportService: how often, how long and over how many
// connections mail is tried. Zero fields mean the documented defaults. The
// comments give the range and, last or alone, the default.
//
// QueueGlitchRetryCount and QueueGlitchRetryInterval are no parameters of
// Exchange's cmdlet: they are keys of its file EdgeTransport.exe.config, for
// which no ranges are documented.
type Service struct {
	Name string // the server; "": the server of Config

	MaxOutboundConnections          Limit // 1 or more; 1000
	MaxPerDomainOutboundConnections Limit // 1 or more, at most MaxOutboundConnections; 40, in Exchange2007 20, or MaxOutboundConnections if that is less

	QueueGlitchRetryCount                  Setting[int]  // 0 to 15; 4
	QueueGlitchRetryInterval               time.Duration // 1 second to 12 hours; 1 minute
	TransientFailureRetryCount             Setting[int]  // 0 to 15; 6
	TransientFailureRetryInterval          time.Duration // 1 second to 12 hours; 5 minutes, on Edge 10
	OutboundConnectionFailureRetryInterval time.Duration // 1 second to 20 days; 10 minutes, on Edge 30

	MessageRetryInterval     time.Duration // 1 second to 1 day; 5 minutes
	DelayNotificationTimeout time.Duration // 1 second to 30 days; 4 hours
	MessageExpirationTimeout time.Duration // 5 seconds to 90 days; 2 days
}

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
		if total := s.MaxOutboundConnections; total != Unlimited {
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

// localService returns the service of the server we are, as configured.
func (c *Config) localService() Service {
	for _, s := range c.Services {
		if c.sameServer(s.Name, "") {
			return s
		}
	}
	return Service{}
}

// sameServer reports whether two names stand for one server.
func (c *Config) sameServer(a, b string) bool {
	s, _ := c.server(a)
	t, _ := c.server(b)
	return strings.EqualFold(s.Name, t.Name)
}

// mergeService lets what s gives override what the service of that server has
// in c already; a service of another server is appended.
func (c *Config) mergeService(s Service) {
	for i := range c.Services {
		if t := &c.Services[i]; c.sameServer(t.Name, s.Name) {
			override(&t.MaxOutboundConnections, s.MaxOutboundConnections)
			override(&t.MaxPerDomainOutboundConnections, s.MaxPerDomainOutboundConnections)
			override(&t.QueueGlitchRetryCount, s.QueueGlitchRetryCount)
			override(&t.QueueGlitchRetryInterval, s.QueueGlitchRetryInterval)
			override(&t.TransientFailureRetryCount, s.TransientFailureRetryCount)
			override(&t.TransientFailureRetryInterval, s.TransientFailureRetryInterval)
			override(&t.OutboundConnectionFailureRetryInterval, s.OutboundConnectionFailureRetryInterval)
			override(&t.MessageRetryInterval, s.MessageRetryInterval)
			override(&t.DelayNotificationTimeout, s.DelayNotificationTimeout)
			override(&t.MessageExpirationTimeout, s.MessageExpirationTimeout)
			return
		}
	}
	c.Services = append(c.Services, s)
}

// Service returns the Transport service of the server we are with every
// default filled in; nil for nil. The caller must not change it.
func (p *Policy) Service() *Service {
	if p == nil {
		return nil
	}
	return &p.service
}
