package control

import (
	"time"

	"github.com/interchange-smtp/interchange/relay/dispatch"
)

// Hop is a dispatch.Queue, a next hop and its messages, as operators and their programs read it.
type Hop struct {
	Name         string `json:"name"`
	Connector    string `json:"connector,omitempty"` // the Send connector
	DeliveryType string `json:"deliveryType,omitempty"`
	Destination  string `json:"destination,omitempty"` // the domain, smart hosts or server

	Suspended      bool      `json:"suspended,omitempty"` // by an operator
	SuspendedSince time.Time `json:"suspendedSince,omitzero"`
	SuspendedBy    string    `json:"suspendedBy,omitempty"`

	Messages int       `json:"messages"` // that wait for it or are being sent to it
	Deferred int       `json:"deferred"` // of them, those that wait for a time of their own
	Held     int       `json:"held"`     // of them, those that an operator has suspended
	Sending  int       `json:"sending"`  // attempts under way
	Oldest   time.Time `json:"oldest,omitzero"`

	Failures int       `json:"failures"` // since it last answered
	Tried    time.Time `json:"tried,omitzero"`
	Retry    time.Time `json:"retry,omitzero"`
	Paced    time.Time `json:"paced,omitzero"`  // until then the limits of the smart host let nothing go
	Host     string    `json:"host,omitempty"`  // that said Reply; "": Reply comes from the gateway
	Reply    string    `json:"reply,omitempty"` // of the last failure, with its cause
	Advice   string    `json:"advice,omitempty"`

	Incoming float64 `json:"incoming"` // messages per second, averaged over the last minutes
	Outgoing float64 `json:"outgoing"`
}

// NewHop returns q as it is in an answer.
func NewHop(q *dispatch.Queue) *Hop {
	return &Hop{
		Name: q.Name, Connector: q.Connector, DeliveryType: q.DeliveryType, Destination: q.Destination,
		Suspended: q.Suspended, SuspendedSince: q.SuspendedSince.UTC(), SuspendedBy: q.SuspendedBy,
		Messages: q.Messages, Deferred: q.Deferred, Held: q.Held, Sending: q.Active, Oldest: q.Oldest.UTC(),
		Failures: q.Failures, Tried: q.Tried.UTC(), Retry: q.Retry.UTC(), Paced: q.Paced.UTC(),
		Host: q.Host, Reply: q.Reply, Advice: q.Advice, Incoming: q.Incoming, Outgoing: q.Outgoing,
	}
}
