package spool

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/routing"
)

// metadata is the JSON of a record: a queue.Message in words that an operator
// can read, and where its content is.
type metadata struct {
	ID      string    `json:"id"`
	Arrived time.Time `json:"arrived,omitzero"`
	Size    int64     `json:"size"`

	// File is the number in the name of the file with the content in bodies, 0 if
	// the content is in the record. FileSum is the checksum of the file.
	File    uint64 `json:"file,omitempty"`
	FileSum uint32 `json:"filesum,omitempty"`
	// Segment is the number of the segment with the content, in a record without
	// it.
	Segment uint64 `json:"segment,omitempty"`
	// Lost means that the record with the content was damaged.
	Lost bool `json:"lost,omitempty"`

	From      routing.Address   `json:"from,omitzero"`
	Body      envelope.BodyType `json:"body,omitempty"`
	UTF8      bool              `json:"utf8,omitempty"`
	Ret       string            `json:"ret,omitempty"`
	EnvID     string            `json:"envid,omitempty"`
	Connector string            `json:"connector,omitempty"`
	Remote    netip.AddrPort    `json:"remote,omitzero"`
	Helo      string            `json:"helo,omitempty"`
	User      string            `json:"user,omitempty"`
	Report    bool              `json:"report,omitempty"`
	Held      bool              `json:"held,omitempty"`

	Recipients []recipient `json:"recipients,omitempty"`
}

// recipient is a queue.Recipient.
type recipient struct {
	To       routing.Address `json:"to,omitzero"`
	Notify   []string        `json:"notify,omitempty"`
	ORcpt    string          `json:"orcpt,omitempty"`
	Status   queue.Status    `json:"status"`
	Next     time.Time       `json:"next,omitzero"`
	Hop      string          `json:"hop,omitempty"`
	Attempts int             `json:"attempts,omitempty"`
	Tried    time.Time       `json:"tried,omitzero"`
	Reply    string          `json:"reply,omitempty"`
	Host     string          `json:"host,omitempty"`
	Delayed  bool            `json:"delayed,omitempty"`
	Reported bool            `json:"reported,omitempty"`
}

// newMetadata returns m as metadata. What shares memory with m is only read.
func newMetadata(m *queue.Message) *metadata {
	e := &metadata{
		ID: m.ID, Arrived: m.Arrived.UTC(), Size: m.Size,
		From: m.From, Body: m.Body, UTF8: m.UTF8, Ret: m.Return.String(), EnvID: armor(m.EnvID), Connector: armor(m.Connector),
		Helo: armor(m.Helo), User: armor(m.User), Report: m.Report, Held: m.Suspended,
	}
	if m.Remote.IsValid() {
		e.Remote = m.Remote
	}
	e.Recipients = make([]recipient, len(m.Recipients))
	for i := range m.Recipients {
		r := &m.Recipients[i]
		e.Recipients[i] = recipient{
			To: r.To, Notify: notifyList(r.Notify), ORcpt: armor(r.ORcpt), Status: r.Status, Next: r.Next.UTC(),
			Hop: armor(r.Hop), Attempts: r.Attempts, Tried: r.Tried.UTC(), Reply: armor(r.Reply), Host: armor(r.Host),
			Delayed: r.Delayed, Reported: r.Reported,
		}
	}
	return e
}

// message returns the message that e describes.
func (e *metadata) message() *queue.Message {
	m := &queue.Message{
		Envelope: envelope.Envelope{
			ID: e.ID, From: e.From, Size: e.Size, Body: e.Body, UTF8: e.UTF8, EnvID: disarm(e.EnvID), Report: e.Report,
			Connector: disarm(e.Connector), Remote: e.Remote, Helo: disarm(e.Helo), User: disarm(e.User),
		},
		Arrived: e.Arrived, Suspended: e.Held, Recipients: make([]queue.Recipient, len(e.Recipients)),
	}
	m.Return, _ = envelope.ParseReturn(e.Ret)
	for i := range e.Recipients {
		r := &e.Recipients[i]
		m.Recipients[i] = queue.Recipient{
			Recipient: envelope.Recipient{To: r.To, ORcpt: disarm(r.ORcpt)}, Status: r.Status, Next: r.Next,
			Hop: disarm(r.Hop), Attempts: r.Attempts, Tried: r.Tried, Reply: disarm(r.Reply), Host: disarm(r.Host),
			Delayed: r.Delayed, Reported: r.Reported,
		}
		m.Recipients[i].Notify, _ = envelope.ParseNotify(strings.Join(r.Notify, ","))
	}
	return m
}

// notifyList returns the words of NOTIFY, nil if it was not given.
func notifyList(n envelope.Notify) []string {
	if n == 0 {
		return nil
	}
	return strings.Split(n.String(), ",")
}

// encode appends e as a line of JSON to b.
func (e *metadata) encode(b *bytes.Buffer) error {
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false) // people read it: <>, not \u003c\u003e
	return encoder.Encode(e)
}

// summary is the part of the metadata that the index needs. Reading no more makes
// opening a large spool quick.
type summary struct {
	ID         string    `json:"id"`
	Arrived    time.Time `json:"arrived"`
	Size       int64     `json:"size"`
	File       uint64    `json:"file"`
	Segment    uint64    `json:"segment"`
	Lost       bool      `json:"lost"`
	Never      bool      `json:"never"`
	Recipients []struct {
		Status queue.Status `json:"status"`
		Next   time.Time    `json:"next"`
	} `json:"recipients"`
}

// next returns the result of queue.Message.Next, as nanos returns it.
func (s *summary) next() int64 {
	m := queue.Message{Recipients: make([]queue.Recipient, len(s.Recipients))}
	for i, r := range s.Recipients {
		m.Recipients[i] = queue.Recipient{Status: r.Status, Next: r.Next}
	}
	next, _ := m.Next()
	return nanos(next)
}

// nanos returns t in nanoseconds since 1970. Times that don't fit become the earliest
// or the latest that do.
func nanos(t time.Time) int64 {
	switch year := t.Year(); {
	case year < 1678:
		return math.MinInt64
	case year > 2261:
		return math.MaxInt64
	}
	return t.UnixNano()
}

// armored marks a string that is in JSON as base64.
const armored = "base64:"

// armor returns s in a form that JSON can hold: clients write names that aren't UTF-8,
// and encoding/json would replace such bytes.
func armor(s string) string {
	if utf8.ValidString(s) && !strings.HasPrefix(s, armored) {
		return s
	}
	return armored + base64.StdEncoding.EncodeToString([]byte(s))
}

// disarm undoes armor.
func disarm(s string) string {
	coded, ok := strings.CutPrefix(s, armored)
	if !ok {
		return s
	}
	plain, err := base64.StdEncoding.DecodeString(coded)
	if err != nil {
		return s
	}
	return string(plain)
}

// metaID returns the ID that the JSON of a record names, if it names one.
func metaID(meta []byte) string {
	var m summary
	if json.Unmarshal(meta, &m) != nil || !queue.ValidID(m.ID) {
		return ""
	}
	return m.ID
}
