package event

import (
	"net/netip"
	"strconv"
	"time"
)

// TimeLayout is how the lines of Exchange's logs write times, in UTC.
const TimeLayout = "2006-01-02T15:04:05.000Z"

// LineFields are the names of a Line's cells, in their order and between commas.
const LineFields = "date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context"

// Line is one line of a protocol log: something that one side of an SMTP connection has sent,
// or a note about the connection. Data and Context are printable ASCII of at most about 1 KiB,
// with \xNN for every other byte and for the backslash, and without credentials and the content
// of messages.
type Line struct {
	Time      time.Time
	Connector string // the Receive connector with its server, "EX01\Relay"; or the Send connector
	Session   string // as in the events about the connection
	Sequence  int    // from 0; the number of a line that is withheld is skipped
	Local     netip.AddrPort
	Remote    netip.AddrPort
	Event     byte   // '+' connected, '-' disconnected, '>' sent, '<' received, '*' a note
	Data      string // what was sent or received, or the value of a note
	Context   string // what a note is about, or which side has ended the connection
}

// Cells returns the cells of l in the order of LineFields.
func (l *Line) Cells() []string {
	return []string{
		l.Time.UTC().Format(TimeLayout), l.Connector, l.Session, strconv.Itoa(l.Sequence),
		endpoint(l.Local), endpoint(l.Remote), string(l.Event), l.Data, l.Context,
	}
}

// endpoint returns an address as text; "" if it isn't valid.
func endpoint(a netip.AddrPort) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}
