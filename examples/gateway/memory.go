package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// maxGarbage is how much memory in bytes may become garbage before it is collected. Go waits
// until there is as much garbage as there is memory in use, which thousands of clients that
// do nothing would double.
const maxGarbage = 8 << 20

// collectSooner lets garbage be collected sooner while much memory is in use, until ctx ends.
// It does nothing where the environment sets GOGC.
func collectSooner(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	t := time.NewTicker(time.Second)
	defer t.Stop()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	for now := 100; ; {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		metrics.Read(live)
		if next := garbagePercent(live[0].Value.Uint64()); next != now {
			debug.SetGCPercent(next)
			now = next
		}
	}
}

// garbagePercent returns how much garbage there may be, in percent of the memory that is in
// use. It is rounded to steps, because each change takes time.
func garbagePercent(live uint64) int {
	const least, step = 10, 5
	if live <= maxGarbage {
		return 100
	}
	return max(least, int(maxGarbage*100/live)/step*step)
}
