package viewer

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

const (
	fresh     = time.Second      // how long an answer serves
	maxFresh  = 30 * time.Second // and at most, if it took long
	effort    = 10               // an answer serves for this many times the time that it took
	askTime   = 20 * time.Second // bounds one answer
	maxCached = 64               // lists that are kept
)

// ErrBusy is the error of a viewer who wants something when too many others wait for something else.
var ErrBusy = errors.New("too many lists are being read at this time; try again in a few seconds")

// cache keeps answers for a short time, so that many viewers cost as much as one. It is safe for concurrent use.
type cache[T any] struct {
	now   func() time.Time
	slots chan struct{} // for those that ask at the same time
	most  int           // entries

	mu      sync.Mutex
	entries map[string]*entry[T]
}

// entry is one answer, or the wait for it.
type entry[T any] struct {
	done  chan struct{} // closed when the rest is set
	value T
	err   error
	until time.Time // when it is too old

	broken string // what ask panicked with, for the viewers to panic with; "": it didn't

	progress atomic.Uint32 // of 1,000
}

// newCache returns a cache of most answers, of which at most atOnce are under way.
func newCache[T any](now func() time.Time, atOnce, most int) *cache[T] {
	return &cache[T]{now: now, slots: make(chan struct{}, atOnce), most: most, entries: make(map[string]*entry[T])}
}

// asker gives an answer. It may say how far it is, from 0 to 1.
type asker[T any] func(ctx context.Context, progress func(fraction float64)) (T, error)

// get returns the answer for key, which ask gives unless there is one. ask goes on when the viewer who caused it has
// gone, because others may wait.
func (c *cache[T]) get(ctx context.Context, key string, ask asker[T]) (T, error) {
	e, err := c.entry(key, ask)
	if err != nil {
		var none T
		return none, err
	}
	select {
	case <-e.done:
		if e.broken != "" {
			panic(e.broken)
		}
		return e.value, e.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

// progress returns how far the answer for key is, from 0 to 1.
func (c *cache[T]) progress(key string) float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.entries[key]; e != nil {
		return float64(e.progress.Load()) / 1000
	}
	return 0
}

// entry returns the entry of key, which begins to ask unless it is there.
func (c *cache[T]) entry(key string, ask asker[T]) (*entry[T], error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.entries[key]; e != nil && !e.old(c.now()) {
		return e, nil
	}
	delete(c.entries, key)
	if len(c.entries) >= c.most && !c.evict() {
		return nil, ErrBusy
	}
	e := &entry[T]{done: make(chan struct{})}
	c.entries[key] = e
	go c.fill(e, ask)
	return e, nil
}

// fill asks for the answer of e.
func (c *cache[T]) fill(e *entry[T], ask asker[T]) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), askTime, errors.New("the gateway takes too long to answer"))
	defer cancel()
	c.slots <- struct{}{}
	defer func() { <-c.slots }()
	defer close(e.done)
	defer func() {
		if p := recover(); p != nil { // here it would end the program, and with it the mail
			e.broken = fmt.Sprintf("%v\n%s", p, debug.Stack())
		}
	}()
	began := c.now()
	e.value, e.err = ask(ctx, func(fraction float64) { e.progress.Store(uint32(1000 * fraction)) })
	now := c.now()
	e.until = now.Add(min(max(fresh, effort*now.Sub(began)), maxFresh))
}

// old reports whether e no longer serves.
func (e *entry[T]) old(now time.Time) bool {
	select {
	case <-e.done:
		return !now.Before(e.until)
	default:
		return false
	}
}

// evict drops the answer that is the oldest, and reports whether there is one.
func (c *cache[T]) evict() bool {
	oldest := ""
	for key, e := range c.entries {
		select {
		case <-e.done:
			if oldest == "" || e.until.Before(c.entries[oldest].until) {
				oldest = key
			}
		default:
		}
	}
	delete(c.entries, oldest)
	return oldest != ""
}

// forget makes the next viewer ask again.
func (c *cache[T]) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.entries)
}
