package connector

import (
	"net/netip"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
)

// Service is the configuration of one server's Transport service, with the names of
// Set-TransportService: how often, how long and over how many connections the server
// tries to deliver, and which logs it writes. Zero fields mean the defaults of the profile and of the server's
// role. docs/cmdlets.md has the effect, range and default of each parameter.
//
// QueueGlitchRetryCount and QueueGlitchRetryInterval are not parameters of
// Exchange's cmdlet: they are keys of its file EdgeTransport.exe.config, for
// which no ranges are documented.
type Service struct {
	Name string // the server; "": the server of Config

	MaxConnectionRatePerMinute      int
	MaxOutboundConnections          param.Limit
	MaxPerDomainOutboundConnections param.Limit // at most MaxOutboundConnections

	IntraOrgConnectorSmtpMaxMessagesPerConnection int // to another server of the organisation

	QueueGlitchRetryCount                  param.Setting[int]
	QueueGlitchRetryInterval               time.Duration
	TransientFailureRetryCount             param.Setting[int]
	TransientFailureRetryInterval          time.Duration
	OutboundConnectionFailureRetryInterval time.Duration

	MessageRetryInterval     time.Duration
	DelayNotificationTimeout time.Duration
	MessageExpirationTimeout time.Duration

	// The name servers that are asked for next hops: those listed only if the adapter isn't
	// enabled, which stands for the name servers of this machine. ExternalNameServers and
	// InternalNameServers return these as one value each.
	ExternalDNSServers        []netip.Addr
	ExternalDNSAdapterEnabled param.Setting[bool]
	ExternalDNSProtocolOption param.ProtocolOption
	InternalDNSServers        []netip.Addr
	InternalDNSAdapterEnabled param.Setting[bool]
	InternalDNSProtocolOption param.ProtocolOption

	// Where the logs are and how much of them is kept. A path "" means that the log isn't
	// written, MaxAge 0 that no file is too old. The methods of the logs' names return these
	// as one value each.
	ReceiveProtocolLogPath             param.Setting[string]
	ReceiveProtocolLogMaxAge           param.Setting[time.Duration]
	ReceiveProtocolLogMaxDirectorySize param.Size
	ReceiveProtocolLogMaxFileSize      param.Size // at most ReceiveProtocolLogMaxDirectorySize

	SendProtocolLogPath             param.Setting[string]
	SendProtocolLogMaxAge           param.Setting[time.Duration]
	SendProtocolLogMaxDirectorySize param.Size
	SendProtocolLogMaxFileSize      param.Size // at most SendProtocolLogMaxDirectorySize

	ConnectivityLogEnabled          param.Setting[bool]
	ConnectivityLogPath             param.Setting[string]
	ConnectivityLogMaxAge           param.Setting[time.Duration]
	ConnectivityLogMaxDirectorySize param.Size
	ConnectivityLogMaxFileSize      param.Size // at most ConnectivityLogMaxDirectorySize

	MessageTrackingLogEnabled               param.Setting[bool]
	MessageTrackingLogPath                  param.Setting[string]
	MessageTrackingLogMaxAge                param.Setting[time.Duration]
	MessageTrackingLogMaxDirectorySize      param.Size
	MessageTrackingLogMaxFileSize           param.Size // at most MessageTrackingLogMaxDirectorySize
	MessageTrackingLogSubjectLoggingEnabled param.Setting[bool]

	IntraOrgConnectorProtocolLoggingLevel param.ProtocolLogging // of connections to other servers of the organisation
}
