package control

import (
	"time"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// Message is a queue.Message as JSON.
type Message struct {
	ID         string      `json:"id"`
	Arrived    time.Time   `json:"arrived"`
	Size       int64       `json:"size"`
	From       string      `json:"from"` // "": <>
	Connector  string      `json:"connector,omitempty"`
	Remote     string      `json:"remote,omitempty"`
	Helo       string      `json:"helo,omitempty"`
	User       string      `json:"user,omitempty"`
	Body       string      `json:"body"`
	UTF8       bool        `json:"utf8,omitempty"`
	Report     bool        `json:"report,omitempty"`
	Suspended  bool        `json:"suspended,omitempty"`
	Recipients []Recipient `json:"recipients"`
}

// Recipient is a queue.Recipient as JSON.
type Recipient struct {
	To       string    `json:"to"`
	Status   string    `json:"status"`
	Next     time.Time `json:"next,omitzero"` // zero: at once
	NextHop  string    `json:"nextHop,omitempty"`
	Attempts int       `json:"attempts"`
	Tried    time.Time `json:"tried,omitzero"`
	Host     string    `json:"host,omitempty"`
	Reply    string    `json:"reply,omitempty"`
	Delayed  bool      `json:"delayed,omitempty"`
	Reported bool      `json:"reported,omitempty"`
}

// NewMessage returns m as it is in an answer.
func NewMessage(m *queue.Message) *Message {
	out := &Message{
		ID: m.ID, Arrived: m.Arrived.UTC(), Size: m.Size, From: m.From.String(),
		Connector: m.Connector, Helo: m.Helo, User: m.User, Body: m.Body.String(), UTF8: m.UTF8,
		Report: m.Report, Suspended: m.Suspended, Recipients: make([]Recipient, len(m.Recipients)),
	}
	if m.Remote.IsValid() {
		out.Remote = m.Remote.String()
	}
	for i := range m.Recipients {
		r := &m.Recipients[i]
		out.Recipients[i] = Recipient{
			To: r.To.String(), Status: r.Status.String(), Next: r.Next.UTC(), NextHop: r.Hop, Attempts: r.Attempts,
			Tried: r.Tried.UTC(), Host: r.Host, Reply: r.Reply, Delayed: r.Delayed, Reported: r.Reported,
		}
	}
	return out
}
