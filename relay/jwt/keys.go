package jwt

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/relay/event"
)

// How long keys are used, and how often they are fetched.
const (
	staleAfter = time.Hour        // keys in use are fetched again
	keepFor    = 24 * time.Hour   // keys that can't be fetched are used
	fetchPause = 5 * time.Minute  // between two fetches
	retryPause = 30 * time.Second // between two fetches of which the first has failed
	fetchTime  = 10 * time.Second // for one fetch
)

// KeySet has the public keys of an identity provider. It is safe for concurrent use; its fields
// must not change once it is in use. The zero KeySet has no keys.
type KeySet struct {
	// Events are called with event.KeysNotFetched when the first of several fetches fails, and when
	// there are no keys any more, and with event.KeysFetched when a fetch succeeds for the first
	// time and after failures. Clients don't wait for them.
	Events []event.Reader
	// Logger gets a line for each event. Nil: no log.
	Logger *slog.Logger

	where         string                                // for errors
	configuration string                                // URL of the provider's description, if it is known
	fetch         func(context.Context) ([]byte, error) // nil: the keys never change

	mu      sync.Mutex
	keys    []key
	fetched time.Time     // when keys were asked for; zero: never
	tried   time.Time     // when the last fetch began
	err     error         // of the last fetch
	lacking bool          // there were no keys when a failure was reported last
	running chan struct{} // closed when the present fetch ends; nil: no fetch runs
}

// ParseKeys returns the KeySet of a JSON Web Key Set, which never changes.
func ParseKeys(set []byte) (*KeySet, error) {
	keys, err := parseKeys(set)
	if err != nil {
		return nil, err
	}
	return &KeySet{where: "the given keys", keys: keys}, nil
}

// Len returns how many keys s has at present.
func (s *KeySet) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.keys)
}

// Refresh fetches the keys now, unless the last fetch was too short a while ago, and returns
// why they couldn't be fetched.
func (s *KeySet) Refresh(ctx context.Context) error {
	if s.fetch == nil {
		return nil
	}
	s.mu.Lock()
	running := s.begin(time.Now())
	s.mu.Unlock()
	if err := wait(ctx, running); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// errUnknownKey is wrapped by the error for a key that the provider doesn't have.
var errUnknownKey = errors.New("it is signed by an unknown key")

// find returns the key of that name for an algorithm; without a name, the only one for it. An
// error that doesn't wrap errUnknownKey means that the keys can't be fetched now.
func (s *KeySet) find(ctx context.Context, kid, alg string) (crypto.PublicKey, error) {
	for {
		s.mu.Lock()
		now := time.Now()
		if s.fetch != nil && now.Sub(s.fetched) >= keepFor {
			s.keys = nil
		}
		k := s.lookUp(kid, alg)
		var running chan struct{}
		if k == nil || now.Sub(s.fetched) >= staleAfter {
			running = s.begin(now)
		}
		err := s.err
		s.mu.Unlock()
		switch {
		case k != nil:
			return k, nil
		case running != nil:
			if err := wait(ctx, running); err != nil {
				return nil, err
			}
		case err != nil:
			return nil, err
		default:
			return nil, fmt.Errorf("%w: %s has no key %.60q for %s", errUnknownKey, s.where, kid, alg)
		}
	}
}

// lookUp returns the key of that name for an algorithm, or nil.
func (s *KeySet) lookUp(kid, alg string) (found crypto.PublicKey) {
	for _, k := range s.keys {
		switch {
		case k.alg != alg || kid != "" && k.kid != kid:
		case found != nil:
			return nil // which of them it is can't be known
		default:
			found = k.public
		}
	}
	return found
}

// begin returns the fetch that runs, after it has started one if it is time. It returns nil if
// it isn't time yet.
func (s *KeySet) begin(now time.Time) chan struct{} {
	pause := fetchPause
	if s.err != nil {
		pause = retryPause
	}
	if s.running != nil || s.fetch == nil || !s.tried.IsZero() && now.Sub(s.tried) < pause {
		return s.running
	}
	s.tried, s.running = now, make(chan struct{})
	go s.run(now, s.running)
	return s.running
}

// run fetches the keys. It has a context of its own, because several clients wait for it.
func (s *KeySet) run(now time.Time, done chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), fetchTime)
	defer cancel()
	data, err := s.fetch(ctx)
	var keys []key
	if err == nil {
		keys, err = parseKeys(data)
	}
	s.mu.Lock()
	e := s.ended(keys, err, now)
	read := event.Log(s.Logger, s.Events...) // before LoadKeys returns, after which they may be set
	close(done)
	s.mu.Unlock()
	if read != nil && e.Kind != 0 {
		e.Time, e.Host = time.Now(), s.where
		read(context.Background(), e)
	}
}

// ended records the end of a fetch and returns the event to report; zero: none. s.mu is locked.
func (s *KeySet) ended(keys []key, err error, now time.Time) event.Event {
	before := s.err
	s.running, s.err = nil, nil
	if err == nil {
		first := s.fetched.IsZero()
		s.keys, s.fetched = keys, now
		if first || before != nil {
			return event.Event{Kind: event.KeysFetched, Until: now.Add(keepFor)}
		}
		return event.Event{}
	}
	s.err = fmt.Errorf("keys of tokens from %s: %w", s.where, err)
	lacking := len(s.keys) == 0
	if before != nil && lacking == s.lacking {
		return event.Event{}
	}
	s.lacking = lacking
	e := event.Event{Kind: event.KeysNotFetched, Err: err}
	if !lacking {
		e.Until = s.fetched.Add(keepFor)
	}
	return e
}

// wait waits until a fetch has closed running; nil: no fetch runs.
func wait(ctx context.Context, running chan struct{}) error {
	if running == nil {
		return nil
	}
	select {
	case <-running:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
