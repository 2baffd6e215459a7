package exchange

import (
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
)

type transport = connector.Transport

// service is the Transport service of one server. What policy needs of it is in
// the configuration's Services, UseDowngradedExchangeServerAuth in its Transport.
type service = connector.Service

const (
	noShadow   = "nothing is acknowledged here that a crash could lose, so there is no shadow redundancy"
	noFrontend = "the Transport service alone takes and sends mail here"
	noLogs     = "logs are set up where the program is run"
	noJournal  = "nothing is journaled"
	noRules    = "there are no transport rules"

	noQueueDigest = "servers don't count their queues together; gateway queue list shows one's"
	noResolver    = "the resolver is set up where the program is run"
)

// transportRows are the parameters of Get- and Set-TransportConfig.
var transportRows = []row[transport]{
	{Info: Info{Name: "Identity", In: Get | Set, Type: "OrganizationIdParameter", Here: Kept, Why: "there is one organisation", Position: 1, Pipeline: true}},
	{Info: Info{Name: "MaxReceiveSize", In: Set, Range: "1 byte to 2097151KB or unlimited", Default: "10MB", Here: Enforced}, access: plain(anySize, func(t *transport) *param.Size { return &t.MaxReceiveSize })},
	{Info: Info{Name: "MaxSendSize", In: Set, Range: "1 byte to 2097151KB or unlimited", Default: "10MB", Here: Enforced}, access: plain(anySize, func(t *transport) *param.Size { return &t.MaxSendSize })},
	{Info: Info{Name: "MaxRecipientEnvelopeLimit", In: Set, Range: "1 to 2147483647 or unlimited", Default: "500", Here: Enforced}, access: plain(limit, func(t *transport) *param.Limit { return &t.MaxRecipientEnvelopeLimit })},
	{Info: Info{Name: "TLSReceiveDomainSecureList", In: Set, Range: "domains without wildcards", Here: Enforced}, access: many(domainName, sameText, func(t *transport) *[]string { return &t.TLSReceiveDomainSecureList })},
	{Info: Info{Name: "TLSSendDomainSecureList", In: Set, Range: "domains without wildcards", Here: Enforced}, access: many(domainName, sameText, func(t *transport) *[]string { return &t.TLSSendDomainSecureList })},
	{Info: keptInfo("InternalSMTPServers", "", "there is no Sender ID and no connection filter"), access: keepMany[transport](ipRange)},
	{Info: Info{Name: "ExternalPostmasterAddress", In: Set, Range: "an address; without one postmaster@ the default accepted domain", Here: Enforced, Why: "reports are from it"}, access: optional(smtpAddress, func(t *transport) *string { return &t.ExternalPostmasterAddress })},
	{Info: keptInfo("GenerateCopyOfDSNFor", "5.4.8, 5.4.6, 5.4.4, 5.2.4, 5.2.0, 5.1.4", "nobody is sent copies of reports"), access: keepMany[transport](text)},
	{Info: ranged(enforcedInfo("ExternalDsnMaxMessageAttachSize", "10MB", "a report to senders outside returns only the header of a larger message"), "0 to 2147483647 bytes"), access: setting(size, func(t *transport) *param.Setting[param.Size] { return &t.ExternalDsnMaxMessageAttachSize })},
	{Info: ranged(enforcedInfo("InternalDsnMaxMessageAttachSize", "10MB", "a report to senders inside returns only the header of a larger message"), "0 to 2147483647 bytes"), access: setting(size, func(t *transport) *param.Setting[param.Size] { return &t.InternalDsnMaxMessageAttachSize })},
	{Info: keptInfo("ExternalDsnSendHtml", "$true", "reports are plain text"), access: keepFlag[transport]()},
	{Info: keptInfo("InternalDsnSendHtml", "$true", "reports are plain text"), access: keepFlag[transport]()},
	{Info: enforcedInfo("ExternalDelayDsnEnabled", "$true", "whether senders outside are told of delays"), access: flagSetting(func(t *transport) *onOff { return &t.ExternalDelayDsnEnabled })},
	{Info: enforcedInfo("InternalDelayDsnEnabled", "$true", "whether senders inside are told of delays"), access: flagSetting(func(t *transport) *onOff { return &t.InternalDelayDsnEnabled })},
	{Info: keptInfo("ExternalDsnLanguageDetectionEnabled", "$true", "reports are in English"), access: keepFlag[transport]()},
	{Info: keptInfo("InternalDsnLanguageDetectionEnabled", "$true", "reports are in English"), access: keepFlag[transport]()},
	{Info: by2007(keptInfo("DSNConversionMode", "PreserveDSNBody", "the reports of others are passed on as they are"), "UseExchangeDSNs"), access: keep[transport](words("DSNConversionOption", "DoNotConvert", "PreserveDSNBody", "UseExchangeDSNs"), nil)},
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
	{Info: keptInfo("ExternalDsnDefaultLanguage", "", "reports are in English"), access: keep[transport](text, nil)},
	{Info: keptInfo("InternalDsnDefaultLanguage", "", "reports are in English"), access: keep[transport](text, nil)},
	{Info: keptInfo("ExternalDsnReportingAuthority", "", "reports name the server that made them"), access: keep[transport](text, nil)},
	{Info: keptInfo("InternalDsnReportingAuthority", "", "reports name the server that made them"), access: keep[transport](text, nil)},
	{Info: keptInfo("JournalingReportNdrTo", "<>", noJournal), access: keep[transport](text, nil)},
	{Info: keptInfo("VoicemailJournalingEnabled", "$true", noJournal), access: keepFlag[transport]()},
	{Info: since(from13, keptInfo("JournalReportDLMemberSubstitutionEnabled", "$false", noJournal)), access: keepFlag[transport]()},
	{Info: since(from10, keptInfo("LegacyJournalingMigrationEnabled", "$false", noJournal)), access: keepFlag[transport]()},
	{Info: since(from13, keptInfo("LegacyArchiveJournalingEnabled", "$false", noJournal)), access: keepFlag[transport]()},
	{Info: since(from13, keptInfo("LegacyArchiveLiveJournalingEnabled", "$false", noJournal)), access: keepFlag[transport]()},
	{Info: since(from13, keptInfo("RedirectDLMessagesForLegacyArchiveJournaling", "$false", noJournal)), access: keepFlag[transport]()},
	{Info: since(from13, keptInfo("RedirectUnprovisionedUserMessagesForLegacyArchiveJournaling", "$false", noJournal)), access: keepFlag[transport]()},
	{Info: keptInfo("ClearCategories", "$true", noMailboxes), access: keepFlag[transport]()},
	{Info: keptInfo("Rfc2231EncodingEnabled", "$false", noMailboxes), access: keepFlag[transport]()},
	{Info: since(from10, keptInfo("SupervisionTags", "Reject, Allow", noMailboxes)), access: keepMany[transport](text)},
	{Info: since(from13, keptInfo("AgentGeneratedMessageLoopDetectionInSmtpEnabled", "$true", "no agent makes messages")), access: keepFlag[transport]()},
	{Info: since(from13, keptInfo("AgentGeneratedMessageLoopDetectionInSubmissionEnabled", "$true", "no agent makes messages")), access: keepFlag[transport]()},
	{Info: since(from13, keptInfo("MaxAllowedAgentGeneratedMessageDepth", "3", "no agent makes messages")), access: keep[transport](integer, nil)},
	{Info: since(from13, keptInfo("MaxAllowedAgentGeneratedMessageDepthPerAgent", "2", "no agent makes messages")), access: keep[transport](integer, nil)},
	{Info: ranged(since(from13, keptInfo("DiagnosticsAggregationServicePort", "9710", noQueueDigest)), "1 to 65535"), access: keep[transport](integer, between(1, 65535))},
	{Info: since(from13, keptInfo("QueueDiagnosticsAggregationInterval", "00:01:00", noQueueDigest)), access: keep[transport](timespan, nil)},
	{Info: since(from10, keptInfo("TransportRuleAttachmentTextScanLimit", "1MB", noRules)), access: keep[transport](size, nil)},
	{Info: ranged(since(only10, keptInfo("ShadowHeartbeatRetryCount", "12", noShadow)), "1 to 15"), access: keep[transport](integer, between(1, 15))},
	{Info: since(only10, keptInfo("ShadowHeartbeatTimeoutInterval", "00:15:00", noShadow)), access: keep[transport](timespan, nil)},
	{Info: Info{Name: "Force", In: Set, Switch: true, Here: Kept, Why: "there is no question to suppress"}},
	{Info: domainController},
}

// serviceRows are the parameters of Get- and Set-TransportService, which 2007
// and 2010 call TransportServer.
var serviceRows = slices.Concat(transportServiceRows, logRows(transportLogs), []row[service]{{Info: domainController}})

// transportServiceRows are those about other things than logs.
var transportServiceRows = []row[service]{
	{Info: Info{Name: "Identity", In: Get | Set, Type: "TransportServerIdParameter", Range: "name or FQDN of a server", Here: Enforced, Position: 1, Mandatory: Set, Pipeline: true}},
	{Info: Info{Name: "UseDowngradedExchangeServerAuth", In: Set, Default: "$false", Since: from10, Here: Enforced, Why: "allows SuppressXAnonymousTls, rule R12"}, access: keepFlag[service]()},
	{Info: ranged(enforcedInfo("MaxOutboundConnections", "1000", ""), "1 to 2147483647 or unlimited"), access: plain(limit, func(s *service) *param.Limit { return &s.MaxOutboundConnections })},
	{Info: by2007(ranged(enforcedInfo("MaxPerDomainOutboundConnections", "40", "to one next hop"), "1 to 2147483647 or unlimited, at most MaxOutboundConnections"), "20"), access: plain(limit, func(s *service) *param.Limit { return &s.MaxPerDomainOutboundConnections })},
	{Info: ranged(keptInfo("MaxConnectionRatePerMinute", "1200", "each connector has MessageRateLimit and MaxInboundConnection"), "1 to 2147483647"), access: keep[service](integer, between(1, 1<<31-1))},
	{Info: ranged(keptInfo("MaxConcurrentMailboxDeliveries", "20", noMailboxes), "1 to 256"), access: keep[service](integer, between(1, 256))},
	{Info: ranged(keptInfo("MaxConcurrentMailboxSubmissions", "20", noMailboxes), "1 to 256"), access: keep[service](integer, between(1, 256))},
	{Info: ranged(enforcedInfo("MessageExpirationTimeout", "2.00:00:00", ""), "00:00:05 to 90.00:00:00"), access: plain(timespan, func(s *service) *time.Duration { return &s.MessageExpirationTimeout })},
	{Info: ranged(enforcedInfo("MessageRetryInterval", "00:05:00", ""), "00:00:01 to 1.00:00:00"), access: plain(timespan, func(s *service) *time.Duration { return &s.MessageRetryInterval })},
	{Info: onEdge(ranged(enforcedInfo("OutboundConnectionFailureRetryInterval", "00:10:00", ""), "00:00:01 to 20.00:00:00"), "00:30:00"), access: plain(timespan, func(s *service) *time.Duration { return &s.OutboundConnectionFailureRetryInterval })},
	{Info: ranged(enforcedInfo("TransientFailureRetryCount", "6", ""), "0 to 15"), access: setting(integer, func(s *service) *param.Setting[int] { return &s.TransientFailureRetryCount })},
	{Info: onEdge(ranged(enforcedInfo("TransientFailureRetryInterval", "00:05:00", ""), "00:00:01 to 12:00:00"), "00:10:00"), access: plain(timespan, func(s *service) *time.Duration { return &s.TransientFailureRetryInterval })},
	{Info: ranged(enforcedInfo("DelayNotificationTimeout", "04:00:00", ""), "00:00:01 to 30.00:00:00"), access: plain(timespan, func(s *service) *time.Duration { return &s.DelayNotificationTimeout })},
	{Info: ranged(enforcedInfo("QueueGlitchRetryCount", "4", "in Exchange a key of EdgeTransport.exe.config"), "0 to 15"), access: setting(integer, func(s *service) *param.Setting[int] { return &s.QueueGlitchRetryCount })},
	{Info: ranged(enforcedInfo("QueueGlitchRetryInterval", "00:01:00", "in Exchange a key of EdgeTransport.exe.config"), "00:00:01 to 12:00:00"), access: plain(timespan, func(s *service) *time.Duration { return &s.QueueGlitchRetryInterval })},
	{Info: ranged(keptInfo("QueueMaxIdleTime", "00:03:00", "a queue without messages isn't kept"), "00:00:05 to 01:00:00"), access: keep[service](timespan, within("00:00:05", "01:00:00"))},
	{Info: ranged(keptInfo("PoisonThreshold", "2", "no message is suspected of a crash"), "1 to 10"), access: keep[service](integer, between(1, 10))},
	{Info: keptInfo("ExternalDNSServers", "", noResolver), access: keepMany[service](ipAddress)},
	{Info: keptInfo("InternalDNSServers", "", noResolver), access: keepMany[service](ipAddress)},
	{Info: keptInfo("ExternalDNSAdapterEnabled", "$true", noResolver), access: keepFlag[service]()},
	{Info: keptInfo("InternalDNSAdapterEnabled", "$true", noResolver), access: keepFlag[service]()},
	{Info: keptInfo("ExternalDNSProtocolOption", "Any", noResolver), access: keep[service](words("ProtocolOption", "Any", "UseTcpOnly", "UseUdpOnly"), nil)},
	{Info: keptInfo("InternalDNSProtocolOption", "Any", noResolver), access: keep[service](words("ProtocolOption", "Any", "UseTcpOnly", "UseUdpOnly"), nil)},
	{Info: keptInfo("ExternalIPAddress", "", "Received fields name the address that was connected to"), access: keep[service](ipAddress, nil)},
	{Info: keptInfo("IntraOrgConnectorProtocolLoggingLevel", "None", noLogs), access: keep[service](logging, nil)},
	{Info: keptInfo("IntraOrgConnectorSmtpMaxMessagesPerConnection", "20", "the Send connector's SmtpMaxMessagesPerConnection goes for other servers, too"), access: keep[service](integer, between(1, 1<<31-1))},
	{Info: keptInfo("PickupDirectoryMaxHeaderSize", "64KB", "there is no pickup directory"), access: keep[service](size, nil)},
	{Info: keptInfo("PickupDirectoryMaxMessagesPerMinute", "100", "there is no pickup directory"), access: keep[service](integer, between(1, 20000))},
	{Info: keptInfo("PickupDirectoryMaxRecipientsPerMessage", "100", "there is no pickup directory"), access: keep[service](integer, between(1, 10000))},
	{Info: onEdge(keptInfo("AntispamAgentsEnabled", "$false", "there are no anti-spam agents"), "$true"), access: keepFlag[service]()},
	{Info: keptInfo("RootDropDirectoryPath", "", "there is no drop directory"), access: keep[service](text, nil)},
	{Info: keptInfo("PickupDirectoryPath", "", "there is no pickup directory"), access: keep[service](text, nil)},
	{Info: keptInfo("ReplayDirectoryPath", "", "there is no replay directory"), access: keep[service](text, nil)},
	{Info: keptInfo("MessageTrackingLogSubjectLoggingEnabled", "$true", noLogs), access: keepFlag[service]()},
	{Info: keptInfo("ContentConversionTracingEnabled", "$false", noMailboxes), access: keepFlag[service]()},
	{Info: keptInfo("PipelineTracingEnabled", "$false", "messages aren't copied for tracing"), access: keepFlag[service]()},
	{Info: keptInfo("PipelineTracingPath", "", "messages aren't copied for tracing"), access: keep[service](text, nil)},
	{Info: keptInfo("PipelineTracingSenderAddress", "", "messages aren't copied for tracing"), access: keep[service](text, nil)},
	{Info: keptInfo("PoisonMessageDetectionEnabled", "$true", "no message is suspected of a crash"), access: keepFlag[service]()},
	{Info: keptInfo("RecipientValidationCacheEnabled", "$false", noDirectory), access: keepFlag[service]()},
	{Info: keptInfo("ExternalDNSAdapterGuid", "00000000-0000-0000-0000-000000000000", noResolver), access: keep[service](text, nil)},
	{Info: keptInfo("InternalDNSAdapterGuid", "00000000-0000-0000-0000-000000000000", noResolver), access: keep[service](text, nil)},
}

// commonNames are the parameters that the Front End and the Mailbox Transport
// services share with the Transport service.
var commonNames = slices.Concat([]string{
	"Identity", "MaxConnectionRatePerMinute",
	"ExternalDNSServers", "InternalDNSServers", "ExternalDNSAdapterEnabled", "InternalDNSAdapterEnabled", "ExternalDNSAdapterGuid", "InternalDNSAdapterGuid",
	"ExternalDNSProtocolOption", "InternalDNSProtocolOption", "ExternalIPAddress", "IntraOrgConnectorProtocolLoggingLevel",
	"AntispamAgentsEnabled", "TransientFailureRetryCount", "TransientFailureRetryInterval",
	"MaxOutboundConnections", "MaxConcurrentMailboxDeliveries", "MaxConcurrentMailboxSubmissions",
	"ContentConversionTracingEnabled", "PipelineTracingEnabled", "PipelineTracingPath", "PipelineTracingSenderAddress", "DomainController",
}, logNames("ReceiveProtocolLog", "SendProtocolLog", "ConnectivityLog", "RoutingTableLog", "AgentLog", "DnsLog", "ResourceLog"))

// frontendRows are the parameters of the Front End Transport service.
var frontendRows = slices.Concat(keptOnly(serviceRows, commonNames), logRows(frontendLogs))

// mailboxRows are the parameters of the Mailbox Transport services.
var mailboxRows = slices.Concat(keptOnly(serviceRows, commonNames), []row[service]{
	{Info: ranged(keptInfo("MailboxDeliveryConnectorMaxInboundConnection", "5000", noMailboxes), "1 to 2147483647 or unlimited"), access: keep[service](limit, nil)},
	{Info: keptInfo("MailboxDeliveryConnectorProtocolLoggingLevel", "None", noLogs), access: keep[service](logging, nil)},
	{Info: since(from16, keptInfo("MailboxDeliveryConnectorSmtpUtf8Enabled", "$true", noMailboxes)), access: keepFlag[service]()},
}, logRows(mailboxLogs))

// keptOnly are some of rows for a service that takes and sends nothing here.
func keptOnly(rows []row[service], names []string) []row[service] {
	var some []row[service]
	for _, r := range rows {
		if !slices.Contains(names, r.Name) {
			continue
		}
		if r.Here == Enforced && r.Name != "Identity" {
			r.Here, r.Why = Kept, noFrontend
		}
		some = append(some, r)
	}
	return some
}
