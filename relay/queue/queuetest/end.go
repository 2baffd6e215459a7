package queuetest

import (
	"context"
	"strings"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// The tests of Run about contexts that have ended and Stores that are closed.

// everyMethod calls each method except Close in such a way that it would succeed with a
// message A1 that a holds and a message B2 that can be claimed. Each must fail.
func (s *suite) everyMethod(ctx context.Context, want error) {
	s.t.Helper()
	s.fails("Put", s.store.Put(ctx, message("C3"), strings.NewReader(""), lease("a")), want)
	_, err := s.store.Claim(ctx, lease("b"), 10)
	s.fails("Claim", err, want)
	changed := message("A1")
	changed.Recipients[0].Attempts = 7
	s.fails("Save", s.store.Save(ctx, changed, "a"), want)
	s.fails("Remove", s.store.Remove(ctx, "A1", "a"), want)
	s.fails("Release", s.store.Release(ctx, "A1", "a"), want)
	_, err = s.store.Renew(ctx, free())
	s.fails("Renew", err, want)
	b, err := s.store.Open(ctx, "A1")
	s.fails("Open", err, want)
	if err == nil {
		_ = b.Close()
	}
	_, err = s.store.Usage(ctx)
	s.fails("Usage", err, want)
	err = nil
	for _, e := range s.store.All(ctx) {
		err = e
		break
	}
	s.fails("All", err, want)
}

func (s *suite) canceled() {
	s.put(message("A1"), "", lease("a"))
	s.put(message("B2"), "", free())
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	s.everyMethod(ctx, context.Canceled)
	if got := ids(s.list()); got != "A1 B2" {
		s.t.Fatalf("there is %q", got)
	}
	s.same(s.list()[0], message("A1"))
	if got := s.renew(lease("a")); got != "A1" {
		s.t.Errorf("a holds %q", got)
	}
	if got := ids(s.claim(lease("c"), 10)); got != "B2" {
		s.t.Errorf("claimed %q", got)
	}
}

func (s *suite) closed() {
	s.put(message("A1"), "", lease("a"))
	s.put(message("B2"), "", free())
	for range 2 {
		s.must("Close", s.store.Close())
		s.everyMethod(s.ctx, queue.ErrClosed)
	}
}
