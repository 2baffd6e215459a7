package spool

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"time"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// location is where the content of a message is. The JSON of a record is the encoding
// of the message by package queue, with the members of its location added at the end.
type location struct {
	// File is the number in the name of the file with the content in bodies, 0 if
	// the content is in the record. FileSum is the checksum of the file.
	File    uint64 `json:"file"`
	FileSum uint32 `json:"filesum"`
	// Segment is the number of the segment with the content, in a record without
	// it.
	Segment uint64 `json:"segment"`
	// Lost means that the record with the content was damaged.
	Lost bool `json:"lost"`
}

// encode appends the JSON of a record, a line, to b.
func encode(b *bytes.Buffer, m *queue.Message, l location) error {
	text, err := m.AppendJSON(b.AvailableBuffer())
	if err != nil {
		return err
	}
	text = text[:len(text)-len("}")]
	for _, member := range [...]struct {
		name  string
		value uint64
	}{{"file", l.File}, {"filesum", uint64(l.FileSum)}, {"segment", l.Segment}} {
		if member.value != 0 {
			text = append(append(append(text, `,"`...), member.name...), `":`...)
			text = strconv.AppendUint(text, member.value, 10)
		}
	}
	if l.Lost {
		text = append(text, `,"lost":true`...)
	}
	_, _ = b.Write(append(text, "}\n"...)) // never fails
	return nil
}

// summary is the part of the metadata that the index needs. Reading no more makes
// opening a large spool quick.
type summary struct {
	V       int       `json:"v"`
	ID      string    `json:"id"`
	Arrived time.Time `json:"arrived"`
	Size    int64     `json:"size"`
	location
	Never      bool `json:"never"`
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

// metaID returns the ID that the JSON of a record names, if it names one.
func metaID(meta []byte) string {
	var m summary
	if json.Unmarshal(meta, &m) != nil || !queue.ValidID(m.ID) {
		return ""
	}
	return m.ID
}
