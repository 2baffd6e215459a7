package spool

import (
	"context"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// TestPutAgain wants the ID of a message that found no room to be free, in the
// process that was told so and in the next, however much of it was written; and
// that of a message that was removed not to be.
func TestPutAgain(t *testing.T) {
	for _, after := range []string{"", "write", "sync", "syncdir"} { // what fails; "": nothing
		d := newDisk()
		s, err := open(d, small(io.Discard))
		if err != nil {
			t.Fatal(err)
		}
		put := func(s *Spool, id string) error {
			return s.Put(context.Background(), testMessage(id), strings.NewReader(id), forever())
		}
		d.fail = func(_ int, op, _ string) error {
			if op == after {
				return syscall.ENOSPC
			}
			return nil
		}
		if err := put(s, "A"); (err == nil) != (after == "") {
			t.Fatalf("%q fails: %v", after, err)
		}
		d.fail = nil
		if after == "" {
			if err := s.Remove(context.Background(), "A", "test"); err != nil {
				t.Fatal(err)
			}
		}
		if err := put(s, "B"); err != nil { // what is owed is written with it
			t.Fatal(err)
		}
		next, err := open(d.crash(func() bool { return true }), small(io.Discard))
		if err != nil {
			t.Fatal(err)
		}
		for process, s := range map[string]*Spool{"this": s, "the next": next} {
			if err := put(s, "A"); errors.Is(err, queue.ErrExists) != (after == "") {
				t.Errorf("%q failed, again in %s process: %v", after, process, err)
			}
		}
	}
}
