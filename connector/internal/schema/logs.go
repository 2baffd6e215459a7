package schema

import (
	"math"
	"slices"
	"strings"
	"time"
)

// serverLog is one of the logs that a service of Exchange writes.
type serverLog struct {
	prefix               string // of its parameters
	name                 string // in sentences
	maxAge, size, oneLog string // how long files are kept, how much of them, how long one may be
	enabled              string // default of its Enabled; "": it has none
	path                 string // of its Path
	since                Editions
	dir                  string // default of its Path; "": the log isn't written here
	because              string // it isn't
}

// transportLogs are the logs of the Transport service.
var transportLogs = []serverLog{
	{"ReceiveProtocolLog", "protocol log of Receive connectors", "30.00:00:00", "250MB", "10MB", "", "Path", "", "ProtocolLog/SmtpReceive", ""},
	{"SendProtocolLog", "protocol log of Send connectors", "30.00:00:00", "250MB", "10MB", "", "Path", "", "ProtocolLog/SmtpSend", ""},
	{"ConnectivityLog", "log of connections to next hops", "30.00:00:00", "1000MB", "10MB", "$true", "Path", "", "Connectivity", ""},
	{"MessageTrackingLog", "message tracking log", "30.00:00:00", "1000MB", "10MB", "$true", "Path", "", "MessageTracking", ""},
	{"RoutingTableLog", "log of routing tables", "7.00:00:00", "50MB", "", "", "Path", "", "", "gateway map and gateway convert show the routes"},
	{"AgentLog", "log of transport agents", "7.00:00:00", "250MB", "10MB", "$true", "Path", from10, "", "there are no transport agents"},
	{"DnsLog", "log of DNS queries", "7.00:00:00", "100MB", "10MB", "$false", "Path", from13, "", "the connectivity log has what the DNS answers"},
	{"IrmLog", "log of rights management", "30.00:00:00", "250MB", "10MB", "$true", "Path", from10, "", "there is no rights management"},
	{"JournalLog", "log of journaling", "7.00:00:00", "50MB", "10MB", "$false", "Path", from13, "", "nothing is journaled"},
	{"ActiveUserStatisticsLog", "log of active users", "30.00:00:00", "250MB", "10MB", "", "Path", from10, "", "the message tracking log names the users"},
	{"ServerStatisticsLog", "log of server statistics", "30.00:00:00", "250MB", "10MB", "", "Path", from10, "", "-metrics has such numbers"},
	{"QueueLog", "log of queues", "7.00:00:00", "200MB", "10MB", "", "Path", from13, "", "-metrics and gateway queue hops have the queues"},
	{"TransportHttpLog", "log of HTTP requests", "7.00:00:00", "250MB", "10MB", "$true", "Path", from13, "", "there is no HTTP service"},
	{"WlmLog", "log of workload management", "7.00:00:00", "250MB", "10MB", "", "Path", from13, "", "there is no workload management"},
	{"ResourceLog", "log of resources under pressure", "7.00:00:00", "250MB", "10MB", "$true", "Path", from13, "", "the log says when mail is refused, and -metrics has the resources"},
	{"RequestBrokerLog", "log of the request broker", "7.00:00:00", "250MB", "10MB", "$true", "Path", from13, "", "there is no request broker"},
	{"TransportMaintenanceLog", "log of maintenance", "7.00:00:00", "250MB", "10MB", "$true", "Path", from13, "", "there are no maintenance tasks"},
	{"HttpProtocolLog", "log of HTTP sessions", "7.00:00:00", "250MB", "10MB", "$false", "FilePath", only10, "", "there is no HTTP service"},
	{"TransportSyncLog", "log of subscriptions", "30.00:00:00", "10GB", "10MB", "$false", "FilePath", from10, "", "there are no subscriptions"},
	{"TransportSyncHubHealthLog", "log of the health of subscriptions", "30.00:00:00", "10GB", "10MB", "$false", "FilePath", from10, "", "there are no subscriptions"},
}

// mailboxLogs are those that only the Mailbox Transport services have, and
// frontendLogs those of the Front End Transport service.
var (
	mailboxLogs = []serverLog{
		{"MailboxDeliveryAgentLog", "log of the agents of mailbox delivery", "7.00:00:00", "250MB", "10MB", "$true", "Path", from13, "", "only mailbox servers do that"},
		{"MailboxSubmissionAgentLog", "log of the agents of mailbox submission", "7.00:00:00", "250MB", "10MB", "$true", "Path", from13, "", "only mailbox servers do that"},
		{"MailboxDeliveryThrottlingLog", "log of delayed mailbox deliveries", "7.00:00:00", "200MB", "10MB", "$true", "Path", from13, "", "only mailbox servers do that"},
	}
	frontendLogs = []serverLog{{"AttributionLog", "log of the organisations that mail was for", "7.00:00:00", "250MB", "10MB", "$false", "Path", from13, "", "there is one organisation"}}
)

// maxLogAge is 24855.03:14:07.
const maxLogAge = math.MaxInt32 * time.Second

// logRows are the parameters of logs. Those of logs that aren't written here are kept only.
func logRows(logs []serverLog) []Row {
	var rows []Row
	for _, l := range logs {
		notWritten := "there is no such log here, because " + l.because
		if l.enabled != "" {
			rows = append(rows, keptFlag(l.prefix+"Enabled", l.enabled, l.since, notWritten, "Writes the "+l.name+"."))
		}
		rows = append(rows,
			kept(l.prefix+"MaxAge", TimeSpan, l.maxAge, l.since, notWritten, "Says for how long files of the "+l.name+" are kept."),
			kept(l.prefix+"MaxDirectorySize", UnlimitedSize, l.size, l.since, notWritten, "Limits the size of all files of the "+l.name+"."))
		if l.oneLog != "" {
			rows = append(rows, kept(l.prefix+"MaxFileSize", UnlimitedSize, l.oneLog, l.since, notWritten, "Limits the size of each file of the "+l.name+"."))
		}
		rows = append(rows, keptText(l.prefix+l.path, "", l.since, notWritten, "Says in which directory the "+l.name+" is."))
		if l.dir != "" {
			l.enforce(rows)
		}
	}
	return rows
}

// enforce makes rows of those for l say what its parameters do here.
func (l *serverLog) enforce(rows []Row) {
	for i := range rows {
		r := &rows[i]
		name, own := strings.CutPrefix(r.Name, l.prefix)
		if !own {
			continue
		}
		r.Kept = ""
		switch name {
		case "MaxAge":
			r.Limits, r.Form = lasting(0, maxLogAge), zeroUnlimited
		case "MaxDirectorySize":
			r.Limits = between(1, math.MaxInt64)
		case "MaxFileSize":
			r.Limits, r.Form, r.Derived = between(1, math.MaxInt64), "at most "+l.prefix+"MaxDirectorySize", "or MaxDirectorySize if that is less"
		case l.path:
			r.Default, r.Form = is(l.dir), "$null for no log; a relative path begins at `-logs`"
		}
	}
}

// logNames are the names of the parameters of logs.
func logNames(prefixes ...string) []string {
	var names []string
	for _, l := range transportLogs {
		if slices.Contains(prefixes, l.prefix) {
			for _, r := range logRows([]serverLog{l}) {
				names = append(names, r.Name)
			}
		}
	}
	return names
}
