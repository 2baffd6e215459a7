package oauth

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/relay/event"
)

const (
	// fetchAhead is how long before its end a token is replaced, and up to aheadJitter
	// longer, so that several gateways don't ask at once.
	fetchAhead  = 5 * time.Minute
	aheadJitter = time.Minute
	// A failure is tried again after firstRetry, then after twice as long each time, up to
	// maxRetry. One that lasts until something is changed is tried after lastingRetry first.
	firstRetry   = 5 * time.Second
	lastingRetry = time.Minute
	maxRetry     = 10 * time.Minute
	// logonPoll is how often the stored logon is looked for while there is no valid one. The
	// token server isn't asked for it.
	logonPoll = 10 * time.Second
	// renewAgain is how soon after a renewal because of a refusal there is another one.
	renewAgain = time.Minute
	// fetchWait is how long a delivery waits for a token that is being fetched while there
	// is no valid one.
	fetchWait = 10 * time.Second
	// reportAgain is how often a failure that lasts is reported.
	reportAgain = time.Hour
)

// tokenSource has the tokens of one Config. It is safe for concurrent use.
type tokenSource struct {
	config Config
	user   string
	fetcher
	reporter reporter

	ctx  context.Context // of everything in the background
	stop context.CancelFunc
	wg   sync.WaitGroup
	wake chan struct{} // makes the background loop look again

	reporting sync.Mutex // keeps events in order; locked before mu

	mu       sync.Mutex
	current  *token        // the last one; nil: there was none yet
	failed   *Error        // why the last fetch has failed; nil: it has not
	failures int           // in a row
	next     time.Time     // of the next fetch
	fetching chan struct{} // closed when the present fetch ends; nil: there is no fetch
	renewed  time.Time     // when a refusal made Renew fetch
	reported time.Time     // when failed was reported
	saying   event.Kind    // how
}

// start begins to fetch in the background.
func (s *tokenSource) start() {
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.wake = make(chan struct{}, 1)
	s.begin()
	s.wg.Go(s.loop)
}

// close ends everything in the background.
func (s *tokenSource) close() {
	s.mu.Lock()
	s.stop() // no fetch begins from now on
	s.mu.Unlock()
	s.wg.Wait()
}

// loop fetches whenever a token is due.
func (s *tokenSource) loop() {
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-s.begin():
		}
		timer := time.NewTimer(time.Until(s.due()))
		select {
		case <-s.ctx.Done():
		case <-timer.C:
		case <-s.wake:
		}
		timer.Stop()
	}
}

// due returns the time of the next fetch.
func (s *tokenSource) due() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next
}

// retryNow makes a fetch that waits because of a failure begin at once.
func (s *tokenSource) retryNow() {
	s.mu.Lock()
	if s.failed != nil {
		s.next = time.Time{}
	}
	s.mu.Unlock()
	s.lookAgain()
}

// begin begins a fetch if one is due, or joins the present one. The result is closed when
// no fetch goes on.
func (s *tokenSource) begin() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fetching == nil && time.Now().Before(s.next) {
		return closed
	}
	return s.fetchLocked()
}

// closed is a closed channel.
var closed = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// fetchLocked begins a fetch, or joins the present one. s.mu is locked.
func (s *tokenSource) fetchLocked() <-chan struct{} {
	if s.ctx.Err() != nil {
		return closed
	}
	if s.fetching == nil {
		done := make(chan struct{})
		s.fetching = done
		s.wg.Go(func() {
			s.reporting.Lock()
			defer s.reporting.Unlock()
			got, err := s.fetch(s.ctx)
			e := s.ended(got, err)
			close(done)
			s.reporter.emit(e)
		})
	}
	return s.fetching
}

// ended records the end of a fetch and when the next one is due. It returns the event to report;
// zero: none.
func (s *tokenSource) ended(got *token, err error) event.Event {
	if s.ctx.Err() != nil {
		return event.Event{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fetching = nil
	defer s.lookAgain() // the fetch may not be the loop's
	now := time.Now()
	if err == nil {
		e := event.Event{Kind: event.TokenFetched, Failures: s.failures, Until: got.expires}
		s.current, s.failed, s.failures, s.reported = got, nil, 0, time.Time{}
		ahead := min(fetchAhead+rand.N(aheadJitter), got.expires.Sub(now)/2)
		s.next = got.expires.Add(-ahead)
		return e
	}
	before := s.failed
	s.failed = classify(err)
	s.failures++
	s.next = now.Add(s.retryLocked())
	e := s.failure(now)
	if before != nil && before.Error() == s.failed.Error() && e.Kind == s.saying && now.Sub(s.reported) < reportAgain {
		return event.Event{}
	}
	s.reported, s.saying = now, e.Kind
	return e
}

// lookAgain makes the loop look when the next fetch is due.
func (s *tokenSource) lookAgain() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// retryLocked returns how long to wait after a failure. s.mu is locked.
func (s *tokenSource) retryLocked() time.Duration {
	if s.failed.Cause == CauseLogonNeeded && s.config.Grant.stores() {
		return logonPoll
	}
	wait := firstRetry
	if !s.failed.Temporary() {
		wait = lastingRetry
	}
	for range s.failures - 1 {
		if wait *= 2; wait >= maxRetry {
			wait = maxRetry
			break
		}
	}
	return max(wait, s.failed.RetryAfter) + rand.N(wait/10)
}

// valid reports whether t can be used at the time now.
func (t *token) valid(now time.Time) bool { return t != nil && now.Before(t.expires) }

// Token implements delivery.TokenSource. It waits only while there is no valid token and one
// is being fetched, for at most ten seconds.
func (s *tokenSource) Token(ctx context.Context) (auth.Secret, error) {
	s.mu.Lock()
	if s.current.valid(time.Now()) {
		defer s.mu.Unlock()
		return s.current.access, nil
	}
	s.mu.Unlock()
	return s.await(ctx, s.begin(), "")
}

// Renew implements delivery.TokenSource. All callers with the same refused token share one
// fetch. A second renewal within a minute is refused, because another token wouldn't help.
func (s *tokenSource) Renew(ctx context.Context, refused auth.Secret) (auth.Secret, error) {
	s.mu.Lock()
	now := time.Now()
	if s.current.valid(now) && s.current.access != refused {
		defer s.mu.Unlock()
		return s.current.access, nil
	}
	if s.fetching == nil {
		if now.Sub(s.renewed) < renewAgain {
			defer s.mu.Unlock()
			return "", errRefused
		}
		s.renewed = now
	}
	done := s.fetchLocked()
	s.mu.Unlock()
	return s.await(ctx, done, refused)
}

// errRefused is the error of a token that is refused although it was just fetched.
var errRefused = &Error{Cause: CauseTokenRefused, Detail: "the smart host refuses the token, and it was just fetched",
	Cure: "look at the rights of the mailbox and the application; gateway oauth test says more"}

// await returns the token after a fetch, unless that is the refused one.
func (s *tokenSource) await(ctx context.Context, done <-chan struct{}, refused auth.Secret) (auth.Secret, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchWait)
	defer cancel()
	var waited error
	select {
	case <-done:
	case <-ctx.Done():
		waited = ctx.Err()
	case <-s.ctx.Done():
		waited = s.ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.current.valid(time.Now()) && s.current.access != refused:
		return s.current.access, nil
	case s.failed != nil:
		return "", s.failed
	case waited != nil || refused == "":
		return "", &Error{Cause: CauseUnavailable, Detail: "a token is still being fetched", Err: waited}
	}
	return "", errRefused
}
