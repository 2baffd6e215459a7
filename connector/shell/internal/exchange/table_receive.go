package exchange

import (
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
)

// The editions that brought a parameter.
const (
	sp1     = "2007 SP1 and later"
	from10  = "2010 and later"
	from13  = "2013 and later"
	from16  = "2016 and later"
	only07  = "2007 only"
	only10  = "2010 only"
	until13 = "2010 and 2013"
)

type (
	receive = connector.Receive
	onOff   = param.Setting[bool]
	span    = param.Setting[time.Duration]
)

// receiveRows are the parameters of New-, Set-, Get- and Remove-ReceiveConnector.
// One row adds a parameter.
var receiveRows = []row[receive]{
	{Info: identity("ReceiveConnector", "name, SERVER\\name, distinguished name or GUID")},
	{Info: Info{Name: "Name", In: newSet, Range: "up to 64 characters, unique on the server", Here: Enforced, Position: 1, Mandatory: New}, access: optional(text, func(r *receive) *string { return &r.Name })},
	{Info: Info{Name: "Server", In: New | Get, Type: "ServerIdParameter", Range: "name, FQDN or distinguished name", Default: "local server", Here: Enforced}},
	{Info: Info{Name: "Usage", In: New, Type: "UsageType", Values: usages.values, Default: "Custom", Here: Enforced, Why: "fills in what isn't given, at creation"}},
	{Info: Info{Name: "Custom", In: New, Switch: true, Since: sp1, Here: Enforced, Why: "the same as -Usage Custom"}},
	{Info: Info{Name: "Internet", In: New, Switch: true, Since: sp1, Here: Enforced, Why: "the same as -Usage Internet"}},
	{Info: Info{Name: "Internal", In: New, Switch: true, Since: sp1, Here: Enforced, Why: "the same as -Usage Internal"}},
	{Info: Info{Name: "Client", In: New, Switch: true, Since: sp1, Here: Enforced, Why: "the same as -Usage Client; not on Edge"}},
	{Info: Info{Name: "Partner", In: New, Switch: true, Since: sp1, Here: Enforced, Why: "the same as -Usage Partner"}},

	{Info: Info{Name: "AddMissingHeadersEnabled", In: newSet, Default: "$true", Here: Enforced, Why: "not a parameter of Exchange: whether Message-ID, Date and From are added to messages of clients that submit"}, access: flagSetting(func(r *receive) *onOff { return &r.AddMissingHeadersEnabled })},
	{Info: Info{Name: "AdvertiseClientSettings", In: newSet, Default: "$false", Since: from10, Here: Kept, Why: "there is no Outlook on the web"}, access: flag(func(r *receive) *bool { return &r.AdvertiseClientSettings })},
	{Info: Info{Name: "AuthMechanism", In: newSet, Default: "by usage", Range: "rules R1 to R6", Here: Enforced, Why: "Integrated and ExchangeServer are kept without effect"}, access: setting(mechanisms, func(r *receive) *param.Setting[auth.Mechanism] { return &r.AuthMechanism })},
	{Info: Info{Name: "AuthTarpitInterval", In: newSet, Range: "00:00:00 to 00:10:00", Default: "00:00:05", Since: from16, Here: Enforced}, access: setting(timespan, func(r *receive) *span { return &r.AuthTarpitInterval })},
	{Info: Info{Name: "Banner", In: newSet, Range: "begins with \"220 \"; $null for the default", Default: "names the server and the time", Here: Enforced}, access: optional(text, func(r *receive) *string { return &r.Banner })},
	{Info: Info{Name: "BareLinefeedRejectionEnabled", In: newSet, Default: "$true", Since: from10, Here: Enforced, Why: "Exchange's default is $false; bare line feeds are how one message is made into two. With $false each is made a line end, CRLF"}, access: flagSetting(func(r *receive) *onOff { return &r.BareLinefeedRejectionEnabled })},
	{Info: Info{Name: "BinaryMimeEnabled", In: newSet, Range: "needs ChunkingEnabled", Default: "as ChunkingEnabled", Here: Enforced}, access: flagSetting(func(r *receive) *onOff { return &r.BinaryMimeEnabled })},
	{Info: Info{Name: "Bindings", In: newSet, Range: "address:port", Default: "Client 0.0.0.0:587, Internal 0.0.0.0:25, otherwise mandatory", Here: Enforced}, access: many(ipBinding, equal, func(r *receive) *bindings { return &r.Bindings })},
	{Info: Info{Name: "ChunkingEnabled", In: newSet, Default: "$true", Here: Enforced}, access: flagSetting(func(r *receive) *onOff { return &r.ChunkingEnabled })},
	{Info: Info{Name: "Comment", In: newSet, Here: Enforced}, access: optional(text, func(r *receive) *string { return &r.Comment })},
	{Info: Info{Name: "ConnectionInactivityTimeout", In: newSet, Range: "00:00:01 to 1.00:00:00, less than ConnectionTimeout", Default: "00:05:00, on Edge 00:01:00", Here: Enforced}, access: plain(timespan, func(r *receive) *time.Duration { return &r.ConnectionInactivityTimeout })},
	{Info: Info{Name: "ConnectionTimeout", In: newSet, Range: "00:00:01 to 1.00:00:00", Default: "00:10:00, on Edge 00:05:00", Here: Enforced}, access: plain(timespan, func(r *receive) *time.Duration { return &r.ConnectionTimeout })},
	{Info: Info{Name: "DefaultDomain", In: newSet, Range: "an accepted domain", Here: Enforced}, access: optional(text, func(r *receive) *string { return &r.DefaultDomain })},
	{Info: Info{Name: "DeliveryStatusNotificationEnabled", In: newSet, Default: "$true", Here: Enforced}, access: flagSetting(func(r *receive) *onOff { return &r.DeliveryStatusNotificationEnabled })},
	{Info: Info{Name: "DomainSecureEnabled", In: newSet, Range: "needs Tls in AuthMechanism", Default: "$false", Here: Enforced}, access: flag(func(r *receive) *bool { return &r.DomainSecureEnabled })},
	{Info: Info{Name: "EightBitMimeEnabled", In: newSet, Default: "$true", Here: Enforced}, access: flagSetting(func(r *receive) *onOff { return &r.EightBitMimeEnabled })},
	{Info: Info{Name: "EnableAuthGSSAPI", In: newSet, Default: "$false", Since: sp1, Here: Kept, Why: "GSSAPI is never offered"}, access: flag(func(r *receive) *bool { return &r.EnableAuthGSSAPI })},
	{Info: Info{Name: "Enabled", In: newSet, Default: "$true", Here: Enforced}, access: flagSetting(func(r *receive) *onOff { return &r.Enabled })},
	{Info: Info{Name: "EnhancedStatusCodesEnabled", In: newSet, Default: "$true", Here: Enforced}, access: flagSetting(func(r *receive) *onOff { return &r.EnhancedStatusCodesEnabled })},
	{Info: Info{Name: "ExtendedProtectionPolicy", In: newSet, Default: "None", Since: from10, Here: Kept, Why: "it guards Integrated, which is never offered"}, access: enum(protections, func(r *receive) *param.ExtendedProtection { return &r.ExtendedProtectionPolicy })},
	{Info: Info{Name: "Fqdn", In: newSet, Range: "with ExchangeServer in AuthMechanism the server's own name", Default: "the server's FQDN", Here: Enforced}, access: optional(fqdn, func(r *receive) *string { return &r.Fqdn })},
	{Info: Info{Name: "LiveCredentialEnabled", In: newSet, Default: "$false", Since: until13, Here: Kept, Why: "it was reserved in Exchange"}, access: keepFlag[receive]()},
	{Info: Info{Name: "LongAddressesEnabled", In: newSet, Default: "$false", Since: sp1, Here: Kept, Why: "XLONGADDR is never offered"}, access: flag(func(r *receive) *bool { return &r.LongAddressesEnabled })},
	{Info: Info{Name: "MaxAcknowledgementDelay", In: newSet, Range: "up to 1.00:00:00", Default: "00:00:10", Since: from10, Here: Enforced, Why: "how long a reply is held for delivery; 0 queues first. Later editions store it without using it"}, access: setting(timespan, func(r *receive) *span { return &r.MaxAcknowledgementDelay })},
	{Info: Info{Name: "MaxHeaderSize", In: newSet, Range: "1 to 2147483647 bytes", Default: "256KB", Default2007: "64KB", Here: Enforced}, access: plain(size, func(r *receive) *param.Size { return &r.MaxHeaderSize })},
	{Info: Info{Name: "MaxHopCount", In: newSet, Range: "1 to 500", Default: "60", Here: Enforced}, access: plain(integer, func(r *receive) *int { return &r.MaxHopCount })},
	{Info: Info{Name: "MaxLocalHopCount", In: newSet, Range: "0 to 50, 0 counts none", Default: "12", Default2007: "8", Here: Enforced}, access: setting(integer, func(r *receive) *param.Setting[int] { return &r.MaxLocalHopCount })},
	{Info: Info{Name: "MaxInboundConnection", In: newSet, Range: "1 to 2147483647 or unlimited", Default: "5000", Here: Enforced}, access: plain(limit, func(r *receive) *param.Limit { return &r.MaxInboundConnection })},
	{Info: Info{Name: "MaxInboundConnectionPerSource", In: newSet, Range: "1 to 10000 or unlimited", Default: "20", Here: Enforced}, access: plain(limit, func(r *receive) *param.Limit { return &r.MaxInboundConnectionPerSource })},
	{Info: Info{Name: "MaxInboundConnectionPercentagePerSource", In: newSet, Range: "1 to 100", Default: "2", Here: Enforced}, access: plain(integer, func(r *receive) *int { return &r.MaxInboundConnectionPercentagePerSource })},
	{Info: Info{Name: "MaxLogonFailures", In: newSet, Range: "0 to 10, 0 never closes", Default: "3", Here: Enforced}, access: setting(integer, func(r *receive) *param.Setting[int] { return &r.MaxLogonFailures })},
	{Info: Info{Name: "MaxMessageSize", In: newSet, Range: "64KB to 2147483647 bytes", Default: "36MB", Default2007: "10MB", Here: Enforced}, access: plain(size, func(r *receive) *param.Size { return &r.MaxMessageSize })},
	{Info: Info{Name: "MaxProtocolErrors", In: newSet, Range: "0 to 2147483647 or unlimited", Default: "5", Here: Enforced}, access: setting(limit, func(r *receive) *param.Setting[param.Limit] { return &r.MaxProtocolErrors })},
	{Info: Info{Name: "MaxRecipientsPerMessage", In: newSet, Range: "1 to 512000", Default: "200", Here: Enforced}, access: plain(integer, func(r *receive) *int { return &r.MaxRecipientsPerMessage })},
	{Info: Info{Name: "MessageRateLimit", In: newSet, Range: "1 to 2147483647 a minute or unlimited", Default: "Unlimited, on Edge 600", Here: Enforced}, access: plain(limit, func(r *receive) *param.Limit { return &r.MessageRateLimit })},
	{Info: Info{Name: "MessageRateSource", In: newSet, Default: "IPAddress", Since: from10, Here: Enforced}, access: setting(rateSources, func(r *receive) *param.Setting[param.RateSource] { return &r.MessageRateSource })},
	{Info: Info{Name: "OrarEnabled", In: newSet, Default: "$false", Since: sp1, Here: Kept, Why: "XORAR is never offered"}, access: flag(func(r *receive) *bool { return &r.OrarEnabled })},
	{Info: Info{Name: "PermissionGroups", In: newSet, Range: "replaces the whole set", Default: "by usage", Here: Enforced}, access: setting(groups, func(r *receive) *param.Setting[permission.Group] { return &r.PermissionGroups })},
	{Info: Info{Name: "PipeliningEnabled", In: newSet, Default: "$true", Here: Enforced}, access: flagSetting(func(r *receive) *onOff { return &r.PipeliningEnabled })},
	{Info: Info{Name: "ProtocolLoggingLevel", In: newSet, Default: "None", Here: Enforced}, access: enum(logging, func(r *receive) *param.ProtocolLogging { return &r.ProtocolLoggingLevel })},
	{Info: Info{Name: "ProxyEnabled", In: newSet, Default: "$false", Since: "2013 only", Here: Kept, Why: "there is no Front End Transport service"}, access: keepFlag[receive]()},
	{Info: Info{Name: "RejectReservedSecondLevelRecipientDomains", In: newSet, Default: "$false", Since: from16, Here: Enforced}, access: flag(func(r *receive) *bool { return &r.RejectReservedSecondLevelRecipientDomains })},
	{Info: Info{Name: "RejectReservedTopLevelRecipientDomains", In: newSet, Default: "$false", Since: from16, Here: Enforced}, access: flag(func(r *receive) *bool { return &r.RejectReservedTopLevelRecipientDomains })},
	{Info: Info{Name: "RejectSingleLabelRecipientDomains", In: newSet, Default: "$false", Since: from16, Here: Enforced}, access: flag(func(r *receive) *bool { return &r.RejectSingleLabelRecipientDomains })},
	{Info: Info{Name: "RemoteIPRanges", In: newSet, Range: "address, a-b or CIDR", Default: "Internet 0.0.0.0-255.255.255.255, otherwise mandatory", Here: Enforced}, access: many(ipRange, param.Range.Same, func(r *receive) *[]param.Range { return &r.RemoteIPRanges })},
	{Info: Info{Name: "RequireEHLODomain", In: newSet, Default: "$false", Here: Enforced}, access: flag(func(r *receive) *bool { return &r.RequireEHLODomain })},
	{Info: Info{Name: "RequireTLS", In: newSet, Range: "needs Tls in AuthMechanism", Default: "$false", Here: Enforced}, access: flag(func(r *receive) *bool { return &r.RequireTLS })},
	{Info: Info{Name: "ServiceDiscoveryFqdn", In: newSet, Since: from13, Here: Kept, Why: "there is no service discovery"}, access: optional(fqdn, func(r *receive) *string { return &r.ServiceDiscoveryFqdn })},
	{Info: Info{Name: "SizeEnabled", In: newSet, Default: "Enabled", Here: Enforced}, access: enum(sizeModes, func(r *receive) *param.SizeMode { return &r.SizeEnabled })},
	{Info: Info{Name: "SmtpUtf8Enabled", In: newSet, Default: "$true", Default2007: "$false", Since: from13, Here: Enforced}, access: flagSetting(func(r *receive) *onOff { return &r.SmtpUtf8Enabled })},
	{Info: Info{Name: "SuppressXAnonymousTls", In: newSet, Range: "needs UseDowngradedExchangeServerAuth", Default: "$false", Since: from10, Here: Enforced, Why: "X-ANONYMOUSTLS is never offered anyway"}, access: flag(func(r *receive) *bool { return &r.SuppressXAnonymousTls })},
	{Info: Info{Name: "TarpitInterval", In: newSet, Range: "00:00:00 to 00:10:00", Default: "00:00:05", Here: Enforced}, access: setting(timespan, func(r *receive) *span { return &r.TarpitInterval })},
	{Info: Info{Name: "TemplateInstance", In: New, Type: "PSObject", Since: only07, Here: Refused, Why: "copy the parameters that you want by name"}},
	{Info: Info{Name: "TlsCertificateName", In: newSet, Range: "<I>issuer<S>subject", Default: "by Fqdn", Since: from13, Here: Enforced}, access: optional(x509, func(r *receive) *string { return &r.TlsCertificateName })},
	{Info: Info{Name: "TlsDomainCapabilities", In: newSet, Range: "domain:capability", Since: from10, Here: Kept, Why: "hybrid deployments don't exist here"}, access: many(text, equal, func(r *receive) *[]string { return &r.TlsDomainCapabilities })},
	{Info: Info{Name: "TransportRole", In: newSet, Default: "HubTransport", Since: from13, Here: Enforced}, access: enum(roles, func(r *receive) *param.TransportRole { return &r.TransportRole })},
	{Info: domainController},
}

// domainController is the parameter of every cmdlet that reads the directory.
var domainController = Info{Name: "DomainController", In: New | Set | Get | Remove | Add | Test, Type: "Fqdn", Here: Kept, Why: "there is no directory to ask"}

// identity is the parameter that says which object is meant.
func identity(noun, forms string) Info {
	return Info{Name: "Identity", In: Set | Get | Remove, Type: noun + "IdParameter", Range: forms, Here: Enforced,
		Position: 1, Mandatory: Set | Remove, Pipeline: true}
}
