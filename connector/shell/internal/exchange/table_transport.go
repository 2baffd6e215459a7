package exchange

import (
	"slices"

	"github.com/interchange-smtp/interchange/connector"
)

type transport = connector.Transport

// service is a transport service of one server. All that policy needs of it is
// in the configuration's Transport.
type service struct{ Server string }

const (
	noDSN      = "bounces have one form here"
	noShadow   = "nothing is acknowledged here that a crash could lose, so there is no shadow redundancy"
	noServices = "delivery has limits and intervals of its own, set where it is run"
	noLogs     = "logs are set up where the program is run"
	noResolver = "the resolver is set up where the program is run"
)

// transportRows are the parameters of Get- and Set-TransportConfig.
var transportRows = []row[transport]{
	{Info: Info{Name: "Identity", In: Get | Set, Type: "OrganizationIdParameter", Here: Kept, Why: "there is one organisation", Position: 1, Pipeline: true}},
	{Info: Info{Name: "MaxReceiveSize", In: Set, Range: "1 byte to 2097151KB or unlimited", Default: "10MB", Here: Enforced}, access: plain(anySize, func(t *transport) *connector.ByteSize { return &t.MaxReceiveSize })},
	{Info: Info{Name: "MaxSendSize", In: Set, Range: "1 byte to 2097151KB or unlimited", Default: "10MB", Here: Enforced}, access: plain(anySize, func(t *transport) *connector.ByteSize { return &t.MaxSendSize })},
	{Info: Info{Name: "MaxRecipientEnvelopeLimit", In: Set, Range: "1 to 2147483647 or unlimited", Default: "500", Here: Enforced}, access: plain(limit, func(t *transport) *connector.Limit { return &t.MaxRecipientEnvelopeLimit })},
	{Info: Info{Name: "TLSReceiveDomainSecureList", In: Set, Range: "domains without wildcards", Here: Enforced}, access: many(domainName, sameText, func(t *transport) *[]string { return &t.TLSReceiveDomainSecureList })},
	{Info: Info{Name: "TLSSendDomainSecureList", In: Set, Range: "domains without wildcards", Here: Enforced}, access: many(domainName, sameText, func(t *transport) *[]string { return &t.TLSSendDomainSecureList })},
	{Info: keptInfo("InternalSMTPServers", "", "there is no Sender ID and no connection filter"), access: keepMany[transport](ipRange)},
	{Info: keptInfo("ExternalPostmasterAddress", "", noDSN), access: keep[transport](text, nil)},
	{Info: keptInfo("GenerateCopyOfDSNFor", "5.4.8, 5.4.6, 5.4.4, 5.2.4, 5.2.0, 5.1.4", noDSN), access: keepMany[transport](text)},
	{Info: keptInfo("ExternalDsnMaxMessageAttachSize", "10MB", noDSN), access: keep[transport](size, nil)},
	{Info: keptInfo("InternalDsnMaxMessageAttachSize", "10MB", noDSN), access: keep[transport](size, nil)},
	{Info: keptInfo("ExternalDsnSendHtml", "$true", noDSN), access: keepFlag[transport]()},
	{Info: keptInfo("InternalDsnSendHtml", "$true", noDSN), access: keepFlag[transport]()},
	{Info: keptInfo("ExternalDelayDsnEnabled", "$true", noDSN), access: keepFlag[transport]()},
	{Info: keptInfo("InternalDelayDsnEnabled", "$true", noDSN), access: keepFlag[transport]()},
	{Info: keptInfo("ExternalDsnLanguageDetectionEnabled", "$true", noDSN), access: keepFlag[transport]()},
	{Info: keptInfo("InternalDsnLanguageDetectionEnabled", "$true", noDSN), access: keepFlag[transport]()},
	{Info: by2007(keptInfo("DSNConversionMode", "PreserveDSNBody", noDSN), "UseExchangeDSNs"), access: keep[transport](words("DSNConversionOption", "DoNotConvert", "PreserveDSNBody", "UseExchangeDSNs"), nil)},
	{Info: keptInfo("HeaderPromotionModeSetting", "NoCreate", noMailboxes), access: keep[transport](words("HeaderPromotionMode", "MustCreate", "MayCreate", "NoCreate"), nil)},
	{Info: since(from10, keptInfo("ShadowRedundancyEnabled", "$true", noShadow)), access: keepFlag[transport]()},
	{Info: since(from13, keptInfo("RejectMessageOnShadowFailure", "$false", noShadow)), access: keepFlag[transport]()},
	{Info: since(from13, keptInfo("ShadowMessagePreferenceSetting", "PreferRemote", noShadow)), access: keep[transport](words("ShadowMessagePreference", "LocalOnly", "RemoteOnly", "PreferRemote"), nil)},
	{Info: ranged(since(from13, keptInfo("MaxRetriesForRemoteSiteShadow", "4", noShadow)), "0 to 255"), access: keep[transport](integer, between(0, 255))},
	{Info: ranged(since(from13, keptInfo("MaxRetriesForLocalSiteShadow", "2", noShadow)), "0 to 255"), access: keep[transport](integer, between(0, 255))},
	{Info: ranged(since(from10, keptInfo("ShadowHeartbeatFrequency", "00:02:00", noShadow)), "00:00:01 to 1.00:00:00"), access: keep[transport](timespan, within("00:00:01", "1.00:00:00"))},
	{Info: ranged(since(from13, keptInfo("ShadowResubmitTimeSpan", "03:00:00", noShadow)), "00:00:01 to 1.00:00:00"), access: keep[transport](timespan, within("00:00:01", "1.00:00:00"))},
	{Info: ranged(since(from10, keptInfo("ShadowMessageAutoDiscardInterval", "2.00:00:00", noShadow)), "00:00:05 to 90.00:00:00"), access: keep[transport](timespan, within("00:00:05", "90.00:00:00"))},
	{Info: since(from13, keptInfo("SafetyNetHoldTime", "2.00:00:00", noShadow)), access: keep[transport](timespan, nil)},
	{Info: since("2007 and 2010", keptInfo("MaxDumpsterSizePerDatabase", "18MB", noMailboxes)), access: keep[transport](size, nil)},
	{Info: since("2007 and 2010", keptInfo("MaxDumpsterTime", "7.00:00:00", noMailboxes)), access: keep[transport](timespan, nil)},
	{Info: keptInfo("Xexch50Enabled", "$true", "XEXCH50 is never offered"), access: keepFlag[transport]()},
	{Info: keptInfo("VerifySecureSubmitEnabled", "$false", noMailboxes), access: keepFlag[transport]()},
	{Info: since(from10, keptInfo("AddressBookPolicyRoutingEnabled", "$false", noDirectory)), access: keepFlag[transport]()},
	{Info: since(from10, keptInfo("ConvertDisclaimerWrapperToEml", "$false", "there are no disclaimers")), access: keepFlag[transport]()},
	{Info: Info{Name: "Force", In: Set, Switch: true, Here: Kept, Why: "there is no question to suppress"}},
	{Info: domainController},
}

// serviceRows are the parameters of Get- and Set-TransportService, which 2007
// and 2010 call TransportServer.
var serviceRows = []row[service]{
	{Info: Info{Name: "Identity", In: Get | Set, Type: "TransportServerIdParameter", Range: "name or FQDN of a server", Here: Enforced, Position: 1, Mandatory: Set, Pipeline: true}},
	{Info: Info{Name: "UseDowngradedExchangeServerAuth", In: Set, Default: "$false", Since: from10, Here: Enforced, Why: "allows SuppressXAnonymousTls, rule R12"}, access: keepFlag[service]()},
	{Info: ranged(keptInfo("MaxOutboundConnections", "1000", noServices), "1 or more, or unlimited"), access: keep[service](limit, atLeast(1))},
	{Info: ranged(keptInfo("MaxPerDomainOutboundConnections", "20", noServices), "1 to 2147483647 or unlimited, at most MaxOutboundConnections"), access: keep[service](limit, atLeast(1))},
	{Info: ranged(keptInfo("MaxConnectionRatePerMinute", "1200", "each connector has MessageRateLimit and MaxInboundConnection"), "1 to 2147483647"), access: keep[service](integer, between(1, 1<<31-1))},
	{Info: ranged(keptInfo("MaxConcurrentMailboxDeliveries", "20", noMailboxes), "1 to 256"), access: keep[service](integer, between(1, 256))},
	{Info: ranged(keptInfo("MaxConcurrentMailboxSubmissions", "20", noMailboxes), "1 to 256"), access: keep[service](integer, between(1, 256))},
	{Info: ranged(keptInfo("MessageExpirationTimeout", "2.00:00:00", noServices), "00:00:05 to 90.00:00:00"), access: keep[service](timespan, within("00:00:05", "90.00:00:00"))},
	{Info: ranged(keptInfo("MessageRetryInterval", "00:05:00", noServices), "00:00:01 to 1.00:00:00"), access: keep[service](timespan, within("00:00:01", "1.00:00:00"))},
	{Info: onEdge(ranged(keptInfo("OutboundConnectionFailureRetryInterval", "00:10:00", noServices), "00:00:01 to 20.00:00:00"), "00:30:00"), access: keep[service](timespan, within("00:00:01", "20.00:00:00"))},
	{Info: ranged(keptInfo("TransientFailureRetryCount", "6", noServices), "0 to 15"), access: keep[service](integer, between(0, 15))},
	{Info: onEdge(ranged(keptInfo("TransientFailureRetryInterval", "00:05:00", noServices), "00:00:01 to 12:00:00"), "00:10:00"), access: keep[service](timespan, within("00:00:01", "12:00:00"))},
	{Info: ranged(keptInfo("DelayNotificationTimeout", "04:00:00", noServices), "00:00:01 to 30.00:00:00"), access: keep[service](timespan, within("00:00:01", "30.00:00:00"))},
	{Info: ranged(keptInfo("QueueMaxIdleTime", "00:03:00", noServices), "00:00:05 to 01:00:00"), access: keep[service](timespan, within("00:00:05", "01:00:00"))},
	{Info: ranged(keptInfo("PoisonThreshold", "2", noServices), "1 to 10"), access: keep[service](integer, between(1, 10))},
	{Info: keptInfo("ExternalDNSServers", "", noResolver), access: keepMany[service](ipAddress)},
	{Info: keptInfo("InternalDNSServers", "", noResolver), access: keepMany[service](ipAddress)},
	{Info: keptInfo("ExternalDNSAdapterEnabled", "$true", noResolver), access: keepFlag[service]()},
	{Info: keptInfo("InternalDNSAdapterEnabled", "$true", noResolver), access: keepFlag[service]()},
	{Info: keptInfo("ExternalDNSProtocolOption", "Any", noResolver), access: keep[service](words("ProtocolOption", "Any", "UseTcpOnly", "UseUdpOnly"), nil)},
	{Info: keptInfo("InternalDNSProtocolOption", "Any", noResolver), access: keep[service](words("ProtocolOption", "Any", "UseTcpOnly", "UseUdpOnly"), nil)},
	{Info: keptInfo("ExternalIPAddress", "", "Received fields name the address that was connected to"), access: keep[service](ipAddress, nil)},
	{Info: keptInfo("IntraOrgConnectorProtocolLoggingLevel", "None", noLogs), access: keep[service](logging, nil)},
	{Info: keptInfo("IntraOrgConnectorSmtpMaxMessagesPerConnection", "20", noServices), access: keep[service](integer, between(1, 1<<31-1))},
	{Info: keptInfo("ReceiveProtocolLogMaxAge", "30.00:00:00", noLogs), access: keep[service](timespan, nil)},
	{Info: keptInfo("ReceiveProtocolLogMaxDirectorySize", "250MB", noLogs), access: keep[service](anySize, nil)},
	{Info: keptInfo("ReceiveProtocolLogMaxFileSize", "10MB", noLogs), access: keep[service](anySize, nil)},
	{Info: keptInfo("ReceiveProtocolLogPath", "", noLogs), access: keep[service](text, nil)},
	{Info: keptInfo("SendProtocolLogMaxAge", "30.00:00:00", noLogs), access: keep[service](timespan, nil)},
	{Info: keptInfo("SendProtocolLogMaxDirectorySize", "250MB", noLogs), access: keep[service](anySize, nil)},
	{Info: keptInfo("SendProtocolLogMaxFileSize", "10MB", noLogs), access: keep[service](anySize, nil)},
	{Info: keptInfo("SendProtocolLogPath", "", noLogs), access: keep[service](text, nil)},
	{Info: keptInfo("RoutingTableLogMaxAge", "7.00:00:00", noLogs), access: keep[service](timespan, nil)},
	{Info: keptInfo("RoutingTableLogMaxDirectorySize", "50MB", noLogs), access: keep[service](anySize, nil)},
	{Info: keptInfo("PickupDirectoryMaxHeaderSize", "64KB", "there is no pickup directory"), access: keep[service](size, nil)},
	{Info: keptInfo("PickupDirectoryMaxMessagesPerMinute", "100", "there is no pickup directory"), access: keep[service](integer, between(1, 20000))},
	{Info: keptInfo("PickupDirectoryMaxRecipientsPerMessage", "100", "there is no pickup directory"), access: keep[service](integer, between(1, 10000))},
	{Info: onEdge(keptInfo("AntispamAgentsEnabled", "$false", "there are no anti-spam agents"), "$true"), access: keepFlag[service]()},
	{Info: keptInfo("RootDropDirectoryPath", "", "there is no drop directory"), access: keep[service](text, nil)},
	{Info: domainController},
}

// frontendNames are the parameters that the Front End and the Mailbox Transport
// services share with the Transport service.
var frontendNames = []string{
	"Identity", "MaxConnectionRatePerMinute",
	"ExternalDNSServers", "InternalDNSServers", "ExternalDNSAdapterEnabled", "InternalDNSAdapterEnabled",
	"ExternalDNSProtocolOption", "InternalDNSProtocolOption", "ExternalIPAddress",
	"ReceiveProtocolLogMaxAge", "ReceiveProtocolLogMaxDirectorySize", "ReceiveProtocolLogMaxFileSize", "ReceiveProtocolLogPath",
	"SendProtocolLogMaxAge", "SendProtocolLogMaxDirectorySize", "SendProtocolLogMaxFileSize", "SendProtocolLogPath",
	"AntispamAgentsEnabled", "TransientFailureRetryCount", "TransientFailureRetryInterval",
	"MaxOutboundConnections", "MaxConcurrentMailboxDeliveries", "MaxConcurrentMailboxSubmissions", "DomainController",
}

// subset returns the rows with those names.
func subset[C any](rows []row[C], names []string) []row[C] {
	var some []row[C]
	for _, r := range rows {
		if slices.Contains(names, r.Name) {
			some = append(some, r)
		}
	}
	return some
}
