package console

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/console/internal/later"
	"github.com/interchange-smtp/interchange/console/internal/policyfiles"
)

// Limits of the computations for pages.
const (
	maxWorks   = 64 // results that are kept, and computations that wait
	maxWorking = 2  // at once, so that the mail isn't slowed down
)

// works computes what takes longer than a page may wait for. A page looks again, and then gets the result. Several
// requests for the same result share it. The zero works is ready.
type works struct {
	mu      sync.Mutex
	list    []*work // the one asked for last is the last
	working chan struct{}
}

// work is a computation.
type work struct {
	key    string
	result *later.Value[any]
	held   int // bytes of the files of the policy that the result holds; of use when it is ready
}

// errTooMuch is the answer while too much is being computed.
var errTooMuch = &problem{status: http.StatusServiceUnavailable, text: "Too much is being computed for other pages.", fix: "Look again in a minute."}

// find returns the computation with a key, which begins unless there is one already; nil: there are too many.
func (s *works) find(key string, compute func() any) *work {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, w := range s.list {
		if w.key == key {
			s.list = append(append(s.list[:i:i], s.list[i+1:]...), w)
			return w
		}
	}
	if len(s.list) >= maxWorks && !s.forget() {
		return nil
	}
	for s.held() > maxHeldText && s.forget() {
	}
	if s.working == nil {
		s.working = make(chan struct{}, maxWorking)
	}
	w := &work{key: key}
	w.result = later.New(func() any {
		s.working <- struct{}{}
		defer func() { <-s.working }()
		result := compute()
		if policy, ok := result.(holder); ok {
			w.held = policy.size()
		}
		return result
	})
	w.result.Ready() // begins it
	s.list = append(s.list, w)
	return w
}

// forget drops the result that was asked for least recently, and reports whether there was one.
func (s *works) forget() bool {
	for i, w := range s.list {
		if w.result.Ready() {
			s.list = append(s.list[:i:i], s.list[i+1:]...)
			return true
		}
	}
	return false
}

// held returns the bytes of the files of all policies that results hold, without the newest one.
func (s *works) held() (n int) {
	for _, w := range s.list[:max(len(s.list)-1, 0)] {
		if w.result.Ready() {
			n += w.held
		}
	}
	return n
}

// holder is a result that holds a policy of its own.
type holder interface {
	size() int // bytes of the policy's files
}

// patience is how long a page waits for work that may take long, before it says that the work goes on.
const patience = 80 * time.Millisecond

// soon returns a context that ends when the page has waited long enough, for all that it waits for.
func (r *request) soon() (context.Context, context.CancelFunc) {
	if r.end.IsZero() {
		r.end = time.Now().Add(patience)
	}
	return context.WithDeadline(r.Context(), r.end)
}

// waited reports whether err says that the page has waited long enough, while the browser still waits for the page.
func (r *request) waited(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) && r.Context().Err() == nil
}

// computed returns the result of a computation with a key, which must name everything that the result depends on. ok is
// false if the result isn't there soon: the computation goes on then, and the page looks again.
func computed[T any](r *request, key string, compute func() T) (result T, ok bool, err error) {
	w := r.c.works.find(key, func() any { return compute() })
	if w == nil {
		return result, false, errTooMuch
	}
	soon, cancel := r.soon()
	defer cancel()
	found, err := w.result.Get(soon)
	if err != nil {
		return result, false, r.Context().Err()
	}
	result, ok = found.(T)
	return result, ok, nil
}

// loaded returns the policy as its files are now, or as they were before they got mistakes.
func (r *request) loaded() (*policyfiles.Version, error) {
	v, err := r.version()
	if err == nil && v.Loaded == nil {
		err = &problem{status: http.StatusConflict, text: "There is no policy to show, because its files have mistakes.", fix: v.Mistakes.Error()}
	}
	return v, err
}
