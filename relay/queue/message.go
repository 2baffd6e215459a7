package queue

import (
	"net/netip"
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/routing"
)

// Message is one message on the queue, its octets apart. Save keeps every
// field; ID, Size and what describes the transaction never change.
type Message struct {
	ID      string // as ValidID wants it
	Arrived time.Time
	Size    int64 // in octets, as stored

	// The transaction, as in relay.Envelope.
	From      routing.Address // zero: <>
	Body      relay.BodyType
	UTF8      bool
	Ret       string
	EnvID     string
	Connector string         // the Receive connector; "" of a report of our own
	Remote    netip.AddrPort // the client; of a report of our own, that of the message it is on
	Helo      string
	User      string // who had authenticated; "": nobody

	// Report says that this is a delivery report of our own.
	Report bool

	// Held says that an operator wants nothing done with it but expire.
	Held bool

	Recipients []Recipient
}

// Recipient is one recipient and what has become of it.
type Recipient struct {
	To     routing.Address
	Notify []string // as in relay.Recipient
	ORcpt  string

	Status Status
	Next   time.Time // not to be tried before; zero: at once

	// The last attempt.
	Hop      string    // the next hop's name, as operators see it; "": none was found
	Attempts int       // that have reached the hop
	Tried    time.Time // when; zero: never
	Reply    string    // printable: what was said, "" for nothing
	Host     string    // who said it; "": we ourselves

	Delayed  bool // the sender was told that it takes longer
	Reported bool // the sender was told how it ended, or need not be
}

// Status is what has become of a recipient.
type Status uint8

// The states of a recipient. All but Waiting are final.
const (
	Waiting   Status = iota
	Delivered        // a next hop has it
	Failed           // refused for good
	Expired          // it waited too long
	Dropped          // by an operator
)

// String returns the status as operators read it.
func (s Status) String() string {
	switch s {
	case Waiting:
		return "waiting"
	case Delivered:
		return "delivered"
	case Failed:
		return "failed"
	case Expired:
		return "expired"
	case Dropped:
		return "dropped"
	}
	return "invalid"
}

// Next returns the earliest Next of the recipients that wait. ok is false if
// none does.
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
	for i := range c.Recipients {
		c.Recipients[i].Notify = slices.Clone(c.Recipients[i].Notify)
	}
	return &c
}

// ValidID reports whether id can name a message: 1 to 64 ASCII letters, digits
// and "-". So it can be part of a file's name, and of a command line.
func ValidID(id string) bool {
	for i := range len(id) {
		switch c := id[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-':
		default:
			return false
		}
	}
	return 1 <= len(id) && len(id) <= 64
}
