package spool

import (
	"context"
	"fmt"
	"io"
	"testing"
)

// slowBody is a body of size bytes that waits before its last one.
type slowBody struct {
	size  int
	reach chan<- struct{}
	wait  <-chan struct{}
}

func (b *slowBody) Read(p []byte) (int, error) {
	switch {
	case b.size == 0:
		return 0, io.EOF
	case b.size == 1:
		b.reach <- struct{}{}
		<-b.wait
	}
	n := min(len(p), max(1, b.size-1))
	clear(p[:n])
	b.size -= n
	return n, nil
}

// TestSlowBodies has many clients that send bodies just too small for a file, and
// stop before the end: the memory that they take has a bound.
func TestSlowBodies(t *testing.T) {
	s, err := Open(t.TempDir(), Options{Logger: small(io.Discard).Logger})
	if err != nil {
		t.Fatal(err)
	}
	const clients = 160
	reach, wait, done := make(chan struct{}), make(chan struct{}), make(chan error)
	for i := range clients {
		go func() {
			body := &slowBody{DefaultLargeBody, reach, wait}
			done <- s.Put(context.Background(), testMessage(fmt.Sprint("M", i)), body, forever())
		}()
	}
	for range clients {
		<-reach
	}
	if got := s.memory.Load(); got < maxMemory/2 || got > maxMemory {
		t.Errorf("%d bytes are reserved", got)
	}
	close(wait)
	for range clients {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if got := s.memory.Load(); got != 0 {
		t.Errorf("%d bytes stay reserved", got)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
