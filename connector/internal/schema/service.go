package schema

import (
	"slices"
	"time"
)

const (
	noAdapter      = "the adapters' DNS servers are those that the system knows, or those of -dns"
	adapterServers = "the machine's are those that the system knows, or those of -dns"
	noPickup       = "there is no pickup directory: programs hand in mail by SMTP"
	noTracing      = "messages aren't copied for tracing: the message tracking log and serve -explain tell the steps without their content"
	noPoison       = "no message is suspected of a crash"
	configKey      = "in Exchange a key of EdgeTransport.exe.config"
)

// serviceRows are the parameters of Get- and Set-TransportService, which 2007
// and 2010 call TransportServer.
var serviceRows = slices.Concat(transportServiceRows, logRows(transportLogs), []Row{domainController})

// transportServiceRows are those about other things than logs.
var transportServiceRows = []Row{
	{Name: "Identity", Verbs: Get | Set, Kind: typeOf("TransportServerIdParameter"), Form: "name or FQDN of a server", Argument: Argument{Position: 1, Mandatory: Set, Pipeline: true},
		Does: "Says whose service is meant."},
	{Name: "UseDowngradedExchangeServerAuth", Verbs: Set, Kind: Boolean, Default: is("$false"), Since: from10,
		Does: "Lets servers authenticate each other without TLS, which SuppressXAnonymousTls of a Receive connector needs."},
	{Name: "MaxOutboundConnections", Verbs: Set, Order: Unordered, Kind: UnlimitedInt, Limits: between(1, most), Default: is("1000"),
		Does: "Limits how many connections the server has to all next hops together."},
	// The pages say 20 and 40.
	{Name: "MaxPerDomainOutboundConnections", Verbs: Set, Order: Unordered, Kind: UnlimitedInt, Limits: between(1, most), Form: "at most MaxOutboundConnections",
		Default: is("40").in2007("20"), Derived: "or MaxOutboundConnections if that is less",
		Does: "Limits how many connections the server has to one next hop."},
	{Name: "MaxConnectionRatePerMinute", Verbs: Set, Order: Unordered, Kind: Integer, Limits: between(1, most), Default: is("1200"),
		Does: "Limits how many connections a minute the server takes; one client gets three quarters of what the others leave."},
	{Name: "MaxConcurrentMailboxDeliveries", Verbs: Set, Kind: Integer, Limits: between(1, 256), Default: is("20"), Kept: noMailboxes,
		Does: "Limits how many messages are delivered to mailboxes at a time."},
	{Name: "MaxConcurrentMailboxSubmissions", Verbs: Set, Kind: Integer, Limits: between(1, 256), Default: is("20"), Kept: noMailboxes,
		Does: "Limits how many messages are taken from mailboxes at a time."},
	{Name: "MessageExpirationTimeout", Verbs: Set, Order: Unordered, Kind: TimeSpan, Limits: lasting(5*time.Second, 3*month), Default: is("2.00:00:00"),
		Does: "Returns a message to its sender when it couldn't be delivered for so long."},
	{Name: "MessageRetryInterval", Verbs: Set, Order: Unordered, Kind: TimeSpan, Limits: lasting(time.Second, day), Default: is("00:05:00"),
		Does: "Says after how long a message that a next hop put off is tried again."},
	{Name: "OutboundConnectionFailureRetryInterval", Verbs: Set, Order: Unordered, Kind: TimeSpan, Limits: lasting(time.Second, 20*day), Default: is("00:10:00").onEdge("00:30:00"),
		Does: "Says how often a next hop is tried after the transient retries."},
	{Name: "TransientFailureRetryCount", Verbs: Set, Order: Unordered, Kind: Integer, Limits: between(0, 15), Default: is("6"),
		Does: "Says how many attempts at a next hop are transient retries, after those of QueueGlitchRetryCount."},
	{Name: "TransientFailureRetryInterval", Verbs: Set, Order: Unordered, Kind: TimeSpan, Limits: lasting(time.Second, 12*time.Hour), Default: is("00:05:00").onEdge("00:10:00"),
		Does: "Says how long the server waits between transient retries."},
	{Name: "DelayNotificationTimeout", Verbs: Set, Order: Unordered, Kind: TimeSpan, Limits: lasting(time.Second, month), Default: is("04:00:00"),
		Does: "Says after how long the sender of a message gets a report of the delay."},
	// The ranges are those of the transient retries: none are documented.
	{Name: "QueueGlitchRetryCount", Verbs: Set, Order: Unordered, Kind: Integer, Limits: between(0, 15), Default: is("4"), Note: configKey,
		Does: "Says how many attempts at a next hop follow the first failure closely."},
	{Name: "QueueGlitchRetryInterval", Verbs: Set, Order: Unordered, Kind: TimeSpan, Limits: lasting(time.Second, 12*time.Hour), Default: is("00:01:00"), Note: configKey,
		Does: "Says how long the server waits between those first attempts."},
	{Name: "QueueMaxIdleTime", Verbs: Set, Kind: TimeSpan, Limits: lasting(5*time.Second, time.Hour), Default: is("00:03:00"), Kept: "a queue without messages isn't kept",
		Does: "Says for how long an empty queue is kept."},
	{Name: "PoisonThreshold", Verbs: Set, Kind: Integer, Limits: between(1, 10), Default: is("2"), Kept: noPoison,
		Does: "Puts a message aside after so many crashes in which it was being handled."},
	{Name: "ExternalDNSServers", Verbs: Set, Kind: Address, List: true, Form: "at least one if ExternalDNSAdapterEnabled is $false",
		Does: "Lists the DNS servers that Send connectors with UseExternalDNSServersEnabled ask for next hops, if ExternalDNSAdapterEnabled is $false."},
	{Name: "InternalDNSServers", Verbs: Set, Kind: Address, List: true, Form: "at least one if InternalDNSAdapterEnabled is $false",
		Does: "Lists the DNS servers that are asked for all other next hops, if InternalDNSAdapterEnabled is $false."},
	{Name: "ExternalDNSAdapterEnabled", Verbs: Set, Kind: Boolean, Default: is("$true"), Note: adapterServers,
		Does: "Asks the machine's DNS servers in place of ExternalDNSServers."},
	{Name: "InternalDNSAdapterEnabled", Verbs: Set, Kind: Boolean, Default: is("$true"), Note: adapterServers,
		Does: "Asks the machine's DNS servers in place of InternalDNSServers."},
	{Name: "ExternalDNSProtocolOption", Verbs: Set, Kind: Protocols, Default: is("Any"),
		Does: "Says over which protocol Send connectors with UseExternalDNSServersEnabled ask DNS servers."},
	{Name: "InternalDNSProtocolOption", Verbs: Set, Kind: Protocols, Default: is("Any"),
		Does: "Says over which protocol DNS servers are asked for all other next hops."},
	kept("ExternalIPAddress", Address, "", "", "a Received field names the address that was connected to, as RFC 5321 demands of it", "Replaces the server's address in Received fields."),
	{Name: "IntraOrgConnectorProtocolLoggingLevel", Verbs: Set, Kind: Logging, Default: is("None"),
		Does: "Writes connections to other servers of the organisation to the protocol log of Send connectors."},
	{Name: "IntraOrgConnectorSmtpMaxMessagesPerConnection", Verbs: Set, Order: Unordered, Kind: Integer, Limits: between(1, most), Default: is("20"),
		Does: "Limits how many messages one connection to another server of the organisation carries."},
	kept("PickupDirectoryMaxHeaderSize", Size, "64KB", "", noPickup, "Limits the size of the header of messages in the pickup directory."),
	{Name: "PickupDirectoryMaxMessagesPerMinute", Verbs: Set, Kind: Integer, Limits: between(1, 20000), Default: is("100"), Kept: noPickup,
		Does: "Limits how many messages a minute are taken from the pickup directory."},
	{Name: "PickupDirectoryMaxRecipientsPerMessage", Verbs: Set, Kind: Integer, Limits: between(1, 10000), Default: is("100"), Kept: noPickup,
		Does: "Limits the recipients of a message in the pickup directory."},
	{Name: "AntispamAgentsEnabled", Verbs: Set, Kind: Boolean, Default: is("$false").onEdge("$true"), Kept: "there are no anti-spam agents",
		Does: "Runs the anti-spam agents."},
	keptText("RootDropDirectoryPath", "", "", "there is no drop directory", "Says where Foreign connectors put their files."),
	keptText("PickupDirectoryPath", "", "", noPickup, "Says from which directory messages are picked up."),
	keptText("ReplayDirectoryPath", "", "", "there is no replay directory: gateway queue import takes exported messages", "Says from which directory exported messages are picked up."),
	{Name: "MessageTrackingLogSubjectLoggingEnabled", Verbs: Set, Kind: Boolean, Default: is("$true"),
		Does: "Writes the subjects of messages to the message tracking log."},
	keptFlag("ContentConversionTracingEnabled", "$false", "", noMailboxes, "Keeps copies of messages whose conversion fails."),
	keptFlag("PipelineTracingEnabled", "$false", "", noTracing, "Copies the messages of one sender at each step."),
	keptText("PipelineTracingPath", "", "", noTracing, "Says where the copies of messages are put."),
	keptText("PipelineTracingSenderAddress", "", "", noTracing, "Says whose messages are copied."),
	keptFlag("PoisonMessageDetectionEnabled", "$true", "", noPoison, "Puts messages aside that seem to make the server crash."),
	keptFlag("RecipientValidationCacheEnabled", "$false", "", "the answers of -recipients-ldap and -recipients-ask are always remembered for a while", "Remembers which recipients the directory has."),
	keptText("ExternalDNSAdapterGuid", "00000000-0000-0000-0000-000000000000", "", noAdapter, "Says whose DNS servers, of a network adapter, are asked for domains outside."),
	keptText("InternalDNSAdapterGuid", "00000000-0000-0000-0000-000000000000", "", noAdapter, "Says whose DNS servers, of a network adapter, are asked for names inside."),
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
var mailboxRows = slices.Concat(keptOnly(serviceRows, commonNames), []Row{
	{Name: "MailboxDeliveryConnectorMaxInboundConnection", Verbs: Set, Kind: UnlimitedInt, Limits: between(1, most), Default: is("5000"), Kept: noMailboxes,
		Does: "Limits how many connections mailbox delivery takes at a time."},
	kept("MailboxDeliveryConnectorProtocolLoggingLevel", Logging, "None", "", noMailboxes, "Writes the sessions of mailbox delivery to the protocol log."),
	keptFlag("MailboxDeliveryConnectorSmtpUtf8Enabled", "$true", from16, noMailboxes, "Offers SMTPUTF8 in mailbox delivery."),
}, logRows(mailboxLogs))

// keptOnly returns some of rows for a service that takes and sends nothing here.
func keptOnly(rows []Row, names []string) []Row {
	var some []Row
	for _, r := range rows {
		if !slices.Contains(names, r.Name) {
			continue
		}
		if r.Status() == Enforced && r.Name != "Identity" {
			r.Kept = noFrontend
		}
		some = append(some, r)
	}
	return some
}
