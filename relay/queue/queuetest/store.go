package queuetest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// Store is a queue.Store in memory, for tests. Nothing in it is durable. Only Limit
// bounds its size. The zero Store is empty and can be used.
type Store struct {
	// Limit is how many bytes of content fit; beyond it Put returns
	// queue.ErrFull. 0: no limit. Don't change it during a call.
	Limit int64

	once   sync.Once
	shared *contents // contents returns it
	closed bool      // contents.mu guards it
}

// contents are the messages of a Store and of those that share them.
type contents struct {
	mu       sync.Mutex
	arrivals int
	items    map[string]*item
	removed  map[string]time.Time // when; never shortened, tests are short
}

// item is one message of a Store.
type item struct {
	message *queue.Message
	body    []byte
	arrival int
	holder  string
	until   time.Time
}

// free reports whether the message can be claimed.
func (it *item) free() bool { return it.holder == "" || !it.until.After(time.Now()) }

// lease gives the message to a holder, from now on.
func (it *item) lease(l queue.Lease) {
	it.holder, it.until = l.Holder, time.Now().Add(l.For)
	if l.For <= 0 {
		it.holder = ""
	}
}

// Share returns another Store with the same messages, as a second process has it. It is
// closed by itself.
func (s *Store) Share() *Store { return &Store{Limit: s.Limit, shared: s.contents()} }

func (s *Store) contents() *contents {
	s.once.Do(func() {
		if s.shared == nil {
			s.shared = &contents{items: make(map[string]*item), removed: make(map[string]time.Time)}
		}
	})
	return s.shared
}

// enter begins a call and returns the contents, locked. The caller must unlock them, also
// after an error.
func (s *Store) enter(ctx context.Context) (*contents, error) {
	c := s.contents()
	c.mu.Lock()
	if s.closed {
		return c, queue.ErrClosed
	}
	return c, ctx.Err()
}

// Put implements queue.Store.
func (s *Store) Put(ctx context.Context, m *queue.Message, body io.Reader, lease queue.Lease) error {
	if !queue.ValidID(m.ID) {
		return fmt.Errorf("%q can't be the ID of a message", m.ID)
	}
	content, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	c, err := s.enter(ctx)
	defer c.mu.Unlock()
	gone, known := c.removed[m.ID]
	switch {
	case err != nil:
		return err
	case c.items[m.ID] != nil || known && time.Since(gone) < queue.KeepIDs:
		return fmt.Errorf("%w: %s", queue.ErrExists, m.ID)
	case s.Limit > 0 && c.size()+int64(len(content)) > s.Limit:
		return queue.ErrFull
	}
	m.Size = int64(len(content))
	if m.Arrived.IsZero() {
		m.Arrived = time.Now()
	}
	c.arrivals++
	it := &item{message: m.Clone(), body: content, arrival: c.arrivals}
	it.lease(lease)
	c.items[m.ID] = it
	return nil
}

// Claim implements queue.Store.
func (s *Store) Claim(ctx context.Context, lease queue.Lease, limit int) ([]*queue.Message, error) {
	c, err := s.enter(ctx)
	defer c.mu.Unlock()
	if err != nil {
		return nil, err
	}
	var claimed []*queue.Message
	for _, it := range c.firstFree(limit) {
		it.lease(lease)
		claimed = append(claimed, it.message.Clone())
	}
	return claimed, nil
}

// firstFree returns at most limit messages that can be claimed, in the order of Claim.
func (c *contents) firstFree(limit int) []*item {
	var free []*item
	for _, it := range c.items {
		if it.free() {
			free = append(free, it)
		}
	}
	slices.SortFunc(free, func(a, b *item) int {
		nextA, _ := a.message.Next()
		nextB, _ := b.message.Next()
		return cmp.Or(nextA.Compare(nextB), byArrival(a, b))
	})
	return free[:min(len(free), max(limit, 0))]
}

// Renew implements queue.Store.
func (s *Store) Renew(ctx context.Context, lease queue.Lease) ([]string, error) {
	c, err := s.enter(ctx)
	defer c.mu.Unlock()
	if err != nil {
		return nil, err
	}
	var held []string
	for id, it := range c.items {
		if it.holder != "" && it.holder == lease.Holder {
			it.lease(lease)
			held = append(held, id)
		}
	}
	return held, nil
}

// Release implements queue.Store.
func (s *Store) Release(ctx context.Context, id, holder string) error {
	c, err := s.enter(ctx)
	defer c.mu.Unlock()
	it, err := c.held(id, holder, err)
	if err == nil {
		it.lease(queue.Lease{})
	}
	return err
}

// Save implements queue.Store.
func (s *Store) Save(ctx context.Context, m *queue.Message, holder string) error {
	c, err := s.enter(ctx)
	defer c.mu.Unlock()
	it, err := c.held(m.ID, holder, err)
	if err == nil {
		size := it.message.Size
		it.message = m.Clone()
		it.message.Size = size
	}
	return err
}

// Remove implements queue.Store.
func (s *Store) Remove(ctx context.Context, id, holder string) error {
	c, err := s.enter(ctx)
	defer c.mu.Unlock()
	if _, err := c.held(id, holder, err); err != nil {
		return err
	}
	delete(c.items, id)
	c.removed[id] = time.Now()
	return nil
}

// Open implements queue.Store.
func (s *Store) Open(ctx context.Context, id string) (io.ReadCloser, error) {
	c, err := s.enter(ctx)
	defer c.mu.Unlock()
	it := c.items[id]
	switch {
	case err != nil:
		return nil, err
	case it == nil:
		return nil, fmt.Errorf("%w: %s", queue.ErrNotFound, id)
	}
	return body{bytes.NewReader(it.body)}, nil
}

// body is the content of a message, which can be read again.
type body struct{ *bytes.Reader }

// Close implements io.Closer.
func (body) Close() error { return nil }

// All implements queue.Store.
func (s *Store) All(ctx context.Context) iter.Seq2[*queue.Message, error] {
	return func(yield func(*queue.Message, error) bool) {
		c, err := s.enter(ctx)
		var items []*item
		for _, it := range c.items {
			items = append(items, &item{message: it.message.Clone(), arrival: it.arrival})
		}
		c.mu.Unlock()
		if err != nil {
			yield(nil, err)
			return
		}
		slices.SortFunc(items, byArrival)
		for _, it := range items {
			if !yield(it.message, nil) {
				return
			}
		}
	}
}

// Usage implements queue.Store. Bytes is the size of all content.
func (s *Store) Usage(ctx context.Context) (queue.Usage, error) {
	c, err := s.enter(ctx)
	defer c.mu.Unlock()
	if err != nil {
		return queue.Usage{}, err
	}
	u := queue.Usage{Messages: len(c.items), Bytes: c.size(), Free: -1}
	if s.Limit > 0 {
		u.Free, u.Capacity = s.Limit-u.Bytes, s.Limit
	}
	return u, nil
}

// Close implements queue.Store.
func (s *Store) Close() error {
	c := s.contents()
	c.mu.Lock()
	defer c.mu.Unlock()
	s.closed = true
	return nil
}

// held returns the message of that ID if holder holds it, or err if that isn't nil.
func (c *contents) held(id, holder string, err error) (*item, error) {
	it := c.items[id]
	switch {
	case err != nil:
		return nil, err
	case it == nil:
		return nil, fmt.Errorf("%w: %s", queue.ErrNotFound, id)
	case it.holder == "" || it.holder != holder:
		return nil, fmt.Errorf("%w: %s", queue.ErrLease, id)
	}
	return it, nil
}

func (c *contents) size() (n int64) {
	for _, it := range c.items {
		n += int64(len(it.body))
	}
	return n
}

// byArrival orders messages as they came, those of the same time as they were
// put.
func byArrival(a, b *item) int {
	return cmp.Or(a.message.Arrived.Compare(b.message.Arrived), cmp.Compare(a.arrival, b.arrival))
}
