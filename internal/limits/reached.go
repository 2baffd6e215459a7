package limits

import (
	"net/netip"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/network"
	"github.com/interchange-smtp/interchange/relay/event"
)

// What a limit counts for itself.
const (
	ByConnection = "connection"
	ByMessage    = "message"
	BySource     = "source"
	ByUser       = "user"
	ByConnector  = "connector"
	ByServer     = "server"
)

// State is a counter and the limit that it may not exceed.
type State struct {
	Limit string    // the parameter, or the name in docs/limits.md
	By    string    // what is counted for itself
	Key   string    // which one; "": the server, or the connection or message at hand
	Value int64     // the counter; of a time, milliseconds
	Bound int64     // the largest value that passes
	Until time.Time // when the counter begins again; zero: it goes down when something ends

	Window time.Duration // in which the counter counts; 0: it counts what there is at a time
}

// name makes source the Key of a counter of sources.
func (s *State) name(source netip.Addr) {
	if s.By == BySource {
		s.Key = network.SourceText(source)
	}
}

// Reached is a limit that refuses something. Its Value counts what is refused.
type Reached struct {
	State
	Reason reply.Reason // of the refusal
}

// Fill sets the fields of an event that are about a limit.
func (s State) Fill(e *event.Event) {
	e.Limit, e.By, e.Key, e.Value, e.Bound, e.Until = s.Limit, s.By, s.Key, s.Value, s.Bound, s.Until
}
