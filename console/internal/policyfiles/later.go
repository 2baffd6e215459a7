package policyfiles

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
)

// later is a value that takes long to compute. It is computed once, when it is first asked for, in a
// goroutine of its own, so that a caller can stop waiting. If computing it panics, so do its callers: a server
// ends their requests and not the program.
type later[T any] struct {
	compute func() T

	once   sync.Once
	done   chan struct{} // closed when what follows is set
	value  T
	failed error // the panic; nil: there was no panic
}

func newLater[T any](compute func() T) *later[T] {
	return &later[T]{compute: compute, done: make(chan struct{})}
}

// get returns the value, or the error of ctx if that ends first.
func (l *later[T]) get(ctx context.Context) (value T, err error) {
	if !l.ready() {
		select {
		case <-l.done:
		case <-ctx.Done():
			return value, ctx.Err()
		}
	}
	if l.failed != nil {
		panic(l.failed)
	}
	return l.value, nil
}

// ready begins to compute the value if it hasn't begun yet, and reports whether the value is there.
func (l *later[T]) ready() bool {
	l.once.Do(func() { go l.run() })
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

func (l *later[T]) run() {
	defer close(l.done)
	defer func() {
		if v := recover(); v != nil {
			l.failed = fmt.Errorf("%v\n%s", v, debug.Stack())
		}
	}()
	l.value = l.compute()
	l.compute = nil // and what it refers to
}
