package viewer

import (
	"cmp"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/shell/operations"
)

// Kind is the kind of the values of a property.
type Kind int

// The kinds.
const (
	Text   Kind = iota
	Number      // a whole number
	Size        // a size, which viewers give in KB
	Time        // in UTC
)

// Property is a property of rows of type T, with its name in the shell and its heading in the Queue Viewer.
type Property[T any] struct {
	Name, Label string
	Kind        Kind
	Values      []string // that it may have; nil: any

	text   func(row *T) string    // of Text
	number func(row *T) int64     // of Number and Size
	time   func(row *T) time.Time // of Time; the zero time is no value
}

// compare compares rows by the property.
func (p *Property[T]) compare(a, b *T) int {
	switch p.Kind {
	case Text:
		return cmp.Compare(strings.ToLower(p.text(a)), strings.ToLower(p.text(b)))
	case Time:
		return p.time(a).Compare(p.time(b))
	}
	return cmp.Compare(p.number(a), p.number(b))
}

// queueStatuses and messageStatuses are the values of Status.
var (
	queueStatuses   = []string{"Active", "Connecting", "Ready", "Retry", "Suspended"}
	messageStatuses = []string{"Ready", "Retry", "Suspended"}
)

// QueueProperties are the properties of queues: the columns of the Queue Viewer, then those that only filters know. They
// must not be changed.
var QueueProperties = []Property[operations.Queue]{
	{Name: "NextHopDomain", Label: "Next Hop Domain", text: func(q *operations.Queue) string { return q.NextHopDomain }},
	{Name: "DeliveryType", Label: "Delivery Type", text: func(q *operations.Queue) string { return q.DeliveryType }},
	{Name: "Status", Label: "Status", Values: queueStatuses, text: func(q *operations.Queue) string { return q.Status }},
	{Name: "MessageCount", Label: "Message Count", Kind: Number, number: func(q *operations.Queue) int64 { return int64(q.Messages) }},
	{Name: "NextRetryTime", Label: "Next Retry Time", Kind: Time, time: func(q *operations.Queue) time.Time { return q.NextRetry }},
	{Name: "LastError", Label: "Last Error", text: func(q *operations.Queue) string { return q.LastError }},
	{Name: "NextHopConnector", Label: "Next Hop Connector", text: func(q *operations.Queue) string { return q.NextHopConnector }},
	{Name: "LastRetryTime", Label: "Last Retry Time", Kind: Time, time: func(q *operations.Queue) time.Time { return q.LastRetry }},
	{Name: "RetryCount", Label: "Retry Count", Kind: Number, number: func(q *operations.Queue) int64 { return int64(q.Failures) }},
	{Name: "DeferredMessageCount", Label: "Deferred Message Count", Kind: Number, number: func(q *operations.Queue) int64 { return int64(q.Deferred) }},
}

// MessageProperties are the properties of messages, as QueueProperties are those of queues.
var MessageProperties = []Property[operations.Message]{
	{Name: "FromAddress", Label: "From Address", text: from},
	{Name: "Status", Label: "Status", Values: messageStatuses, text: func(m *operations.Message) string { return m.Status }},
	{Name: "Size", Label: "Size (KB)", Kind: Size, number: func(m *operations.Message) int64 { return m.Size }},
	{Name: "Subject", Label: "Subject", text: func(m *operations.Message) string { return m.Subject }},
	{Name: "DateReceived", Label: "Date Received", Kind: Time, time: func(m *operations.Message) time.Time { return m.Received }},
	{Name: "ExpirationTime", Label: "Expiration Time", Kind: Time, time: func(m *operations.Message) time.Time { return m.Expires }},
	{Name: "LastError", Label: "Last Error", text: func(m *operations.Message) string { return m.LastError }},
	{Name: "SourceIP", Label: "Source IP", text: func(m *operations.Message) string { return m.Source }},
	{Name: "MessageSourceName", Label: "Message Source Name", text: SourceName},
	{Name: "Queue", Label: "Queue ID", text: func(m *operations.Message) string { return m.Queue }},
	{Name: "InternetMessageId", Label: "Internet Message ID", text: func(m *operations.Message) string { return m.InternetMessageID }},
	{Name: "RetryCount", Label: "Retry Count", Kind: Number, number: func(m *operations.Message) int64 { return int64(m.Retries) }},
}

// from returns the sender, "<>" for none.
func from(m *operations.Message) string { return cmp.Or(m.From, "<>") }

// SourceName returns MessageSourceName: the connector by which a message came, or DSN.
func SourceName(m *operations.Message) string {
	if m.Connector == "" {
		return "DSN"
	}
	return "SMTP:" + m.Connector
}

// find returns the property with that name; nil without one.
func find[T any](all []Property[T], name string) *Property[T] {
	for i := range all {
		if all[i].Name == name {
			return &all[i]
		}
	}
	return nil
}
