package tracking

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/relay/event"
)

// The form of the files that a Log's lines are for.
const (
	Prefix  = "MSGTRK"               // begins the names of files
	Type    = "Message Tracking Log" // the line #Log-type
	Version = "15.02.0000.000"       // the line #Version, and schema-version: the fields are those of Exchange 2019
	MaxCell = 1 << 20                // bytes of the longest value
)

// Row is one line of a message tracking log. Its fields have the names of Get-MessageTrackingLog, and text as
// it is in the log. A field without a value is zero.
type Row struct {
	Timestamp               time.Time
	ClientIp                string
	ClientHostname          string
	ServerIp                string
	ServerHostname          string
	SourceContext           string
	ConnectorId             string
	Source                  string
	EventId                 string
	InternalMessageId       string // decimal: see InternalID
	MessageId               string // in angle brackets
	NetworkMessageId        string
	Recipients              []string
	RecipientStatus         []string // of each of Recipients; one: of all
	TotalBytes              int64
	RecipientCount          int
	RelatedRecipientAddress string
	Reference               string
	MessageSubject          string
	Sender                  string // "<>": no sender
	ReturnPath              string
	MessageInfo             string
	Directionality          string // Incoming or Originating
	TenantId                string
	OriginalClientIp        string
	OriginalServerIp        string
	CustomData              string
	TransportTrafficType    string
	LogId                   string
	SchemaVersion           string
}

// field is one field of the log.
type field struct {
	name string
	text func(*Row) *string       // where it is, if it is plain text
	get  func(*Row) string        // else its text
	set  func(*Row, string) error // and its value from text
}

// fields are all fields in Exchange's order.
var fields = []field{
	{name: "date-time", get: func(r *Row) string { return r.Timestamp.UTC().Format(event.TimeLayout) }, set: (*Row).setTime},
	{name: "client-ip", text: func(r *Row) *string { return &r.ClientIp }},
	{name: "client-hostname", text: func(r *Row) *string { return &r.ClientHostname }},
	{name: "server-ip", text: func(r *Row) *string { return &r.ServerIp }},
	{name: "server-hostname", text: func(r *Row) *string { return &r.ServerHostname }},
	{name: "source-context", text: func(r *Row) *string { return &r.SourceContext }},
	{name: "connector-id", text: func(r *Row) *string { return &r.ConnectorId }},
	{name: "source", text: func(r *Row) *string { return &r.Source }},
	{name: "event-id", text: func(r *Row) *string { return &r.EventId }},
	{name: "internal-message-id", text: func(r *Row) *string { return &r.InternalMessageId }},
	{name: "message-id", text: func(r *Row) *string { return &r.MessageId }},
	{name: "network-message-id", text: func(r *Row) *string { return &r.NetworkMessageId }},
	{name: "recipient-address", get: func(r *Row) string { return strings.Join(r.Recipients, ";") }, set: (*Row).setRecipients},
	{name: "recipient-status", get: func(r *Row) string { return strings.Join(r.RecipientStatus, ";") }, set: (*Row).setStatus},
	{name: "total-bytes", get: func(r *Row) string { return strconv.FormatInt(r.TotalBytes, 10) }, set: (*Row).setBytes},
	{name: "recipient-count", get: func(r *Row) string { return strconv.Itoa(r.RecipientCount) }, set: (*Row).setCount},
	{name: "related-recipient-address", text: func(r *Row) *string { return &r.RelatedRecipientAddress }},
	{name: "reference", text: func(r *Row) *string { return &r.Reference }},
	{name: "message-subject", text: func(r *Row) *string { return &r.MessageSubject }},
	{name: "sender-address", text: func(r *Row) *string { return &r.Sender }},
	{name: "return-path", text: func(r *Row) *string { return &r.ReturnPath }},
	{name: "message-info", text: func(r *Row) *string { return &r.MessageInfo }},
	{name: "directionality", text: func(r *Row) *string { return &r.Directionality }},
	{name: "tenant-id", text: func(r *Row) *string { return &r.TenantId }},
	{name: "original-client-ip", text: func(r *Row) *string { return &r.OriginalClientIp }},
	{name: "original-server-ip", text: func(r *Row) *string { return &r.OriginalServerIp }},
	{name: "custom-data", text: func(r *Row) *string { return &r.CustomData }},
	{name: "transport-traffic-type", text: func(r *Row) *string { return &r.TransportTrafficType }},
	{name: "log-id", text: func(r *Row) *string { return &r.LogId }},
	{name: "schema-version", text: func(r *Row) *string { return &r.SchemaVersion }},
}

// Fields returns the names of the fields in their order, separated by commas: the line #Fields.
func Fields() string {
	names := make([]string, len(fields))
	for i := range fields {
		names[i] = fields[i].name
	}
	return strings.Join(names, ",")
}

// Cells returns the values of the fields in their order, not yet quoted.
func (r *Row) Cells() []string {
	cells := make([]string, len(fields))
	for i := range fields {
		if f := &fields[i]; f.text != nil {
			cells[i] = *f.text(r)
		} else {
			cells[i] = f.get(r)
		}
	}
	return cells
}

// Custom returns the value of a key of CustomData; "" without one.
func (r *Row) Custom(key string) string {
	for pair := range strings.SplitSeq(r.CustomData, ";") {
		name, value, ok := strings.Cut(strings.TrimPrefix(pair, "S:"), "=")
		if ok && strings.EqualFold(name, key) {
			return value
		}
	}
	return ""
}

// Status returns the status of the recipient i; "" without one.
func (r *Row) Status(i int) string {
	switch len(r.RecipientStatus) {
	case 0:
		return ""
	case 1:
		return r.RecipientStatus[0]
	}
	return r.RecipientStatus[i]
}

// InternalID returns the number that stands for the ID of a message in the field internal-message-id: a
// decimal number of at most 63 bits.
func InternalID(id string) string {
	if id == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(id))
	return strconv.FormatUint(binary.BigEndian.Uint64(sum[:8])>>1, 10)
}
