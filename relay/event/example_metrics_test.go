package event_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/interchange-smtp/interchange/relay/event"
)

// counters counts events by their kinds, for a metrics library to read.
type counters struct {
	mu     sync.Mutex
	counts map[string]int
}

// read is the Reader.
func (c *counters) read(_ context.Context, e event.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = make(map[string]int)
	}
	c.counts[e.Kind.String()]++
}

// Metrics are a Reader that counts.
func ExampleReader() {
	var metrics counters
	read := event.Log(nil, metrics.read) // as a Server, Sender or Dispatcher calls its Events

	ctx := context.Background()
	read(ctx, event.Event{Kind: event.Deferred, Err: errors.New("connection refused")})
	read(ctx, event.Event{Kind: event.Deferred, Err: errors.New("connection refused")})
	read(ctx, event.Event{Kind: event.Delivered, Reply: "250 OK"})
	for _, kind := range slices.Sorted(maps.Keys(metrics.counts)) {
		fmt.Println(kind, metrics.counts[kind])
	}
	// Output:
	// deferred 2
	// delivered 1
}
