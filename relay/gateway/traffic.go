package gateway

import (
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// trafficSeconds is the time that Traffic covers, in seconds.
const trafficSeconds = 60

// traffic counts by the second what happened in the last minute.
type traffic struct {
	mu      sync.Mutex
	seconds [trafficSeconds]second // by the number of the second
}

// second has the counts of one second.
type second struct {
	number int64 // since 1970
	control.Traffic
}

// read counts an event.
func (t *traffic) read(e *event.Event) {
	var one control.Traffic
	switch e.Kind {
	case event.ConnectionEnded:
		one.Connections = 1
	case event.MessageAccepted:
		one.Accepted = 1
	case event.ConnectionRefused, event.CommandRefused, event.MessageRefused, event.MessageFailed:
		one.Refused = 1
	case event.Delivered:
		one.Delivered = 1
	case event.Deferred:
		one.Deferred = 1
	case event.Refused, event.Expired:
		one.Failed = 1
	default:
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	number := e.Time.Unix()
	s := &t.seconds[number%trafficSeconds]
	switch {
	case s.number < number:
		*s = second{number: number, Traffic: one}
	case s.number == number:
		s.Traffic = s.Plus(one)
	}
}

// lastMinute returns the counts of the minute before now.
func (t *traffic) lastMinute(now time.Time) (sum control.Traffic) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.seconds {
		if s := &t.seconds[i]; now.Unix()-s.number < trafficSeconds && s.number <= now.Unix() {
			sum = sum.Plus(s.Traffic)
		}
	}
	return sum
}
