package verify

import (
	"context"
	"net/netip"
	"strings"
	"sync"
	"time"
)

const (
	maxCache = 4 << 20         // bytes of the answers in a cache
	maxTTL   = 1 * time.Hour   // for which an answer is kept
	maxAsked = 256             // questions at a time
	maxShare = 16              // of these, about the messages of one source
	minTTL   = 1 * time.Second // below that, keeping an answer isn't worth the memory
)

// cache is a Resolver that keeps answers for as long as they are valid, and bounds how many
// questions are under way, altogether and about the messages of each source.
type cache struct {
	from  Resolver
	asked chan struct{} // holds one element for each question under way

	mu      sync.Mutex
	answers map[question]answer
	size    int // of answers, in bytes
	shares  map[netip.Addr]*share
}

// share bounds the questions about the messages of one source.
type share struct {
	asked chan struct{} // holds one element for each question under way
	users int           // questions under way or waiting
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
	return &cache{from: from, asked: make(chan struct{}, maxAsked), answers: make(map[question]answer), shares: make(map[netip.Addr]*share)}
}

// lookup asks about a message of a source. While the questions of a source wait for slow name
// servers, its further ones wait, and those of the others don't.
func (c *cache) lookup(ctx context.Context, source netip.Addr, name string, t RecordType) (Records, error) {
	q := question{strings.ToLower(name), t}
	if r, ok := c.kept(q); ok {
		return r, nil
	}
	s := c.share(source)
	defer c.leave(source, s)
	for _, asked := range []chan struct{}{s.asked, c.asked} {
		select {
		case asked <- struct{}{}:
			defer func() { <-asked }()
		case <-ctx.Done():
			return Records{}, context.Cause(ctx)
		}
	}
	r, err := c.from.Lookup(ctx, q.name, t)
	if err == nil {
		c.keep(q, r)
	}
	return r, err
}

// share returns the share of a source, for one more question.
func (c *cache) share(source netip.Addr) *share {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.shares[source]
	if s == nil {
		s = &share{asked: make(chan struct{}, maxShare)}
		c.shares[source] = s
	}
	s.users++
	return s
}

// leave ends a question of a source.
func (c *cache) leave(source netip.Addr, s *share) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.users--; s.users == 0 {
		delete(c.shares, source)
	}
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
