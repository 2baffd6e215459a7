package replay

// Format is a kind of log.
type Format string

// The formats.
const (
	FormatUnknown Format = "unknown"
	FormatReceive Format = "receive" // protocol log of Receive connectors, of Exchange or the relay
	FormatSend    Format = "send"    // Exchange's protocol log of Send connectors
	FormatPostfix Format = "postfix" // Postfix's mail log, by syslog or by Postfix itself
	FormatEmpty   Format = "empty"

	// Logs that are known and can't be judged: they don't hold commands and
	// replies.
	FormatTracking     Format = "message tracking"
	FormatConnectivity Format = "connectivity"
	FormatQueue        Format = "queue"
	FormatAgent        Format = "agent"
	FormatTrace        Format = "message trace" // of Exchange Online
	FormatW3C          Format = "W3C"           // of IIS and its SMTP service
	FormatIIS          Format = "IIS"           // of the same, in their own form
	FormatOther        Format = "another kind of"
)

// Judged reports whether the sessions of logs of the format are judged.
func (f Format) Judged() bool {
	return f == FormatReceive || f == FormatSend || f == FormatPostfix
}

// why says why logs of the format are not judged.
func (f Format) why() string {
	switch f {
	case FormatEmpty:
		return "it is empty"
	case FormatTracking, FormatTrace:
		return "it has the fate of messages, not the commands of clients and their replies"
	case FormatConnectivity:
		return "it has connections to next hops, without senders and recipients"
	case FormatQueue:
		return "it has the lengths and states of queues, not the commands of clients and their replies"
	case FormatW3C, FormatIIS:
		return "it is a log of IIS, not a protocol log of Exchange or a mail log of Postfix"
	case FormatAgent:
		return "it has the actions of transport agents, not the commands of clients and their replies"
	}
	return "it is neither a protocol log nor a mail log of Postfix"
}
