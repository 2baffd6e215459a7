package control

import (
	"context"
	"errors"
	"iter"
	"strings"
)

// ErrNoQueue means that a gateway has no queue to act on. Server.Do returns it.
var ErrNoQueue = errors.New("this gateway has no queue, because it was started without a data directory")

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
		a := &answer{content: strings.NewReader(""), write: func(e Event) error {
			if !yield(e, nil) {
				cancel()
				return errStopped
			}
			return nil
		}}
		n, err := s.perform(ctx, r, user, a)
		switch {
		case a.err != nil: // the caller wants no more
		case err != nil:
			yield(Event{}, err)
		default:
			a.end(n, nil)
		}
	}
}

// closed returns an error if the Server can't answer.
func (s *Server) closed() error {
	if s.ctx == nil || s.ctx.Err() != nil {
		return ErrNoGateway
	}
	return nil
}
