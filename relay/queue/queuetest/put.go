package queuetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// The tests of Run about Put and Open.

func (s *suite) kept() {
	m := full("A1")
	s.put(m, "abcdef", free())
	if m.Size != 6 {
		s.t.Errorf("Put left Size at %d", m.Size)
	}
	want := m.Clone()
	m.Recipients[0].Reply = "changed after Put"
	first := s.only(s.list())
	s.same(first, want)
	first.Recipients[1].Reply = "changed after All"
	s.same(s.only(s.claim(lease("a"), 10)), want)
	s.must("Remove", s.store.Remove(s.ctx, "A1", "a"))
	null := &queue.Message{Envelope: envelope.Envelope{ID: "B2"}, Arrived: arrived()}
	s.put(null, "", lease("a"))
	s.same(s.only(s.list()), null)
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
	}
}

// openedTwice reads a message by two readers in turn: each has its own position.
func (s *suite) openedTwice() {
	for _, size := range []int{10, 1 << 20} {
		id, content := fmt.Sprint("B", size), strings.Repeat("0123456789", size/10)
		s.put(message(id), content, lease("a"))
		a, err := s.store.Open(s.ctx, id)
		s.must("Open", err)
		half, err := io.ReadAll(io.LimitReader(a, int64(size/2)))
		s.must("reading a half", err)
		b, err := s.store.Open(s.ctx, id)
		s.must("Open again", err)
		if got, err := io.ReadAll(b); err != nil || string(got) != content {
			s.t.Errorf("the second reader returns %d bytes of %d, %v", len(got), size, err)
		}
		s.must("Close", b.Close())
		end, err := io.ReadAll(a)
		if err != nil || string(half)+string(end) != content {
			s.t.Errorf("the first reader returns %d bytes of %d, %v", len(half)+len(end), size, err)
		}
		s.must("Close", a.Close())
	}
}

func (s *suite) failingBody() {
	broken := errors.New("the client went away")
	for i, size := range []int{0, 10, 1 << 20} {
		s.halfway(fmt.Sprint("B", i), size, broken, s.ctx, func() (int, error) { return 0, broken })
	}
}

func (s *suite) canceledBody() {
	for i, size := range []int{0, 10, 1 << 20} {
		ctx, cancel := context.WithCancel(s.ctx)
		ended := false
		s.halfway(fmt.Sprint("B", i), size, context.Canceled, ctx, func() (int, error) {
			cancel()
			if ended {
				return 0, io.EOF
			}
			ended = true
			return 1, nil
		})
		cancel()
	}
}

// halfway puts a message with size bytes, and what read returns then. Put must fail with
// want, and the ID can be used again.
func (s *suite) halfway(id string, size int, want error, ctx context.Context, read func() (int, error)) {
	s.t.Helper()
	end := readerFunc(func([]byte) (int, error) { return read() })
	body := io.MultiReader(strings.NewReader(strings.Repeat("x", size)), end)
	before := ids(s.list())
	s.fails("Put", s.store.Put(ctx, message(id), body, lease("a")), want)
	_, err := s.store.Open(s.ctx, id)
	s.fails("Open", err, queue.ErrNotFound)
	if got := ids(s.list()); got != before {
		s.t.Errorf("there is %q, before the failed Put there was %q", got, before)
	}
	s.put(message(id), "whole", lease("a"))
	if got := s.read(id); string(got) != "whole" {
		s.t.Errorf("%s has %d bytes", id, len(got))
	}
}

// readerFunc is a function that reads.
type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

func (s *suite) exists() {
	s.put(message("A1"), "first", lease("a"))
	s.fails("Put again", s.store.Put(s.ctx, message("A1"), strings.NewReader("second"), lease("b")), queue.ErrExists)
	if got := s.read("A1"); string(got) != "first" {
		s.t.Errorf("the first became %q", got)
	}
	s.must("Remove", s.store.Remove(s.ctx, "A1", "a"))
	for i := range 50 {
		id := fmt.Sprint("later", i)
		s.put(message(id), "", lease("a"))
		s.must("Remove", s.store.Remove(s.ctx, id, "a"))
	}
	s.fails("Put of a removed one", s.store.Put(s.ctx, message("A1"), strings.NewReader("third"), lease("a")), queue.ErrExists)
}

func (s *suite) invalidID() {
	for _, id := range []string{"", "..", "a/b", "a b", strings.Repeat("x", 65)} {
		if err := s.store.Put(s.ctx, message(id), strings.NewReader(""), lease("a")); err == nil {
			s.t.Errorf("a message with the ID %q was accepted", id)
		}
	}
}
