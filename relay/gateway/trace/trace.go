package trace

import (
	"cmp"
	"iter"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/tracking"
)

// Message is the story of one message.
type Message struct {
	ID        string    `json:"id,omitempty"` // of the queue
	NetworkID string    `json:"networkId,omitempty"`
	MessageID string    `json:"messageId,omitempty"`
	Session   string    `json:"session,omitempty"`
	From      string    `json:"from"` // "<>": no sender
	Subject   string    `json:"subject,omitempty"`
	Size      int64     `json:"size,omitempty"`
	Events    []Event   `json:"events"`
	Waiting   []Waiting `json:"waiting,omitempty"` // on the queue now

	recipients map[string]bool // by address in lower case: whether the recipient may still wait
}

// Event is one row of the log.
type Event struct {
	Time       time.Time   `json:"time"`
	Delay      float64     `json:"delay-seconds"` // since the first event
	Event      string      `json:"event"`
	Source     string      `json:"source"`
	Server     string      `json:"server,omitempty"` // that wrote the row
	Connector  string      `json:"connector,omitempty"`
	Client     string      `json:"client,omitempty"` // of RECEIVE and refusals
	ClientIP   string      `json:"clientIp,omitempty"`
	Host       string      `json:"host,omitempty"` // of attempts
	HostIP     string      `json:"hostIp,omitempty"`
	TLS        string      `json:"tls,omitempty"`
	User       string      `json:"user,omitempty"`
	Reason     string      `json:"reason,omitempty"`
	Rights     string      `json:"rights,omitempty"`
	Decision   string      `json:"decision,omitempty"`
	Operator   string      `json:"operator,omitempty"`
	Action     string      `json:"action,omitempty"` // of the operator
	Report     string      `json:"report,omitempty"` // the ID of the delivery report that the event is about
	Recipients []Recipient `json:"recipients"`
}

// Recipient is a recipient in an event.
type Recipient struct {
	To     string `json:"to"`
	Status string `json:"status,omitempty"`
}

// Waiting is a recipient on the queue.
type Waiting struct {
	To        string    `json:"to"`
	NextHop   string    `json:"nextHop,omitempty"`
	Next      time.Time `json:"next,omitzero"` // zero: at once
	Suspended bool      `json:"suspended,omitempty"`
	Reply     string    `json:"reply,omitempty"`
	Advice    string    `json:"advice,omitempty"`
}

// Messages returns the messages of stories, in their order.
func Messages(stories []*tracking.Story) []*Message {
	messages := make([]*Message, len(stories))
	for i, s := range stories {
		messages[i] = newMessage(s)
	}
	return messages
}

// newMessage returns the message of a story.
func newMessage(s *tracking.Story) *Message {
	first := original(s)
	m := &Message{
		ID: first.Custom("Id"), NetworkID: first.NetworkMessageId, MessageID: first.MessageId, Session: first.Custom("Session"), From: first.Sender,
		Subject: first.MessageSubject, Size: first.TotalBytes, recipients: make(map[string]bool),
	}
	for _, r := range s.Rows {
		e := newEvent(r, s.Rows[0].Timestamp)
		if r.NetworkMessageId != first.NetworkMessageId || r.NetworkMessageId == "" && r.MessageId != first.MessageId {
			e.Report = r.Custom("Id")
			if e.Report == "" {
				e.Report = r.MessageId
			}
		} else {
			m.note(r)
		}
		m.Events = append(m.Events, e)
	}
	return m
}

// original returns the row that introduces the message: its reception, or else its first row that isn't about a
// report on it.
func original(s *tracking.Story) *tracking.Row {
	reports := make(map[string]bool)
	for _, r := range s.Rows {
		if r.EventId == tracking.DSN {
			reports[r.NetworkMessageId+r.MessageId] = true
		}
	}
	var first *tracking.Row
	for _, r := range s.Rows {
		switch {
		case reports[r.NetworkMessageId+r.MessageId]:
		case r.EventId == tracking.Receive:
			return r
		case first == nil:
			first = r
		}
	}
	return cmp.Or(first, s.Rows[0])
}

// note notes which recipients may still wait after a row.
func (m *Message) note(r *tracking.Row) {
	for _, to := range r.Recipients {
		switch to = strings.ToLower(to); r.EventId {
		case tracking.Receive, tracking.Defer, tracking.Resubmit:
			m.recipients[to] = true
		case tracking.Send, tracking.Fail, tracking.Drop:
			m.recipients[to] = false
		}
	}
}

// open reports whether a recipient may still wait.
func (m *Message) open() bool {
	for _, waits := range m.recipients {
		if waits {
			return true
		}
	}
	return false
}

// mostAsked is of how many messages the queue is asked.
const mostAsked = 1000

// AddWaiting adds to messages that may be on the queue how their recipients wait. ask asks the gateway; it isn't
// called when nothing can wait. Of more than 1,000 such messages the first are asked for.
func AddWaiting(messages []*Message, ask func(control.Request) iter.Seq2[control.Event, error]) error {
	byID := make(map[string]*Message)
	r := control.Request{Action: control.Show}
	for _, m := range messages {
		if m.ID != "" && m.open() && len(r.Filter.IDs) < mostAsked {
			byID[m.ID] = m
			r.Filter.IDs = append(r.Filter.IDs, m.ID)
		}
	}
	if len(byID) == 0 {
		return nil
	}
	for e, err := range ask(r) {
		if err != nil {
			return err
		}
		if e.Message != nil && byID[e.Message.ID] != nil {
			byID[e.Message.ID].queued(e.Message)
		}
	}
	return nil
}

// queued adds what the queue says of the message.
func (m *Message) queued(q *control.Message) {
	for _, r := range q.Recipients {
		if r.Status == "waiting" {
			m.Waiting = append(m.Waiting, Waiting{To: r.To, NextHop: r.NextHop, Next: r.Next, Suspended: q.Suspended, Reply: r.Reply, Advice: r.Advice})
		}
	}
}

// newEvent returns the event of a row. The message arrived at begun.
func newEvent(r *tracking.Row, begun time.Time) Event {
	e := Event{
		Time: r.Timestamp, Delay: r.Timestamp.Sub(begun).Seconds(), Event: r.EventId, Source: r.Source, Connector: r.ConnectorId, TLS: r.Custom("TLS"),
		User: r.Custom("User"), Reason: r.Custom("Reason"), Rights: r.Custom("Rights"), Decision: r.Custom("Decision"), Operator: r.Custom("Operator"), Recipients: []Recipient{},
	}
	for i, to := range r.Recipients {
		e.Recipients = append(e.Recipients, Recipient{plainText(to), plainText(r.Status(i))})
	}
	_, said, _ := strings.Cut(r.SourceContext, ";")
	said, _, _ = strings.Cut(said, ";")
	switch {
	case r.Source == "ADMIN":
		e.Server, e.Action = r.ServerHostname, said
	case r.EventId == tracking.Send || r.EventId == tracking.Defer || r.EventId == tracking.Fail && r.Custom("Hop") != "":
		e.Server, e.Host, e.HostIP = r.ClientHostname, r.ServerHostname, r.ServerIp
	default:
		e.Server, e.Client, e.ClientIP = r.ServerHostname, r.ClientHostname, r.ClientIp
	}
	return e
}

// plainText returns the text of a value in which a semicolon was written as <3B>.
func plainText(s string) string { return strings.ReplaceAll(s, "<3B>", ";") }
