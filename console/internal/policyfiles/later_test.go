package policyfiles

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// TestLater computes once, lets callers stop waiting, and hands panics to all callers.
func TestLater(t *testing.T) {
	times, let := 0, make(chan struct{})
	l := newLater(func() int { times++; <-let; return 7 })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.get(ctx); !errors.Is(err, context.Canceled) || l.ready() {
		t.Errorf("%v", err)
	}
	close(let)
	for range 2 {
		if got, err := l.get(t.Context()); got != 7 || err != nil || !l.ready() || times != 1 {
			t.Errorf("%d %v; computed %d times", got, err, times)
		}
	}
	failing := newLater(func() int { panic("a bug") })
	for range 2 {
		func() {
			defer func() {
				if err, ok := recover().(error); !ok || !strings.HasPrefix(err.Error(), "a bug\n") || !strings.Contains(err.Error(), "TestLater") {
					t.Errorf("%v", err)
				}
			}()
			_, _ = failing.get(t.Context())
		}()
	}
}
