package replay

import (
	"bytes"
	"strings"
)

// foreign are logs of other kinds in the same form, recognised by words in the line
// #Log-type or by their columns.
var foreign = []struct {
	format  Format
	types   []string
	columns []string
}{
	{FormatTracking, []string{"message tracking"}, []string{"event-id", "message-id"}},
	{FormatTracking, nil, []string{"eventid", "messageid"}}, // Get-MessageTrackingLog | Export-Csv
	{FormatConnectivity, []string{"connectivity"}, []string{"session", "destination", "direction"}},
	{FormatQueue, []string{"queue"}, nil},
	{FormatAgent, []string{"agent"}, []string{"sessionid", "agent", "action"}},
	{FormatTrace, nil, []string{"senderaddress", "recipientaddress"}}, // Get-MessageTrace | Export-Csv
	{FormatTrace, nil, []string{"sender_address", "recipient_status"}},
	{FormatW3C, []string{"w3c"}, []string{"c-ip", "cs-method"}},
}

// foreignType returns a log's format by the value of its line #Log-type.
func foreignType(value []byte) (Format, bool) {
	lower := strings.ToLower(string(value))
	for _, f := range foreign {
		for _, words := range f.types {
			if strings.Contains(lower, words) {
				return f.format, true
			}
		}
	}
	return FormatOther, lower != "" && !strings.Contains(lower, "smtp")
}

// foreignColumns returns a log's format by the names of its columns, between commas or
// blanks, with quotes or without.
func foreignColumns(list []byte) (Format, bool) {
	names := map[string]bool{}
	for name := range bytes.FieldsFuncSeq(bytes.ToLower(list), func(c rune) bool { return c == ',' || c == '"' || c == ' ' || c == ';' || c == '\t' }) {
		names[string(name)] = true
	}
	for _, f := range foreign {
		all := len(f.columns) > 0
		for _, column := range f.columns {
			all = all && names[column]
		}
		if all {
			return f.format, true
		}
	}
	return FormatUnknown, false
}

// isIIS reports whether a line is one of IIS's own form: the site is the fifth of 15 fields.
func isIIS(line []byte) bool {
	fields := bytes.Split(line, []byte(", "))
	return len(fields) >= 15 && (bytes.HasPrefix(fields[4], []byte("SMTPSVC")) || bytes.HasPrefix(fields[4], []byte("W3SVC")))
}

// removed are texts that people put in the place of addresses before they share a log.
var removed = []string{"redact", "removed", "anonymi", "***", "xxxx"}

// isRemoved reports whether an address was replaced by such a text.
func isRemoved(text string) bool {
	lower := strings.ToLower(text)
	for _, mark := range removed {
		if strings.Contains(lower, mark) {
			return true
		}
	}
	return false
}

// announcements begin the lines that the gateway writes before its protocol log: its
// connectors, and that it is ready.
var announcements = []string{"gateway: ", `Receive connector "`, "  AUTH is not offered", "  LOGIN and PLAIN are not offered",
	"  OAUTHBEARER and XOAUTH2 are not offered", "  EXTERNAL is not offered", "  STARTTLS is not offered", "Mail is shown to the milter at ", "Metrics are at ",
	"Whether clients can be served is at ",
	"Mail is queued in ", "No queue (-data)"}

// isAnnouncement reports whether a line is one that the gateway writes before its
// protocol log.
func isAnnouncement(line []byte) bool {
	for _, start := range announcements {
		if bytes.HasPrefix(line, []byte(start)) {
			return true
		}
	}
	return false
}
