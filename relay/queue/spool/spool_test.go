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

// TestZero uses a Spool that was never opened: it is closed.
func TestZero(t *testing.T) {
	var s spool.Spool
	b, err := s.Open(t.Context(), "A")
	errs := []error{
		s.Put(t.Context(), message("A"), strings.NewReader(""), hour()), s.Save(t.Context(), message("A"), "a"),
		s.Remove(t.Context(), "A", "a"), s.Release(t.Context(), "A", "a"), err,
	}
	_, err = s.Claim(t.Context(), hour(), 1)
	errs = append(errs, err)
	_, err = s.Renew(t.Context(), hour())
	errs = append(errs, err)
	_, err = s.Usage(t.Context())
	errs = append(errs, err)
	for _, err := range s.All(t.Context()) {
		errs = append(errs, err)
	}
	for i, err := range errs {
		if !errors.Is(err, queue.ErrClosed) {
			t.Errorf("call %d: %v", i, err)
		}
	}
	if len(errs) != 9 || b != nil || s.Close() != nil {
		t.Errorf("%d errors, body %v", len(errs), b)
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
