package operations

import (
	"context"
	"iter"
	"time"
)

// Queues is the queue of a running server, divided by next hop as Exchange divides it. The methods are not
// called at the same time.
type Queues interface {
	// Queues returns the queues in the order of their names.
	Queues(ctx context.Context) ([]Queue, error)

	// Messages yields the messages that s selects, in the order of their arrival. A message whose
	// recipients are in several queues comes once for each of them. After an error the rest follows.
	Messages(ctx context.Context, s Selection) iter.Seq2[Message, error]

	// Change does what a says to what s selects, and returns how many messages it concerns.
	Change(ctx context.Context, a Action, s Selection) (messages int, err error)

	// Content returns the content of the message with that ID.
	Content(ctx context.Context, id string) ([]byte, error)
}

// Selection selects messages by their queue and their IDs. A zero field selects all.
type Selection struct {
	Queue string   // the Name of a Queue
	IDs   []string // at most MaxIDs
}

// MaxIDs is how many IDs a Selection may have.
const MaxIDs = 1000

// Action is a change by an operator.
type Action struct {
	Do     Verb
	Target string // of RedirectMessages: the name of a Send connector
}

// Verb is the effect of an Action.
type Verb int

// The verbs. The first four are about the queue that a Selection names.
const (
	SuspendQueue    Verb = iota // no message is tried until ResumeQueue, later ones included
	ResumeQueue                 // undoes SuspendQueue
	RetryQueue                  // tries the next hop at once
	ResubmitQueue               // routes the messages again by the policy, and tries them at once
	SuspendMessages             // until ResumeMessages
	ResumeMessages
	RemoveMessages        // without a delivery report
	RemoveMessagesWithNDR // with a delivery report to the sender
	RedirectMessages      // sends them by another Send connector, and no longer by the policy's route
)

// Queue is a next hop and its messages, with the values that Get-Queue shows.
type Queue struct {
	Name             string // the Send connector, then the domain or the smart hosts; or Unreachable
	DeliveryType     string // DnsConnectorDelivery and the other values of Exchange
	NextHopDomain    string // the domain or the smart hosts
	NextHopConnector string // the name of the Send connector; "": of Unreachable
	Status           string // Active, Connecting, Ready, Retry or Suspended

	Messages int // in the queue, those that are being sent included
	Deferred int // of them, those that wait for a time of their own

	LastError            string
	Failures             int       // attempts that failed since the next hop last answered
	LastRetry, NextRetry time.Time // zero: never

	IncomingRate, OutgoingRate float64 // messages per second, in the last minutes
}

// Message is a message in a queue, with the values that Get-Message shows.
type Message struct {
	ID, Queue         string
	Status            string // Active, Ready, Retry or Suspended
	From              string // the address; "": <>
	Subject           string // "": it isn't known
	InternetMessageID string // the field Message-ID; "": it isn't known
	Size              int64  // in bytes
	Connector         string // the Receive connector; "": a delivery report, or an application's mail
	Source            string // IP address of the client; "": there was none
	Received          time.Time
	Expires           time.Time // zero: it isn't known
	LastError         string
	Retries           int
	Recipients        []Recipient // those in this queue
}

// Recipient is a recipient of a Message.
type Recipient struct {
	Address   string
	Status    string // Ready or Retry
	LastError string
}
