package operations

import (
	"context"
	"iter"
	"time"
)

// TrackingLog is a message tracking log. The methods are not called at the same time.
type TrackingLog interface {
	// Search yields the rows from since until until, in the order in which they were written; zero times are no
	// bounds. A row that can't be read is an error, and the rest follows.
	Search(ctx context.Context, since, until time.Time) iter.Seq2[TrackingRow, error]
}

// TrackingRow is a row of a message tracking log, with the values that Get-MessageTrackingLog shows. Its fields are
// those of tracking.Row in package relay/tracking, from which it can be converted.
type TrackingRow struct {
	Timestamp               time.Time
	ClientIp                string
	ClientHostname          string
	ServerIp                string
	ServerHostname          string
	SourceContext           string
	ConnectorId             string
	Source                  string
	EventId                 string
	InternalMessageId       string
	MessageId               string
	NetworkMessageId        string
	Recipients              []string
	RecipientStatus         []string
	TotalBytes              int64
	RecipientCount          int
	RelatedRecipientAddress string
	Reference               string
	MessageSubject          string
	Sender                  string
	ReturnPath              string
	MessageInfo             string
	Directionality          string
	TenantId                string
	OriginalClientIp        string
	OriginalServerIp        string
	CustomData              string
	TransportTrafficType    string
	LogId                   string
	SchemaVersion           string
}
