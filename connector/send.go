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

// SmartHost is a host name or an IP address. The zero SmartHost is invalid.
type SmartHost struct {
	domain routing.Domain
	addr   netip.Addr
}

// ParseSmartHost parses a name, 192.0.2.1, [192.0.2.1] or an IPv6 address.
func ParseSmartHost(s string) (SmartHost, error) { return SmartHost{}, nil }

// TlsAuthLevel says what is checked of a next hop's certificate.
type TlsAuthLevel uint8

// The levels.
const (
	TlsAuthNone TlsAuthLevel = iota
	EncryptionOnly
	CertificateValidation
	DomainValidation
)

// ErrorPolicy says which classes of a next hop's replies are changed.
type ErrorPolicy uint8

// The policies; they may be combined. Zero is Default.
const (
	DowngradeDnsFailures ErrorPolicy = 1 << iota
	DowngradeAuthFailures
	DowngradeCustomFailures
	UpgradeCustomFailures
)

// ConnectorType is Default or XPremises.
type ConnectorType uint8

// The types.
const (
	ConnectorDefault ConnectorType = iota
	ConnectorXPremises
)
