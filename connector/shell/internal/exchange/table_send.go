package exchange

import (
	"net/netip"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

type (
	send     = connector.Send
	bindings = []netip.AddrPort
)

// sendRows are the parameters of New-, Set-, Get- and Remove-SendConnector. One
// row adds a parameter.
var sendRows = []row[send]{
	{Info: identity("SendConnector", "name, SERVER\\name, distinguished name or GUID")},
	{Info: Info{Name: "Name", In: newSet, Range: "up to 64 characters, unique in the organisation", Here: Enforced, Position: 1, Mandatory: New}, access: optional(text, func(s *send) *string { return &s.Name })},
	{Info: Info{Name: "Usage", In: New, Type: "UsageType", Values: []string{"Custom", "Internal", "Internet", "Partner"}, Default: "Custom", Here: Enforced, Why: "fills in what isn't given, at creation"}},
	{Info: Info{Name: "Custom", In: New, Switch: true, Here: Enforced, Why: "the same as -Usage Custom"}},
	{Info: Info{Name: "Internal", In: New, Switch: true, Here: Enforced, Why: "the same as -Usage Internal"}},
	{Info: Info{Name: "Internet", In: New, Switch: true, Here: Enforced, Why: "the same as -Usage Internet"}},
	{Info: Info{Name: "Partner", In: New, Switch: true, Here: Enforced, Why: "the same as -Usage Partner"}},

	{Info: Info{Name: "AddressSpaces", In: newSet, Range: "[type:]space[;cost], cost 1 to 100", Here: Enforced, Mandatory: New}, access: many(space, equal, func(s *send) *[]routing.AddressSpace { return &s.AddressSpaces })},
	{Info: Info{Name: "AuthenticationCredential", In: newSet, Range: "mandatory with BasicAuth and BasicAuthRequireTLS", Here: Enforced}, access: credentialAccess},
	{Info: Info{Name: "CloudServicesMailEnabled", In: newSet, Default: "$false", Since: from13, Here: Kept, Why: "cross-premises headers are not renamed"}, access: flag(func(s *send) *bool { return &s.CloudServicesMailEnabled })},
	{Info: Info{Name: "Comment", In: newSet, Here: Enforced}, access: optional(text, func(s *send) *string { return &s.Comment })},
	{Info: Info{Name: "ConnectionInactivityTimeOut", In: newSet, Range: "00:00:01 to 1.00:00:00", Default: "00:10:00", Here: Enforced}, access: plain(timespan, func(s *send) *time.Duration { return &s.ConnectionInactivityTimeOut })},
	{Info: Info{Name: "ConnectorType", In: newSet, Default: "Default", Since: from16, Here: Kept, Why: "hybrid deployments don't exist here"}, access: enum(connectorKind, func(s *send) *param.ConnectorType { return &s.ConnectorType })},
	{Info: Info{Name: "DNSRoutingEnabled", In: newSet, Range: "$false with SmartHosts", Default: "$true, with SmartHosts $false", Here: Enforced}, access: flagSetting(func(s *send) *onOff { return &s.DNSRoutingEnabled })},
	{Info: Info{Name: "DomainSecureEnabled", In: newSet, Range: "DNS routing without IgnoreSTARTTLS", Default: "$false", Here: Enforced}, access: flag(func(s *send) *bool { return &s.DomainSecureEnabled })},
	{Info: Info{Name: "Enabled", In: newSet, Default: "$true", Here: Enforced}, access: flagSetting(func(s *send) *onOff { return &s.Enabled })},
	{Info: Info{Name: "ErrorPolicies", In: newSet, Default: "Default", Since: from10, Here: Enforced, Why: "the custom ones are kept without effect"}, access: enum(policies, func(s *send) *param.ErrorPolicy { return &s.ErrorPolicies })},
	{Info: Info{Name: "Force", In: newSet, Switch: true, Here: Kept, Why: "there is no question to suppress"}},
	{Info: Info{Name: "ForceHELO", In: newSet, Default: "$false", Here: Enforced}, access: flag(func(s *send) *bool { return &s.ForceHELO })},
	{Info: Info{Name: "FrontendProxyEnabled", In: newSet, Default: "$false", Since: from13, Here: Kept, Why: "there is no Front End Transport service to send through"}, access: flag(func(s *send) *bool { return &s.FrontendProxyEnabled })},
	{Info: Info{Name: "Fqdn", In: newSet, Default: "the server's FQDN", Here: Enforced}, access: optional(fqdn, func(s *send) *string { return &s.Fqdn })},
	{Info: Info{Name: "IgnoreSTARTTLS", In: newSet, Default: "$false", Here: Enforced}, access: flag(func(s *send) *bool { return &s.IgnoreSTARTTLS })},
	{Info: Info{Name: "IsCoexistenceConnector", In: newSet, Type: "Boolean", Default: "$false", Since: only10, Here: Refused, Why: "hybrid deployments don't exist here"}},
	{Info: Info{Name: "IsScopedConnector", In: newSet, Default: "$false", Here: Enforced}, access: flag(func(s *send) *bool { return &s.IsScopedConnector })},
	{Info: Info{Name: "LinkedReceiveConnector", In: newSet, Type: "ReceiveConnectorIdParameter", Since: only10, Here: Refused, Why: "a connector that sends on what another received doesn't exist here; give it an address space"}},
	{Info: Info{Name: "MaxMessageSize", In: newSet, Range: "1 to 2147483647 bytes or unlimited", Default: "35MB, with usage Internal unlimited", Default2007: "10MB", Here: Enforced}, access: plain(anySize, func(s *send) *param.Size { return &s.MaxMessageSize })},
	{Info: Info{Name: "Port", In: newSet, Range: "1 to 65535", Default: "25", Here: Enforced}, access: plain(integer, func(s *send) *int { return &s.Port })},
	{Info: Info{Name: "ProtocolLoggingLevel", In: newSet, Default: "None", Here: Kept, Why: "the protocol log holds what clients say, not what next hops do"}, access: enum(logging, func(s *send) *param.ProtocolLogging { return &s.ProtocolLoggingLevel })},
	{Info: Info{Name: "RequireOorg", In: newSet, Default: "$false", Since: from13, Here: Kept, Why: "it is reserved in Exchange"}, access: flag(func(s *send) *bool { return &s.RequireOorg })},
	{Info: Info{Name: "RequireTLS", In: newSet, Default: "$false", Here: Enforced}, access: flag(func(s *send) *bool { return &s.RequireTLS })},
	{Info: Info{Name: "SmartHostAuthMechanism", In: newSet, Range: "one value; 2007 wrote BasicAuth,BasicAuthRequireTLS for the latter", Default: "None", Here: Enforced, Why: "ExchangeServer is kept without effect"}, access: enum(hostMechanisms, func(s *send) *auth.Mechanism { return &s.SmartHostAuthMechanism })},
	{Info: Info{Name: "SmartHosts", In: newSet, Range: "FQDN or IP address", Here: Enforced}, access: many(smartHost, equal, func(s *send) *[]param.SmartHost { return &s.SmartHosts })},
	{Info: Info{Name: "SmtpMaxMessagesPerConnection", In: newSet, Range: "1 to 2147483647", Default: "20", Here: Enforced}, access: plain(integer, func(s *send) *int { return &s.SmtpMaxMessagesPerConnection })},
	{Info: Info{Name: "SourceIPAddress", In: newSet, Default: "0.0.0.0", Here: Enforced, Why: "Exchange uses it on Edge only"}, access: optional(ipAddress, func(s *send) *netip.Addr { return &s.SourceIPAddress })},
	{Info: Info{Name: "SourceTransportServers", In: newSet, Range: "not on Edge", Default: "local server", Here: Enforced}, access: many(serverID, sameText, func(s *send) *[]string { return &s.SourceTransportServers })},
	{Info: Info{Name: "TlsAuthLevel", In: newSet, Range: "needs RequireTLS", Since: from10, Here: Enforced}, access: optional(tlsLevels, func(s *send) *param.TlsAuthLevel { return &s.TlsAuthLevel })},
	{Info: Info{Name: "TlsCertificateName", In: newSet, Range: "<I>issuer<S>subject", Since: from13, Here: Enforced}, access: optional(x509, func(s *send) *string { return &s.TlsCertificateName })},
	{Info: Info{Name: "TlsDomain", In: newSet, Range: "domain or *.domain, with DomainValidation", Since: from10, Here: Enforced}, access: optional(subdomains, func(s *send) *string { return &s.TlsDomain })},
	{Info: Info{Name: "UseExternalDNSServersEnabled", In: newSet, Default: "$false", Here: Kept, Why: "there is one resolver for all connectors"}, access: flag(func(s *send) *bool { return &s.UseExternalDNSServersEnabled })},
	{Info: domainController},
}
