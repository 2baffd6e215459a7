package exchange

import "slices"

// serverLog is one of the logs that a service of Exchange writes.
type serverLog struct {
	prefix               string // of its parameters
	maxAge, size, oneLog string // how long files are kept, how much of them, how long one may be
	enabled              string // default of its Enabled; "": it has none
	path                 string // of its Path
	editions             string
}

// transportLogs are the logs of the Transport service.
var transportLogs = []serverLog{
	{"ReceiveProtocolLog", "30.00:00:00", "250MB", "10MB", "", "Path", ""},
	{"SendProtocolLog", "30.00:00:00", "250MB", "10MB", "", "Path", ""},
	{"ConnectivityLog", "30.00:00:00", "1000MB", "10MB", "$true", "Path", ""},
	{"MessageTrackingLog", "30.00:00:00", "1000MB", "10MB", "$true", "Path", ""},
	{"RoutingTableLog", "7.00:00:00", "50MB", "", "", "Path", ""},
	{"AgentLog", "7.00:00:00", "250MB", "10MB", "$true", "Path", from10},
	{"DnsLog", "7.00:00:00", "100MB", "10MB", "$false", "Path", from13},
	{"IrmLog", "30.00:00:00", "250MB", "10MB", "$true", "Path", from10},
	{"JournalLog", "7.00:00:00", "50MB", "10MB", "$false", "Path", from13},
	{"ActiveUserStatisticsLog", "30.00:00:00", "250MB", "10MB", "", "Path", from10},
	{"ServerStatisticsLog", "30.00:00:00", "250MB", "10MB", "", "Path", from10},
	{"QueueLog", "7.00:00:00", "200MB", "10MB", "", "Path", from13},
	{"TransportHttpLog", "7.00:00:00", "250MB", "10MB", "$true", "Path", from13},
	{"WlmLog", "7.00:00:00", "250MB", "10MB", "", "Path", from13},
	{"ResourceLog", "7.00:00:00", "250MB", "10MB", "$true", "Path", from13},
	{"RequestBrokerLog", "7.00:00:00", "250MB", "10MB", "$true", "Path", from13},
	{"TransportMaintenanceLog", "7.00:00:00", "250MB", "10MB", "$true", "Path", from13},
	{"HttpProtocolLog", "7.00:00:00", "250MB", "10MB", "$false", "FilePath", only10},
	{"TransportSyncLog", "30.00:00:00", "10GB", "10MB", "$false", "FilePath", from10},
	{"TransportSyncHubHealthLog", "30.00:00:00", "10GB", "10MB", "$false", "FilePath", from10},
}

// mailboxLogs are those that only the Mailbox Transport services have, and
// frontendLogs those of the Front End Transport service.
var (
	mailboxLogs = []serverLog{
		{"MailboxDeliveryAgentLog", "7.00:00:00", "250MB", "10MB", "$true", "Path", from13},
		{"MailboxSubmissionAgentLog", "7.00:00:00", "250MB", "10MB", "$true", "Path", from13},
		{"MailboxDeliveryThrottlingLog", "7.00:00:00", "200MB", "10MB", "$true", "Path", from13},
	}
	frontendLogs = []serverLog{{"AttributionLog", "7.00:00:00", "250MB", "10MB", "$false", "Path", from13}}
)

// logRows are the parameters of logs. They are kept only.
func logRows(logs []serverLog) []row[service] {
	var rows []row[service]
	add := func(i Info, editions string, a access[service]) {
		rows = append(rows, row[service]{since(editions, i), a})
	}
	for _, l := range logs {
		if l.enabled != "" {
			add(keptInfo(l.prefix+"Enabled", l.enabled, noLogs), l.editions, keepFlag[service]())
		}
		add(keptInfo(l.prefix+"MaxAge", l.maxAge, noLogs), l.editions, keep[service](timespan, nil))
		add(keptInfo(l.prefix+"MaxDirectorySize", l.size, noLogs), l.editions, keep[service](anySize, nil))
		if l.oneLog != "" {
			add(keptInfo(l.prefix+"MaxFileSize", l.oneLog, noLogs), l.editions, keep[service](anySize, nil))
		}
		add(keptInfo(l.prefix+l.path, "", noLogs), l.editions, keep[service](text, nil))
	}
	return rows
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
