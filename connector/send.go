package connector

import (
	"net/netip"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Send is the configuration of one Send connector, with the names of
// Set-SendConnector.
type Send struct {
	Name    string
	Usage   Usage
	Comment string
	Enabled Setting[bool]

	AddressSpaces          []routing.AddressSpace
	SourceTransportServers []string
	IsScopedConnector      bool

	DNSRoutingEnabled            Setting[bool] // default: true without smart hosts, else false
	SmartHosts                   []SmartHost
	SmartHostAuthMechanism       auth.Mechanism
	AuthenticationCredential     *Credential
	Port                         int
	SourceIPAddress              netip.Addr
	Fqdn                         string
	ForceHELO                    bool
	UseExternalDNSServersEnabled bool
	FrontendProxyEnabled         bool

	RequireTLS               bool
	IgnoreSTARTTLS           bool
	TlsAuthLevel             TlsAuthLevel
	TlsDomain                string
	TlsCertificateName       string
	DomainSecureEnabled      bool
	CloudServicesMailEnabled bool
	RequireOorg              bool

	MaxMessageSize               ByteSize
	SmtpMaxMessagesPerConnection int
	ConnectionInactivityTimeOut  time.Duration
	ErrorPolicies                ErrorPolicy
	ConnectorType                ConnectorType
	ProtocolLoggingLevel         ProtocolLogging
	Permissions                  []permission.Grant
}

// Credential is a user name and a password.
type Credential struct {
	UserName string
	Password auth.Secret
}
