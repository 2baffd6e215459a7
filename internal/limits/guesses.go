package limits

import (
	"context"
	"errors"
	"math"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/internal/atomicfile"
)

// guessName is how many bytes of a user name are remembered.
const guessName = 128

// Guesses bounds how fast passwords and other proofs can be guessed, across connections. A
// source, and all sources together at one user, may have guessBurst wrong guesses at once and
// then one in each guessInterval. A source with many wrong guesses must wait after each further
// one, longer and longer up to maxGuessDelay. Beyond these limits no proof is checked.
//
// A user who has logged on from a source is known there. Guesses at that user from elsewhere don't
// delay the user there. Guesses at other users from that source delay the user only by the limit of
// the source, one in each guessInterval.
//
// Of the guesses at a user from elsewhere, guessReserve are for networks from which no wrong one
// has come lately. So those who guess at a user from many sources delay a user who logs on from
// a new place only while two networks a second join in.
//
// Guesses outlives policies and connections, and with Keep the program. The zero Guesses is
// ready to use.
type Guesses struct {
	mu       sync.Mutex
	sources  table[netip.Addr]
	users    table[string]
	known    knownSources
	nameless knownSources // of clients that name no user
	wrong    wrongNetworks
	file     atomicfile.Saver // of known
}

// Guess is the check of one proof.
type Guess struct {
	of     *Guesses
	source netip.Addr
	user   string
	turn   chan struct{}
}

// Begin waits until no other proof of the source is being checked, so that a host
// with many connections queues up once. It returns nil if the proof must not be
// checked, because of too many guesses, with the limit, or because ctx has ended. Otherwise it counts a
// guess, and the caller must call End. Without a user, because a token or certificate says
// who it is, it counts by source only.
func (g *Guesses) Begin(ctx context.Context, source netip.Addr, user string) (*Guess, *State) {
	user = strings.ToLower(user[:min(len(user), guessName)])
	check := &Guess{of: g, source: source, user: user, turn: g.turnOf(source)}
	select {
	case check.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, nil
	}
	if over := g.charge(source, user, time.Now()); over != nil {
		<-check.turn
		return nil, over
	}
	return check, nil
}

// turnOf returns the channel that serializes the checks of a source.
func (g *Guesses) turnOf(source netip.Addr) chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.sources.of(source, time.Now())
	if s.turn == nil {
		s.turn = make(chan struct{}, 1)
	}
	return s.turn
}

// userOf returns the guesser of a user; without a user a new one, which isn't kept.
func (g *Guesses) userOf(user string, now time.Time) *guesser {
	if user == "" {
		return new(guesser)
	}
	return g.users.of(user, now)
}

// knownOf returns the known sources of users; without a user those of clients that name no user.
func (g *Guesses) knownOf(user string) *knownSources {
	if user == "" {
		return &g.nameless
	}
	return &g.known
}

// charge counts a guess, unless the source or the user has had too many: then it returns the limit.
func (g *Guesses) charge(source netip.Addr, user string, now time.Time) *State {
	g.mu.Lock()
	defer g.mu.Unlock()
	s, u := g.sources.of(source, now), g.userOf(user, now)
	delayed, known := s, g.knownOf(user).find(source, user, now)
	if known != nil {
		delayed = known
	}
	reserve := 0.0
	if g.wrong.has(source, now) {
		reserve = guessReserve
	}
	switch {
	case now.Before(delayed.wait):
		over := State{Limit: guessLimit, By: BySource, Value: int64(math.Ceil(delayed.failures)) + 1, Bound: guessBurst, Until: delayed.wait}
		over.name(source)
		return &over
	case s.exhausted(0):
		over := s.state(now, 0)
		over.By = BySource
		over.name(source)
		return &over
	case known == nil && u.exhausted(reserve):
		over := u.state(now, reserve)
		over.By, over.Key = ByUser, user
		return &over
	}
	s.debt++
	u.debt++
	return nil
}

// States returns the counters of a source and, unless it is "", of a user, without a change.
func (g *Guesses) States(source netip.Addr, user string, now time.Time) []State {
	user = strings.ToLower(user[:min(len(user), guessName)])
	g.mu.Lock()
	defer g.mu.Unlock()
	own := g.sources.peek(source).state(now, 0)
	own.By, own.Value = BySource, own.Value-1
	own.name(source)
	if user == "" {
		return []State{own}
	}
	of := g.users.peek(user).state(now, 0)
	of.By, of.Key, of.Value = ByUser, user, of.Value-1
	return []State{own, of}
}

// End lets the source's next check begin. err is the result of the check: only a
// wrong proof stays counted.
func (c *Guess) End(err error) {
	<-c.turn
	now := time.Now()
	g := c.of
	g.mu.Lock()
	defer g.mu.Unlock()
	s, u := g.sources.of(c.source, now), g.userOf(c.user, now)
	known := g.knownOf(c.user).find(c.source, c.user, now)
	switch {
	case !errors.Is(err, auth.ErrBadCredentials):
		s.refund()
		u.refund()
		if err == nil && g.knownOf(c.user).add(c.source, c.user, now) && c.user != "" {
			g.file.Changed()
		}
	case known != nil:
		known.settle(now)
		known.fail(now)
	default:
		s.fail(now)
		g.wrong.add(c.source, now)
	}
}
