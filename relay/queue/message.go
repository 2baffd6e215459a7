package queue

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/relay/envelope"
)

// Message is one message on the queue, without its content. A Store keeps every field,
// with any bytes in the strings; MarshalJSON encodes it for that. ID, Size and the rest
// of the Envelope never change. User is "" if the client had not logged on.
type Message struct {
	envelope.Envelope           // ID as ValidID requires it, Size in bytes as stored
	Arrived           time.Time // when the message was put on the queue

	// Suspended is set while an operator has suspended the message: it isn't tried,
	// but it expires.
	Suspended bool

	Recipients []Recipient
}

// Recipient is one recipient and the state of its delivery.
type Recipient struct {
	envelope.Recipient

	Status Status
	Next   time.Time // the earliest time of the next attempt; zero: at once

	// The last attempt.
	Hop      string    // the next hop's name, as operators see it; "": no next hop was found
	Attempts int       // attempts that have reached the next hop
	Tried    time.Time // when; zero: never
	Reply    string    // what Host replied or what was found here, printable; "": nothing
	Host     string    // the host that replied; "": Reply comes from this server
	Advice   string    // what an administrator can do about Reply, in sentences; "": nothing is known
	Addr     string    // IP address and port of the host, if it answered; "": it didn't
	TLS      uint16    // version of TLS of the connection, as in package crypto/tls; 0: in the clear
	Cipher   uint16    // cipher suite of the connection, likewise

	// Redirect is the Send connector that an operator chose for the recipient in place of the policy's
	// route; "": the policy's route.
	Redirect string

	Delayed  bool // a report on the delay was sent to the sender
	Reported bool // the final outcome was reported to the sender, or need not be
}

// Status is the state of delivery to a recipient.
type Status uint8

// The states of a recipient. All but Waiting are final.
const (
	Waiting   Status = iota
	Delivered        // a next hop has accepted the message
	Failed           // refused permanently
	Expired          // not delivered in time
	Dropped          // removed by an operator
)

var statusNames = []string{"waiting", "delivered", "failed", "expired", "dropped"}

// String returns the status as operators read it.
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return "invalid"
}

// MarshalText returns the text of String, or an error if s is not one of the states.
func (s Status) MarshalText() ([]byte, error) {
	if int(s) >= len(statusNames) {
		return nil, fmt.Errorf("%d is not a status of a recipient", s)
	}
	return []byte(s.String()), nil
}

// UnmarshalText reads what String returns.
func (s *Status) UnmarshalText(text []byte) error {
	i := slices.Index(statusNames, string(text))
	if i < 0 {
		return fmt.Errorf("unknown status %q", text)
	}
	*s = Status(i)
	return nil
}

// Next returns the earliest Next of the waiting recipients. ok is false if no
// recipient waits.
func (m *Message) Next() (t time.Time, ok bool) {
	for i := range m.Recipients {
		if r := &m.Recipients[i]; r.Status == Waiting && (!ok || r.Next.Before(t)) {
			t, ok = r.Next, true
		}
	}
	return t, ok
}

// Clone returns a copy of m that shares nothing with it.
func (m *Message) Clone() *Message {
	c := *m
	c.Recipients = slices.Clone(m.Recipients)
	return &c
}

// ValidID reports whether id can name a message: 1 to 64 ASCII letters, digits
// and "-", so that it can be part of a file name and of a command line.
func ValidID(id string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"
	return 1 <= len(id) && len(id) <= 64 && strings.Trim(id, allowed) == ""
}
