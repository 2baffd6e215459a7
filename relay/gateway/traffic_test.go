package gateway

import (
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// TestTraffic: each kind of event is counted for a minute, and no longer.
func TestTraffic(t *testing.T) {
	var c traffic
	now := time.Unix(1_800_000_000, 0)
	at := func(age time.Duration, kinds ...event.Kind) {
		for _, k := range kinds {
			c.read(&event.Event{Kind: k, Time: now.Add(-age)})
		}
	}
	at(61*time.Second, event.Delivered)
	at(59*time.Second, event.Delivered, event.Deferred, event.MessageAccepted)
	at(0, event.Delivered, event.CommandRefused, event.ConnectionRefused, event.Expired, event.Refused, event.ConnectionEnded, event.ReportSent)
	if got, want := c.lastMinute(now), (control.Traffic{Connections: 1, Accepted: 1, Refused: 2, Delivered: 2, Deferred: 1, Failed: 2}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := c.lastMinute(now.Add(time.Second)); got.Deferred != 0 || got.Delivered != 1 {
		t.Errorf("a second later: %+v", got)
	}
	if got := c.lastMinute(now.Add(time.Minute)); got != (control.Traffic{}) {
		t.Errorf("a minute later: %+v", got)
	}
}
