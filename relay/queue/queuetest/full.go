package queuetest

import (
	"errors"
	"strings"

	"github.com/interchange-smtp/interchange/relay/queue"
)

var fullTests = []test{
	{"Put without room", (*suite).putFull},
	{"Save without room", (*suite).saveFull},
	{"other calls without room", (*suite).othersFull},
}

func (s *suite) putFull() {
	s.put(message("A1"), strings.Repeat("x", 100), lease("a"))
	s.full(true)
	for id, size := range map[string]int{"B2": 100, "C3": 1 << 20} {
		s.fails("Put", s.store.Put(s.ctx, message(id), strings.NewReader(strings.Repeat("x", size)), lease("a")), queue.ErrFull)
		_, err := s.store.Open(s.ctx, id)
		s.fails("Open", err, queue.ErrNotFound)
	}
	if got := s.renew(lease("a")); got != "A1" {
		s.t.Errorf("a holds %q", got)
	}
	s.full(false)
	for _, id := range []string{"B2", "C3"} {
		s.put(message(id), "there is room again", lease("a"))
	}
	if got := ids(s.list()); got != "A1 B2 C3" {
		s.t.Errorf("there is %q", got)
	}
}

// saveFull saves a message, which may fail; then the earlier state is still there.
func (s *suite) saveFull() {
	want := message("A1")
	s.put(want, "content", lease("a"))
	changed := full("A1")
	changed.Size = want.Size
	s.full(true)
	switch err := s.store.Save(s.ctx, changed, "a"); {
	case err == nil:
		want = changed
	case !errors.Is(err, queue.ErrFull):
		s.t.Errorf("Save: %v, want %v", err, queue.ErrFull)
	}
	s.same(s.only(s.list()), want)
	s.full(false)
	s.must("Save", s.store.Save(s.ctx, changed, "a"))
	s.same(s.only(s.list()), changed)
}

// othersFull makes the calls that need no room, and make some.
func (s *suite) othersFull() {
	s.put(message("A1"), "content", free())
	s.put(message("B2"), "content", lease("a"))
	s.full(true)
	if got := string(s.read("A1")); got != "content" {
		s.t.Errorf("read %q", got)
	}
	if got := ids(s.claim(lease("a"), 10)); got != "A1" {
		s.t.Errorf("claimed %q", got)
	}
	if got := s.renew(lease("a")); got != "A1 B2" {
		s.t.Errorf("renewed %q", got)
	}
	s.must("Remove", s.store.Remove(s.ctx, "A1", "a"))
	s.must("Release", s.store.Release(s.ctx, "B2", "a"))
	if u, err := s.store.Usage(s.ctx); err != nil || u.Messages != 1 {
		s.t.Errorf("Usage: %+v, %v", u, err)
	}
}
