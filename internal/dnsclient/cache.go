package dnsclient

import (
	"sync"
	"time"
)

const (
	// MaxTTL is how long an answer is kept at most.
	MaxTTL = time.Hour
	minTTL = time.Second // below that, keeping an answer isn't worth the memory
)

// Question is the key of an answer in a Cache.
type Question struct {
	Name string // in lower case
	Type uint16 // as dns.TypeMX
}

// Cache keeps answers of type V for as long as they are valid, in bounded memory. It is safe for
// concurrent use.
type Cache[V any] struct {
	most int // bytes of all answers

	mu   sync.Mutex
	kept map[Question]entry[V]
	size int // of all that are kept, in bytes
}

type entry[V any] struct {
	answer V
	size   int
	until  time.Time
}

// NewCache returns a Cache of answers that have at most so many bytes together.
func NewCache[V any](most int) *Cache[V] {
	return &Cache[V]{most: most, kept: make(map[Question]entry[V])}
}

// Get returns an answer that is still valid.
func (c *Cache[V]) Get(q Question) (answer V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.kept[q]
	if ok && !time.Now().Before(e.until) {
		c.remove(q, e)
		return answer, false
	}
	return e.answer, ok
}

// Put keeps an answer of about size bytes for ttl, if need be in place of others.
func (c *Cache[V]) Put(q Question, answer V, size int, ttl time.Duration) {
	if ttl < minTTL {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.kept[q]; ok {
		c.remove(q, old)
	}
	size += len(q.Name)
	c.makeRoom(size)
	c.kept[q] = entry[V]{answer, size, time.Now().Add(min(ttl, MaxTTL))}
	c.size += size
}

// makeRoom removes answers until n more bytes fit: first those that are no longer valid, then
// any. A sender that floods the cache costs questions, not memory.
func (c *Cache[V]) makeRoom(n int) {
	if c.size+n <= c.most {
		return
	}
	now := time.Now()
	for q, e := range c.kept {
		if !now.Before(e.until) {
			c.remove(q, e)
		}
	}
	for q, e := range c.kept {
		if c.size+n <= c.most*3/4 { // so that this isn't done for each answer
			return
		}
		c.remove(q, e)
	}
}

func (c *Cache[V]) remove(q Question, e entry[V]) {
	delete(c.kept, q)
	c.size -= e.size
}
