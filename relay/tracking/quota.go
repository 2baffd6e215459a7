package tracking

import (
	"net/netip"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/internal/network"
	"github.com/interchange-smtp/interchange/relay/event"
)

// How many rows there are in a minute about what strangers were refused.
const (
	refusalsOfSource = 100
	refusalsOfAll    = 500
)

// quota bounds the rows about refusals that any client can cause, so that they don't push the others out of
// the directory.
type quota struct {
	mu       sync.Mutex
	minute   time.Time
	all      int
	bySource map[netip.Addr]int
}

// isTracked reports whether an event has its row in any case: the message was accepted, or the client is
// known.
func isTracked(e *event.Event) bool {
	switch e.Kind {
	case event.CommandRefused, event.MessageRefused, event.MessageFailed, event.MessageAborted:
		return e.User != "" || e.Outgoing
	}
	return true
}

// take counts a row, and reports whether it may be written. first says that it is the first one of its source,
// or of all, that may not.
func (q *quota) take(e *event.Event) (allowed, first bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if minute := e.Time.Truncate(time.Minute); !minute.Equal(q.minute) {
		q.minute, q.all, q.bySource = minute, 0, make(map[netip.Addr]int)
	}
	if q.all >= refusalsOfAll {
		q.all++
		return false, q.all == refusalsOfAll+1
	}
	source := network.Source(e.Remote.Addr())
	q.bySource[source]++
	if n := q.bySource[source]; n > refusalsOfSource {
		return false, n == refusalsOfSource+1
	}
	q.all++
	return true, false
}
