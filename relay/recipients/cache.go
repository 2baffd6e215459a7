package recipients

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/internal/network"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/routing"
)

// Bounds of a Cache.
const (
	maxEntries = 50_000           // of which the memory is at most 20 MB
	maxAsking  = 64               // questions at a time
	maxSource  = 4                // of which those of one source are at most so many
	askTime    = 20 * time.Second // for one question
)

// How long answers are kept by default.
const (
	defaultPresent = 2 * time.Hour
	defaultAbsent  = 10 * time.Minute
	defaultFailed  = time.Minute
)

// ErrBusy is the error for a recipient that isn't asked about, because too many questions are under
// way, in all or from the client's IPv4 address or IPv6 /64 network.
var ErrBusy = errors.New("too many recipients are being looked up")

// Cache keeps the answers of a Source, up to 50,000, and asks it about 64 recipients at a time, 4 of
// them for one IPv4 address or IPv6 /64 network. It is safe for concurrent use; its fields must not change after the first
// use.
type Cache struct {
	Source relay.Recipients

	// How long it is known that a recipient exists (0: 2 hours), that it doesn't (0: 10
	// minutes), and that the Source has failed (0: a minute).
	Present, Absent, Failed time.Duration

	// AcceptFailed lets recipients count as existing while the Source fails. Otherwise its
	// error is returned.
	AcceptFailed bool

	mu      sync.Mutex
	entries map[string]entry
	asking  map[netip.Addr]int // questions under way, by source
	total   int
}

// entry is an answer.
type entry struct {
	exists bool
	err    error
	until  time.Time
}

// Exists implements relay.Recipients.
func (c *Cache) Exists(ctx context.Context, client netip.Addr, to routing.Address) (bool, error) {
	key := folded(to)
	if e, ok := c.get(key); ok {
		return c.answer(e)
	}
	client = network.Source(client)
	if !c.begin(client) {
		return false, ErrBusy
	}
	defer c.end(client)
	limited, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	var e entry
	e.exists, e.err = c.Source.Exists(limited, client, to)
	if ctx.Err() == nil { // a client that breaks off says nothing about the Source
		c.put(key, e)
	}
	return c.answer(e)
}

// answer returns the answer to a client by an entry.
func (c *Cache) answer(e entry) (bool, error) {
	if e.err != nil && c.AcceptFailed {
		return true, nil
	}
	return e.exists, e.err
}

// begin reports whether another question may be asked for a source, and counts it.
func (c *Cache) begin(source netip.Addr) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.total >= maxAsking || c.asking[source] >= maxSource {
		return false
	}
	if c.asking == nil {
		c.asking = make(map[netip.Addr]int)
	}
	c.asking[source]++
	c.total++
	return true
}

// end undoes begin.
func (c *Cache) end(source netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total--
	if c.asking[source]--; c.asking[source] == 0 {
		delete(c.asking, source)
	}
}

// get returns the entry of an address, if it is still valid.
func (c *Cache) get(key string) (entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	return e, ok && time.Now().Before(e.until)
}

// put keeps an entry, in the place of any other if there are too many.
func (c *Cache) put(key string, e entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil {
		c.entries = make(map[string]entry)
	}
	if _, known := c.entries[key]; !known && len(c.entries) >= maxEntries {
		for other := range c.entries {
			delete(c.entries, other)
			break
		}
	}
	e.until = time.Now().Add(c.lifetime(e))
	c.entries[key] = e
}

// lifetime returns how long an entry is kept.
func (c *Cache) lifetime(e entry) time.Duration {
	given, usual := c.Absent, defaultAbsent
	switch {
	case e.err != nil:
		given, usual = c.Failed, defaultFailed
	case e.exists:
		given, usual = c.Present, defaultPresent
	}
	if given == 0 {
		return usual
	}
	return given
}
