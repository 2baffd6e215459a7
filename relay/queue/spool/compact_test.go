package spool

import (
	"errors"
	"fmt"
	"io"
	"testing"
)

// TestManyRestarts starts a process again and again: it must not collect segments, each of
// which is an open file.
func TestManyRestarts(t *testing.T) {
	d, l := newDisk(), newLedger()
	for i := range 150 {
		s, err := open(d, Options{Logger: small(io.Discard).Logger})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.put(s, fmt.Sprint("M", i), 100); err != nil {
			t.Fatal(err)
		}
		s.settle()
		if err := errors.Join(l.check(s, false), s.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(d.dirs[journalDir].names); n > 40 {
		t.Errorf("%d segments", n)
	}
}
