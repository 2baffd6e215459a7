package dispatch

import (
	"math"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/interchange-smtp/interchange/relay/dispatch/internal/schedule"
)

// usage is an answer of Store.Usage, with the memory in use, and what this process had on the Store at
// that time. d.mu guards it.
type usage struct {
	answer   schedule.Used
	at       time.Time // of the answer; zero: no answer
	messages int
	bytes    int64
	asking   bool // a goroutine asks the Store
}

// memoryInUse returns how many bytes of the process's memory are in use: what the last collection of
// garbage left, and stacks.
func memoryInUse() (n int64) {
	all := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(all)
	for _, s := range all {
		n += int64(s.Value.Uint64())
	}
	return n
}

// maxMemory returns the MaxMemory of a Dispatcher with its default; 0: no limit.
func maxMemory(given int64) int64 {
	if given != 0 {
		return max(given, 0)
	}
	limit := debug.SetMemoryLimit(-1) // only returns it
	if limit == math.MaxInt64 {
		return 0
	}
	return limit / 4 * 3
}
