package connector

import (
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
)

// Service is the configuration of one server's Transport service, with the names of
// Set-TransportService: how often, how long and over how many connections the server
// tries to deliver. Zero fields mean the defaults of the profile and of the server's
// role. docs/cmdlets.md has the effect, range and default of each parameter.
//
// QueueGlitchRetryCount and QueueGlitchRetryInterval are not parameters of
// Exchange's cmdlet: they are keys of its file EdgeTransport.exe.config, for
// which no ranges are documented.
type Service struct {
	Name string // the server; "": the server of Config

	MaxOutboundConnections          param.Limit
	MaxPerDomainOutboundConnections param.Limit // at most MaxOutboundConnections

	QueueGlitchRetryCount                  param.Setting[int]
	QueueGlitchRetryInterval               time.Duration
	TransientFailureRetryCount             param.Setting[int]
	TransientFailureRetryInterval          time.Duration
	OutboundConnectionFailureRetryInterval time.Duration

	MessageRetryInterval     time.Duration
	DelayNotificationTimeout time.Duration
	MessageExpirationTimeout time.Duration
}
