package verify

import (
	"context"
	"net/netip"
	"strings"
	"sync"

	"github.com/interchange-smtp/interchange/internal/dnsclient"
)

const (
	maxCache = 4 << 20 // bytes of the answers in a cache
	maxAsked = 256     // questions at a time
	maxShare = 16      // of these, about the messages of one source
)

// cache keeps the answers of a Resolver for as long as they are valid, and bounds how many
// questions are under way, altogether and about the messages of each source.
type cache struct {
	from    Resolver
	answers *dnsclient.Cache[Records]
	asked   chan struct{} // holds one element for each question under way

	mu     sync.Mutex
	shares map[netip.Addr]*share
}

// share bounds the questions about the messages of one source.
type share struct {
	asked chan struct{} // holds one element for each question under way
	users int           // questions under way or waiting
}

func newCache(from Resolver) *cache {
	return &cache{from: from, answers: dnsclient.NewCache[Records](maxCache), asked: make(chan struct{}, maxAsked), shares: make(map[netip.Addr]*share)}
}

// lookup asks about a message of a source. While the questions of a source wait for slow name
// servers, its further ones wait, and those of the others don't.
func (c *cache) lookup(ctx context.Context, source netip.Addr, name string, t RecordType) (Records, error) {
	q := dnsclient.Question{Name: strings.ToLower(name), Type: uint16(t)}
	if r, ok := c.answers.Get(q); ok {
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
	r, err := c.from.Lookup(ctx, q.Name, t)
	if err == nil {
		c.answers.Put(q, r, r.size(), r.TTL)
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
