package dispatch

import (
	"time"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// usage is an answer of Store.Usage, and what this process had on the Store at that time. d.mu guards
// it.
type usage struct {
	answer   queue.Usage
	at       time.Time // of the answer; zero: no answer
	messages int
	bytes    int64
	asking   bool // a goroutine asks the Store
}
