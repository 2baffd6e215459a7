package connector

import (
	"github.com/interchange-smtp/interchange/connector/param"
	"strings"
	"time"
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

	MaxOutboundConnections          param.Limit // 1 or more; 1000
	MaxPerDomainOutboundConnections param.Limit // 1 or more, at most MaxOutboundConnections; 40, in Exchange2007 20, or MaxOutboundConnections if that is less

	QueueGlitchRetryCount                  param.Setting[int] // 0 to 15; 4
	QueueGlitchRetryInterval               time.Duration      // 1 second to 12 hours; 1 minute
	TransientFailureRetryCount             param.Setting[int] // 0 to 15; 6
	TransientFailureRetryInterval          time.Duration      // 1 second to 12 hours; 5 minutes, on Edge 10
	OutboundConnectionFailureRetryInterval time.Duration      // 1 second to 20 days; 10 minutes, on Edge 30

	MessageRetryInterval     time.Duration // 1 second to 1 day; 5 minutes
	DelayNotificationTimeout time.Duration // 1 second to 30 days; 4 hours
	MessageExpirationTimeout time.Duration // 5 seconds to 90 days; 2 days
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

// Service returns the Transport service of the server we are with every
// default filled in; nil for nil. The caller must not change it.
func (p *Policy) Service() *Service {
	if p == nil {
		return nil
	}
	return &p.service
}
