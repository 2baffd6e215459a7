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
// bounds its size.
type Store struct {
	// Limit is how many bytes of content fit; beyond it Put returns
	// queue.ErrFull. 0: no limit. Set it before the first use.
	Limit int64

	mu       sync.Mutex
	closed   bool
	arrivals int
	items    map[string]*item
	gone     map[string]bool
}

// item is one message of a Store.
type item struct {
	message *queue.Message
	body    []byte
	arrival int
	holder  string
	until   time.Time
}

// lease gives the message to a holder, from now on.
func (it *item) lease(l queue.Lease) {
	it.holder, it.until = l.Holder, time.Now().Add(l.For)
	if l.For <= 0 {
		it.holder = ""
	}
}

// NewStore returns an empty Store.
func NewStore() *Store {
	return &Store{items: make(map[string]*item), gone: make(map[string]bool)}
}

// Put implements queue.Store. The ID of a removed message can't be used again.
func (s *Store) Put(ctx context.Context, m *queue.Message, body io.Reader, lease queue.Lease) error {
	if !queue.ValidID(m.ID) {
		return fmt.Errorf("%q can't be the ID of a message", m.ID)
	}
	content, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return queue.ErrClosed
	case ctx.Err() != nil:
		return ctx.Err()
	case s.items[m.ID] != nil || s.gone[m.ID]:
		return fmt.Errorf("%w: %s", queue.ErrExists, m.ID)
	case s.Limit > 0 && s.content()+int64(len(content)) > s.Limit:
		return queue.ErrFull
	}
	m.Size = int64(len(content))
	if m.Arrived.IsZero() {
		m.Arrived = time.Now()
	}
	s.arrivals++
	it := &item{message: m.Clone(), body: content, arrival: s.arrivals}
	it.lease(lease)
	s.items[m.ID] = it
	return nil
}

// Claim implements queue.Store.
func (s *Store) Claim(ctx context.Context, lease queue.Lease, limit int) ([]*queue.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	var free []*item
	for _, it := range s.items {
		if it.holder == "" || !it.until.After(time.Now()) {
			free = append(free, it)
		}
	}
	slices.SortFunc(free, func(a, b *item) int {
		nextA, _ := a.message.Next()
		nextB, _ := b.message.Next()
		return cmp.Or(nextA.Compare(nextB), byArrival(a, b))
	})
	var claimed []*queue.Message
	for _, it := range free[:min(len(free), max(limit, 0))] {
		it.lease(lease)
		claimed = append(claimed, it.message.Clone())
	}
	return claimed, nil
}

// Renew implements queue.Store.
func (s *Store) Renew(ctx context.Context, lease queue.Lease) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	var held []string
	for id, it := range s.items {
		if it.holder != "" && it.holder == lease.Holder {
			it.lease(lease)
			held = append(held, id)
		}
	}
	return held, nil
}

// Release implements queue.Store.
func (s *Store) Release(ctx context.Context, id, holder string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	it, err := s.held(ctx, id, holder)
	if err != nil {
		return err
	}
	it.lease(queue.Lease{})
	return nil
}

// Save implements queue.Store.
func (s *Store) Save(ctx context.Context, m *queue.Message, holder string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	it, err := s.held(ctx, m.ID, holder)
	if err != nil {
		return err
	}
	size := it.message.Size
	it.message = m.Clone()
	it.message.Size = size
	return nil
}

// Remove implements queue.Store.
func (s *Store) Remove(ctx context.Context, id, holder string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.held(ctx, id, holder); err != nil {
		return err
	}
	delete(s.items, id)
	s.gone[id] = true
	return nil
}

// Open implements queue.Store.
func (s *Store) Open(ctx context.Context, id string) (queue.Body, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	it := s.items[id]
	if it == nil {
		return nil, fmt.Errorf("%w: %s", queue.ErrNotFound, id)
	}
	return body{bytes.NewReader(it.body)}, nil
}

// All implements queue.Store.
func (s *Store) All(ctx context.Context) iter.Seq2[*queue.Message, error] {
	return func(yield func(*queue.Message, error) bool) {
		s.mu.Lock()
		err := s.usable(ctx)
		var items []*item
		for _, it := range s.items {
			items = append(items, &item{message: it.message.Clone(), arrival: it.arrival})
		}
		s.mu.Unlock()
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

// Usage implements queue.Store.
func (s *Store) Usage(ctx context.Context) (queue.Usage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return queue.Usage{}, err
	}
	u := queue.Usage{Messages: len(s.items), Bytes: s.content(), Free: -1}
	if s.Limit > 0 {
		u.Free, u.Capacity = s.Limit-u.Bytes, s.Limit
	}
	return u, nil
}

// Close implements queue.Store.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

// held returns the message of that ID if holder holds it.
func (s *Store) held(ctx context.Context, id, holder string) (*item, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	it := s.items[id]
	switch {
	case it == nil:
		return nil, fmt.Errorf("%w: %s", queue.ErrNotFound, id)
	case it.holder == "" || it.holder != holder:
		return nil, fmt.Errorf("%w: %s", queue.ErrLease, id)
	}
	return it, nil
}

func (s *Store) usable(ctx context.Context) error {
	if s.closed {
		return queue.ErrClosed
	}
	return ctx.Err()
}

func (s *Store) content() (n int64) {
	for _, it := range s.items {
		n += int64(len(it.body))
	}
	return n
}

// byArrival orders messages as they came, those of the same time as they were
// put.
func byArrival(a, b *item) int {
	return cmp.Or(a.message.Arrived.Compare(b.message.Arrived), cmp.Compare(a.arrival, b.arrival))
}

// body is a message's bytes.
type body struct{ *bytes.Reader }

// Close implements io.Closer.
func (body) Close() error { return nil }
