// Package later computes values that take longer than a page may wait for.
package later

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
)

// Value is a value that takes long to compute. It is computed once, when it is first asked for, in a
// goroutine of its own, so that a caller can stop waiting. If computing it panics, so do its callers: a server
// ends their requests and not the program. Its methods are safe for concurrent use.
type Value[T any] struct {
	compute func() T

	once   sync.Once
	done   chan struct{} // closed when what follows is set
	value  T
	failed error // the panic; nil: there was no panic
}

// New returns the value that compute returns. It doesn't begin to compute it.
func New[T any](compute func() T) *Value[T] {
	return &Value[T]{compute: compute, done: make(chan struct{})}
}

// Get returns the value, or the error of ctx if that ends first.
func (v *Value[T]) Get(ctx context.Context) (value T, err error) {
	if !v.Ready() {
		select {
		case <-v.done:
		case <-ctx.Done():
			return value, ctx.Err()
		}
	}
	if v.failed != nil {
		panic(v.failed)
	}
	return v.value, nil
}

// Ready begins to compute the value if it hasn't begun yet, and reports whether the value is there.
func (v *Value[T]) Ready() bool {
	v.once.Do(func() { go v.run() })
	select {
	case <-v.done:
		return true
	default:
		return false
	}
}

func (v *Value[T]) run() {
	defer close(v.done)
	defer func() {
		if p := recover(); p != nil {
			v.failed = fmt.Errorf("%v\n%s", p, debug.Stack())
		}
	}()
	v.value = v.compute()
	v.compute = nil // and what it refers to
}
