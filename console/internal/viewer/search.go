package viewer

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/gateway/trace"
	"github.com/interchange-smtp/interchange/relay/tracking"
)

// The bounds of searches.
const (
	MaxStories  = 100              // messages that a search finds
	MaxEvents   = 500              // of one message that are shown
	SearchTime  = 10 * time.Second // that a search takes
	searches    = 2                // at once
	keptResults = 16
)

// Searches searches message tracking logs. It is safe for concurrent use.
type Searches struct {
	paths func(ctx context.Context) ([]string, error)
	ask   Ask
	limit time.Duration
	cache *cache[*Found]
}

// NewSearches returns the searches of the logs whose files and directories paths names. ask asks the gateway how messages
// wait.
func NewSearches(paths func(ctx context.Context) ([]string, error), ask Ask, now func() time.Time) *Searches {
	return &Searches{paths: paths, ask: ask, limit: SearchTime, cache: newCache[*Found](now, searches, keptResults)}
}

// Found is the result of a search.
type Found struct {
	Messages []Tracked // in the order of their first events
	More     bool      // there are more messages than MaxStories
	Stopped  bool      // SearchTime was over before everything was read: messages and events are missing
	Unread   int       // lines that can't be read
	NoFiles  bool      // there are no logs
	Queue    string    // why it isn't known how messages wait; "": it is
}

// Tracked is a message that a search has found.
type Tracked struct {
	*trace.Message
	Outcomes []trace.Outcome
	Cut      int // events that aren't among Message.Events, because there are more than MaxEvents
}

// Find returns the messages that q wants. Before ctx ends without a result, the search goes on; Progress says how far it
// is, and the same search again returns its result for some seconds.
func (s *Searches) Find(ctx context.Context, q tracking.Query) (*Found, error) {
	return s.cache.get(ctx, key(q), func(ctx context.Context, progress func(float64)) (*Found, error) { return s.find(ctx, q, progress) })
}

// Progress returns how far the search for q is, from 0 to 1.
func (s *Searches) Progress(q tracking.Query) float64 { return s.cache.progress(key(q)) }

// key returns the text that stands for a query.
func key(q tracking.Query) string {
	return fmt.Sprintf("%q %d %d", []string{q.From, q.To, q.Subject, q.ID, q.Event}, q.Since.UnixNano(), q.Until.UnixNano())
}

// find searches.
func (s *Searches) find(ctx context.Context, q tracking.Query, progress func(float64)) (*Found, error) {
	paths, err := s.paths(ctx)
	if err != nil {
		return nil, err
	}
	files, err := tracking.Open(paths...)
	if err != nil {
		return nil, err
	}
	f := &Found{NoFiles: len(files) == 0}
	limited, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	found, err := tracking.Find(limited, files, q, tracking.Options{Most: MaxStories, Unread: func(error) { f.Unread++ }, Progress: progress})
	if err != nil && limited.Err() == nil {
		return nil, err
	}
	f.Stopped, f.More = err != nil, found.More
	messages := trace.Messages(found.Stories)
	if err := trace.AddWaiting(messages, func(r control.Request) iter.Seq2[control.Event, error] { return s.ask(ctx, r) }); err != nil {
		f.Queue = err.Error()
	}
	for _, m := range messages {
		t := Tracked{Message: m, Outcomes: m.Outcomes(), Cut: max(len(m.Events)-MaxEvents, 0)}
		m.Events = slices.Clone(m.Events[:len(m.Events)-t.Cut])
		f.Messages = append(f.Messages, t)
	}
	return f, nil
}
