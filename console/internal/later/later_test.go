package later_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/console/internal/later"
)

// TestLater computes once, lets callers stop waiting, and hands panics to all callers.
func TestLater(t *testing.T) {
	times, let := 0, make(chan struct{})
	l := later.New(func() int { times++; <-let; return 7 })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Get(ctx); !errors.Is(err, context.Canceled) || l.Ready() {
		t.Errorf("%v", err)
	}
	close(let)
	for range 2 {
		if got, err := l.Get(t.Context()); got != 7 || err != nil || !l.Ready() || times != 1 {
			t.Errorf("%d %v; computed %d times", got, err, times)
		}
	}
	failing := later.New(func() int { panic("a bug") })
	for range 2 {
		func() {
			defer func() {
				if err, ok := recover().(error); !ok || !strings.HasPrefix(err.Error(), "a bug\n") || !strings.Contains(err.Error(), "TestLater") {
					t.Errorf("%v", err)
				}
			}()
			_, _ = failing.Get(t.Context())
		}()
	}
}
