package monitor_test

import (
	"fmt"
	"time"

	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/gateway/monitor"
)

// A status becomes a level and what is wrong.
func Example() {
	now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	v := monitor.Judge(&control.Status{Time: now, State: control.Serving, Queue: &control.Queued{Waiting: 3, Oldest: now.Add(-time.Hour)}}, monitor.DefaultLimits())
	fmt.Println(v.Level, v.Problems)
	// Output: WARNING [the oldest message is 60 minutes old]
}
