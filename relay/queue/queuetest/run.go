package queuetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// Run is the conformance suite for queue.Store. For each test it calls open, which
// returns an empty Store and closes it when the test has ended. What a Store keeps
// through a crash is not tested here.
func Run(t *testing.T, open func(t *testing.T) queue.Store) {
	tests := []struct {
		name string
		run  func(*suite)
	}{
		{"everything is kept", (*suite).kept},
		{"bodies of all sizes", (*suite).bodies},
		{"a failing body", (*suite).failingBody},
		{"an ID is there once", (*suite).exists},
		{"an ID that can't be", (*suite).invalidID},
		{"claims are leases", (*suite).claims},
		{"the order of claims", (*suite).claimOrder},
		{"a lease runs out", (*suite).runsOut},
		{"a lease begins when the message is there", (*suite).slowBody},
		{"renewed", (*suite).renewed},
		{"released", (*suite).released},
		{"saved", (*suite).saved},
		{"what others hold", (*suite).others},
		{"removed", (*suite).removed},
		{"read while it is removed", (*suite).readRemoved},
		{"in the order of arrival", (*suite).all},
		{"usage", (*suite).usage},
		{"many at once", (*suite).concurrent},
		{"an ended context", (*suite).canceled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.run(&suite{t: t, ctx: t.Context(), store: open(t)})
		})
	}
}

func (s *suite) kept() {
	m := full("A1")
	s.put(m, "abcdef", free())
	if m.Size != 6 {
		s.t.Errorf("Put left Size at %d", m.Size)
	}
	want := m.Clone()
	m.Recipients[0].Reply = "changed after Put"
	list := s.list()
	if len(list) != 1 {
		s.t.Fatalf("%d messages", len(list))
	}
	s.same(list[0], want)
	list[0].Recipients[1].Reply = "changed after All"
	claimed := s.claim(lease("a"), 10)
	if len(claimed) != 1 {
		s.t.Fatalf("claimed %d messages", len(claimed))
	}
	s.same(claimed[0], want)
	null := &queue.Message{Envelope: envelope.Envelope{ID: "B2"}, Arrived: arrived()}
	s.put(null, "", lease("a"))
	s.same(s.list()[1], null)
}

func (s *suite) bodies() {
	content := []byte(strings.Repeat("0123456789abcde\n", 64<<10))
	for i, size := range []int{0, 1, 1000, 65536, 256 << 10, 256<<10 + 1, 1 << 20} {
		id := fmt.Sprint("B", i)
		// A reader that yields little at a time and has no other methods.
		reader := struct{ io.Reader }{io.LimitReader(bytes.NewReader(content), int64(size))}
		s.must("Put", s.store.Put(s.ctx, message(id), reader, lease("a")))
		if got := s.read(id); !bytes.Equal(got, content[:size]) {
			s.t.Errorf("%d bytes came back as %d others", size, len(got))
		}
		s.readAt(id, content[:size])
	}
}

func (s *suite) failingBody() {
	broken := errors.New("the client went away")
	for i, size := range []int{0, 10, 1 << 20} {
		id := fmt.Sprint("B", i)
		reader := io.MultiReader(strings.NewReader(strings.Repeat("x", size)), failingReader{broken})
		s.fails("Put", s.store.Put(s.ctx, message(id), reader, lease("a")), broken)
		_, err := s.store.Open(s.ctx, id)
		s.fails("Open", err, queue.ErrNotFound)
		s.put(message(id), "whole", lease("a")) // the ID can be used again
	}
	if got := len(s.list()); got != 3 {
		s.t.Errorf("%d messages", got)
	}
}

// failingReader fails.
type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

func (s *suite) exists() {
	s.put(message("A1"), "first", lease("a"))
	s.fails("Put again", s.store.Put(s.ctx, message("A1"), strings.NewReader("second"), lease("b")), queue.ErrExists)
	if got := s.read("A1"); string(got) != "first" {
		s.t.Errorf("the first became %q", got)
	}
	s.must("Remove", s.store.Remove(s.ctx, "A1", "a"))
	s.fails("Put of a removed one", s.store.Put(s.ctx, message("A1"), strings.NewReader("third"), lease("a")), queue.ErrExists)
}

func (s *suite) invalidID() {
	for _, id := range []string{"", "..", "a/b", "a b", strings.Repeat("x", 65)} {
		if err := s.store.Put(s.ctx, message(id), strings.NewReader(""), lease("a")); err == nil {
			s.t.Errorf("a message of the ID %q was taken", id)
		}
	}
}

func (s *suite) concurrent() {
	const workers, each = 16, 20
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				s.life(fmt.Sprintf("W%d-%d", w, i), fmt.Sprint("worker", w), i%4 != 0)
			}
		})
	}
	wg.Wait()
	if got, want := len(s.list()), workers*each/4; got != want {
		s.t.Errorf("%d messages are left of %d", got, want)
	}
}

// life puts, claims, saves and removes one message.
func (s *suite) life(id, holder string, remove bool) {
	m := message(id)
	if err := s.store.Put(s.ctx, m, strings.NewReader("body of "+id), lease(holder)); err != nil {
		s.t.Errorf("Put: %v", err)
		return
	}
	m.Recipients[0].Attempts = 1
	if err := s.store.Save(s.ctx, m, holder); err != nil {
		s.t.Errorf("Save: %v", err)
	}
	b, err := s.store.Open(s.ctx, id)
	if err != nil {
		s.t.Errorf("Open: %v", err)
		return
	}
	defer b.Close()
	if content, err := io.ReadAll(b); err != nil || string(content) != "body of "+id {
		s.t.Errorf("%s: %q, %v", id, content, err)
	}
	if !remove {
		return
	}
	if err := s.store.Remove(s.ctx, id, holder); err != nil {
		s.t.Errorf("Remove: %v", err)
	}
}

func (s *suite) canceled() {
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	s.fails("Put", s.store.Put(ctx, message("A1"), strings.NewReader(""), lease("a")), context.Canceled)
	if got := ids(s.list()); got != "" {
		s.t.Errorf("there is %s", got)
	}
}
