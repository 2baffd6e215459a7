package control

import (
	"context"
	"errors"
	"iter"
	"strings"
)

// errNoQueue is why an action on the queue is refused.
var errNoQueue = errors.New("this gateway has no queue, because it was started without a data directory")

// userKey is the key of the name that WithUser keeps.
type userKey struct{}

// WithUser returns a context in which Server.Do acts for a user of the program. The log, and the events of
// messages that change, name it.
func WithUser(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, userKey{}, name)
}

// Do answers r in the process of the gateway, as the function Do does for others through the socket. The user is
// that of WithUser, or "unknown". No content follows the request of Import. The caller reads the answer to its end,
// or stops: the rest is abandoned then, as it is at Close. It may be called concurrently, also by a program that
// doesn't call Serve.
func (s *Server) Do(ctx context.Context, r Request) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		err := s.closed()
		if err == nil {
			err = r.Validate()
		}
		if err != nil {
			yield(Event{}, err)
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(s.ctx, cancel)()
		user, ok := ctx.Value(userKey{}).(string)
		if !ok {
			user = "unknown"
		}
		s.perform(ctx, r, user, &answer{content: strings.NewReader(""), write: func(e Event) error {
			more := false
			if e.End != nil && e.End.Error != "" {
				yield(Event{}, errors.New(e.End.Error))
			} else {
				more = yield(e, nil)
			}
			if !more {
				cancel()
				return errStopped
			}
			return nil
		}})
	}
}

// closed returns an error if the Server can't answer.
func (s *Server) closed() error {
	if s.ctx == nil || s.ctx.Err() != nil {
		return ErrNoGateway
	}
	return nil
}
