package policyfiles

import (
	"context"
	"sync"
)

// later is a value that takes long to compute. It is computed once, when it is first asked for, in a
// goroutine of its own, so that a caller can stop waiting.
type later[T any] struct {
	compute func() T

	once  sync.Once
	done  chan struct{} // closed when value is set
	value T
}

func newLater[T any](compute func() T) *later[T] {
	return &later[T]{compute: compute, done: make(chan struct{})}
}

// get returns the value, or the error of ctx if that ends first.
func (l *later[T]) get(ctx context.Context) (T, error) {
	l.start()
	select {
	case <-l.done:
		return l.value, nil
	default:
	}
	select {
	case <-l.done:
		return l.value, nil
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// start begins to compute the value if it hasn't begun yet.
func (l *later[T]) start() {
	l.once.Do(func() {
		go func() {
			defer close(l.done)
			l.value = l.compute()
			l.compute = nil
		}()
	})
}

// ready starts as start does, and reports whether the value is there.
func (l *later[T]) ready() bool {
	l.start()
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}
