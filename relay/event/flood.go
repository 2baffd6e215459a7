package event

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
)

const (
	floodWindow = time.Minute
	floodLines  = 10 // of a group in a floodWindow
)

// floods keeps refusals that clients can cause without end from flooding the log. In each window the
// first floodLines of a group are written, one for each key; at the end of the window a last line says how
// many others there were. Groups are few: connectors, limits and reasons.
type floods struct {
	logger *slog.Logger
	mu     sync.Mutex
	groups map[floodGroup]*flood
}

// floodGroup names the lines that share a window.
type floodGroup struct {
	kind             Kind
	connector, limit string
	reason           reply.Reason
}

// flood is the window of a group.
type flood struct {
	keys []string // of the lines that were written
	more int      // events without a line
	last Event    // of them
}

// groupOf returns the group of an event and its key there. ok is false if every one has a line.
func groupOf(e *Event) (g floodGroup, key string, ok bool) {
	switch {
	case e.Kind == LimitReached:
		return floodGroup{kind: e.Kind, connector: e.Connector, limit: e.Limit}, e.Key, true
	case e.Kind == ConnectionRefused && e.Reason != reply.Undecided, e.Kind == CommandRefused && e.Reason == reply.RateExceeded:
		return floodGroup{kind: e.Kind, connector: e.Connector, reason: e.Reason}, e.Remote.Addr().String(), true
	}
	return g, "", false
}

// add writes the line of an event, or counts it.
func (f *floods) add(ctx context.Context, e *Event) {
	if g, key, ok := groupOf(e); !ok || f.first(g, key, e) {
		writeLine(ctx, f.logger, e)
	}
}

// first reports whether e has a line of its own, and counts it if not.
func (f *floods) first(g floodGroup, key string, e *Event) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	w := f.groups[g]
	if w == nil {
		w = new(flood)
		if f.groups == nil {
			f.groups = make(map[floodGroup]*flood)
		}
		f.groups[g] = w
		time.AfterFunc(floodWindow, func() { f.end(g) })
	}
	if len(w.keys) < floodLines && !slices.Contains(w.keys, key) {
		w.keys = append(w.keys, key)
		return true
	}
	w.more++
	w.last = *e
	return false
}

// end writes the last line of a window.
func (f *floods) end(g floodGroup) {
	f.mu.Lock()
	w := f.groups[g]
	delete(f.groups, g)
	f.mu.Unlock()
	if w.more > 0 {
		w.last.More = w.more - 1
		writeLine(context.Background(), f.logger, &w.last)
	}
}
