package relay_test

import (
	"context"
	"slices"
	"sync"

	"github.com/interchange-smtp/interchange/relay/event"
)

// recorder is a Reader that keeps the events.
type recorder struct {
	mu  sync.Mutex
	all []event.Event
}

// read is the Reader.
func (r *recorder) read(_ context.Context, e event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, e)
}

// list returns the events until now.
func (r *recorder) list() []event.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

// of returns the events of a kind until now.
func (r *recorder) of(kind event.Kind) []event.Event { return ofKind(r.list(), kind) }

// take returns the events of a kind since the last call, and forgets all events.
func (r *recorder) take(kind event.Kind) []event.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := ofKind(r.all, kind)
	r.all = nil
	return all
}

// ofKind leaves the events of other kinds out of all.
func ofKind(all []event.Event, kind event.Kind) []event.Event {
	return slices.DeleteFunc(all, func(e event.Event) bool { return e.Kind != kind })
}
