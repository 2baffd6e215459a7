package control

import (
	"time"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// Message is a queue.Message as operators and their programs read it: with words where the
// encoding of a Store has numbers, and with text as it is where that has base64.
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
	Ret        string      `json:"ret,omitempty"`   // RET; "": not given
	EnvID      string      `json:"envid,omitempty"` // ENVID in xtext
	Report     bool        `json:"report,omitempty"`
	Suspended  bool        `json:"suspended,omitempty"`
	Session    string      `json:"session,omitempty"`
	NetworkID  string      `json:"networkId,omitempty"`
	MessageID  string      `json:"messageId,omitempty"` // the field Message-ID
	Subject    string      `json:"subject,omitempty"`
	Recipients []Recipient `json:"recipients"`
}

// Recipient is a queue.Recipient as operators read it.
type Recipient struct {
	To       string    `json:"to"`
	Notify   string    `json:"notify,omitempty"` // NOTIFY; "": not given
	ORcpt    string    `json:"orcpt,omitempty"`  // ORCPT, "type;xtext"
	Status   string    `json:"status"`
	Next     time.Time `json:"next,omitzero"` // zero: at once
	NextHop  string    `json:"nextHop,omitempty"`
	Attempts int       `json:"attempts"`
	Tried    time.Time `json:"tried,omitzero"`
	Host     string    `json:"host,omitempty"`
	Reply    string    `json:"reply,omitempty"`
	Advice   string    `json:"advice,omitempty"`   // what an administrator can do about Reply, if that is known
	Redirect string    `json:"redirect,omitempty"` // the Send connector that an operator chose; "": the policy's route
	Delayed  bool      `json:"delayed,omitempty"`
	Reported bool      `json:"reported,omitempty"`
}

// NewMessage returns m as it is in an answer.
func NewMessage(m *queue.Message) *Message {
	out := &Message{
		ID: m.ID, Arrived: m.Arrived.UTC(), Size: m.Size, From: m.From.String(),
		Connector: m.Connector, Helo: m.Helo, User: m.User, Body: m.Body.String(), UTF8: m.UTF8,
		Ret: m.Return.String(), EnvID: m.EnvID, Report: m.Report, Suspended: m.Suspended,
		Session: m.Session, NetworkID: m.NetworkID, MessageID: m.MessageID, Subject: m.Subject, Recipients: make([]Recipient, len(m.Recipients)),
	}
	if m.Remote.IsValid() {
		out.Remote = m.Remote.String()
	}
	for i := range m.Recipients {
		r := &m.Recipients[i]
		out.Recipients[i] = Recipient{
			To: r.To.String(), Notify: r.Notify.String(), ORcpt: r.ORcpt, Status: r.Status.String(), Next: r.Next.UTC(), NextHop: r.Hop, Attempts: r.Attempts,
			Tried: r.Tried.UTC(), Host: r.Host, Reply: r.Reply, Advice: r.Advice, Redirect: r.Redirect, Delayed: r.Delayed, Reported: r.Reported,
		}
	}
	return out
}
