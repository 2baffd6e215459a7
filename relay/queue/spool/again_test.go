package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// TestPutAgain uses IDs again. That of a message that Put refused for lack of room can be
// used again, in the same process and in the next, however much of it was written; that
// of a removed message can't.
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

// fullDisk returns a disk on which nothing can be written while full is true.
func fullDisk() (d *disk, full *bool) {
	d, full = newDisk(), new(bool)
	d.fail = func(_ int, op, _ string) error {
		if *full && op == "write" {
			return syscall.ENOSPC
		}
		return nil
	}
	return d, full
}

// TestFullForLong keeps the disk full for long: the spool collects neither files nor
// memory, and works again when there is room.
func TestFullForLong(t *testing.T) {
	d, full := fullDisk()
	l := newLedger()
	s, err := open(d, small(io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.put(s, "first", 10); err != nil {
		t.Fatal(err)
	}
	*full = true
	for i := range 200 {
		for _, err := range []error{l.put(s, fmt.Sprint("M", i), 100), l.put(s, fmt.Sprint("L", i), 400), l.save(s, "first")} {
			if !errors.Is(err, queue.ErrFull) {
				t.Fatal(err)
			}
		}
	}
	s.settle()
	if len(d.dirs[journalDir].names) > 2 || len(s.segments) > 2 || len(d.dirs[bodiesDir].names) > 0 || len(s.unwritten) > 0 {
		t.Errorf("%d files, %d segments, %d bodies, %d records owed",
			len(d.dirs[journalDir].names), len(s.segments), len(d.dirs[bodiesDir].names), len(s.unwritten))
	}
	*full = false
	if err := errors.Join(l.put(s, "last", 10), l.save(s, "first"), l.check(s, true)); err != nil {
		t.Error(err)
	}
	if err := l.reopen(d.crash(func() bool { return false })); err != nil {
		t.Error(err)
	}
}
