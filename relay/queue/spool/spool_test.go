package spool_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/queue/queuetest"
	"github.com/interchange-smtp/interchange/relay/queue/spool"
)

// openTest opens a spool and closes it when the test ends.
func openTest(t testing.TB, dir string, options spool.Options) *spool.Spool {
	t.Helper()
	s, err := spool.Open(dir, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func TestConformance(t *testing.T) {
	for name, options := range map[string]spool.Options{
		"defaults": {},
		"small":    {SegmentSize: 1000, LargeBody: 500},
	} {
		t.Run(name, func(t *testing.T) {
			queuetest.Run(t, func(t *testing.T) queue.Store { return openTest(t, t.TempDir(), options) })
		})
	}
}

// TestCloseMeanwhile closes a spool that is in use: later calls return ErrClosed, and no
// call waits for ever.
func TestCloseMeanwhile(t *testing.T) {
	s, err := spool.Open(t.TempDir(), spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	first := make(chan struct{}, 8)
	for w := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				m := message(fmt.Sprintf("W%d-%d", w, i))
				err := s.Put(t.Context(), m, strings.NewReader("x"), hour())
				if err == nil {
					err = s.Save(t.Context(), m, "a")
				}
				if i == 0 {
					first <- struct{}{}
				}
				if err != nil {
					if !errors.Is(err, queue.ErrClosed) {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	for range 8 {
		<-first
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
}
