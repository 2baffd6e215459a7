package schema

// trackingRows are the parameters of Get-MessageTrackingLog.
var trackingRows = []Row{
	{Name: "Server", Verbs: Get, Kind: Server, Argument: Argument{Pipeline: true}, Note: "the log of this server is searched, and its name may be given", Does: "Says whose log is searched."},
	{Name: "Sender", Verbs: Get, Kind: String, Does: "Shows only entries about messages of this sender."},
	{Name: "Recipients", Verbs: Get, Kind: typeOf("String[]"), Does: "Shows only entries about messages to these recipients."},
	{Name: "MessageId", Verbs: Get, Kind: String, Does: "Shows only entries about messages with this Message-ID."},
	{Name: "InternalMessageId", Verbs: Get, Kind: String, Does: "Shows only entries about the message with this number on its server."},
	{Name: "MessageSubject", Verbs: Get, Kind: String, Does: "Shows only entries about messages with this text in their subject."},
	{Name: "NetworkMessageId", Verbs: Get, Kind: String, Since: from13, Does: "Shows only entries about the message with this number in the organisation."},
	{Name: "EventId", Verbs: Get, Kind: String, Does: "Shows only entries about events of this kind."},
	{Name: "Source", Verbs: Get, Kind: String, Since: from13, Does: "Shows only entries that this component wrote."},
	{Name: "Reference", Verbs: Get, Kind: String, Does: "Shows only entries with this reference to other messages."},
	{Name: "TransportTrafficType", Verbs: Get, Kind: String, Since: from13, Does: "Shows only entries about traffic of this kind."},
	{Name: "Start", Verbs: Get, Kind: typeOf("DateTime"), Does: "Shows only entries since this time."},
	{Name: "End", Verbs: Get, Kind: typeOf("DateTime"), Does: "Shows only entries until this time."},
	resultSize("1000"),
	domainController,
}
