package verify

import (
	"context"
	"strings"
	"sync"
	"time"
)

const (
	maxCache = 4 << 20         // bytes of the answers in a cache
	maxTTL   = 1 * time.Hour   // for which an answer is kept
	maxAsked = 256             // questions at a time
	minTTL   = 1 * time.Second // below that, keeping an answer isn't worth the memory
)

// cache is a Resolver that keeps answers for as long as they are valid, and bounds how many
// questions are under way.
type cache struct {
	from  Resolver
	asked chan struct{} // holds one element for each question under way

	mu      sync.Mutex
	answers map[question]answer
	size    int // of answers, in bytes
}

type question struct {
	name string
	t    RecordType
}

type answer struct {
	records Records
	until   time.Time
}

func newCache(from Resolver) *cache {
	return &cache{from: from, asked: make(chan struct{}, maxAsked), answers: make(map[question]answer)}
}

// Lookup implements Resolver.
func (c *cache) Lookup(ctx context.Context, name string, t RecordType) (Records, error) {
	q := question{strings.ToLower(name), t}
	if r, ok := c.kept(q); ok {
		return r, nil
	}
	select {
	case c.asked <- struct{}{}:
	case <-ctx.Done():
		return Records{}, context.Cause(ctx)
	}
	r, err := c.from.Lookup(ctx, q.name, t)
	<-c.asked
	if err == nil {
		c.keep(q, r)
	}
	return r, err
}

// kept returns an answer that is still valid.
func (c *cache) kept(q question) (Records, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, ok := c.answers[q]
	if ok && !time.Now().Before(a.until) {
		c.remove(q, a)
		return Records{}, false
	}
	return a.records, ok
}

// keep keeps an answer, if need be in place of others.
func (c *cache) keep(q question, r Records) {
	if r.TTL < minTTL {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.answers[q]; ok {
		c.remove(q, old)
	}
	c.makeRoom(len(q.name) + r.size())
	c.answers[q] = answer{r, time.Now().Add(min(r.TTL, maxTTL))}
	c.size += len(q.name) + r.size()
}

// makeRoom removes answers until n more bytes fit: first those that are no longer valid, then
// any. A sender that floods the cache costs questions, not memory.
func (c *cache) makeRoom(n int) {
	if c.size+n <= maxCache {
		return
	}
	now := time.Now()
	for q, a := range c.answers {
		if !now.Before(a.until) {
			c.remove(q, a)
		}
	}
	for q, a := range c.answers {
		if c.size+n <= maxCache*3/4 { // so that this isn't done for each answer
			return
		}
		c.remove(q, a)
	}
}

func (c *cache) remove(q question, a answer) {
	delete(c.answers, q)
	c.size -= len(q.name) + a.records.size()
}
