package limits

import (
	"cmp"
	"math"
	"slices"
	"time"
)

const (
	guessLimit = "Guesses" // the name in docs/limits.md

	guessBurst    = 10
	guessReserve  = 5 // of the guessBurst at a user
	guessInterval = 500 * time.Millisecond

	maxGuessDelay  = time.Minute
	failureForgets = time.Minute // each forgets one of the failures
	maxFailures    = 20          // more aren't counted, so that a source recovers in minutes

	guessKeys = 1 << 14 // entries of a table
)

// guesser counts the wrong guesses of a source, at a user, or of a source at a user who is
// known there.
type guesser struct {
	debt     float64       // guesses, less one for each guessInterval
	failures float64       // wrong guesses, less one for each failureForgets
	last     time.Time     // of debt and failures
	wait     time.Time     // before it no guess is checked
	turn     chan struct{} // of a source: held while one of its proofs is checked
}

// settle forgives guesses for the time since last.
func (g *guesser) settle(now time.Time) {
	past := float64(now.Sub(g.last))
	g.debt = max(0, g.debt-past/float64(guessInterval))
	g.failures = max(0, g.failures-past/float64(failureForgets))
	g.last = now
}

// exhausted reports whether there is no room for another guess beside those that are reserved for
// others.
func (g *guesser) exhausted(reserved float64) bool { return g.debt > guessBurst-1-reserved }

// state returns the counter with one more guess, and when there is room for it.
func (g guesser) state(now time.Time, reserved float64) State {
	g.settle(now)
	s := State{Limit: guessLimit, Value: int64(math.Ceil(g.debt)) + 1, Bound: guessBurst - int64(reserved)}
	if wait := g.debt - (guessBurst - 1 - reserved); wait > 0 {
		s.Until = now.Add(time.Duration(wait * float64(guessInterval)))
	}
	return s
}

// refund forgives a guess that was not wrong.
func (g *guesser) refund() { g.debt = max(0, g.debt-1) }

// fail counts a wrong guess. The delay doubles with each failure beyond guessBurst.
func (g *guesser) fail(now time.Time) {
	g.failures = min(g.failures+1, maxFailures)
	if beyond := g.failures - guessBurst; beyond > 0 {
		delay := float64(guessInterval) * math.Exp2(beyond)
		g.wait = now.Add(min(time.Duration(delay), maxGuessDelay))
	}
}

// weight says how much would be lost if g were forgotten.
func (g *guesser) weight(now time.Time) float64 {
	g.settle(now)
	return g.debt + g.failures
}

// table holds the guessers of sources or users, guessKeys at most.
type table[K comparable] struct{ entries map[K]*guesser }

// of returns the guesser of a key, settled.
func (t *table[K]) of(key K, now time.Time) *guesser {
	if t.entries == nil {
		t.entries = make(map[K]*guesser)
	}
	g := t.entries[key]
	if g == nil {
		if len(t.entries) >= guessKeys {
			forget(t.entries, func(a, b *guesser) int { return cmp.Compare(a.weight(now), b.weight(now)) })
		}
		g = &guesser{last: now}
		t.entries[key] = g
	}
	g.settle(now)
	return g
}

// peek returns the guesser of a key as it is, and a new one without a guess.
func (t *table[K]) peek(key K) guesser {
	if g := t.entries[key]; g != nil {
		return *g
	}
	return guesser{}
}

// forget drops the half of the entries that comes first in the order.
func forget[K comparable, V any](entries map[K]V, order func(a, b V) int) {
	keys := make([]K, 0, len(entries))
	for k := range entries {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b K) int { return order(entries[a], entries[b]) })
	for _, k := range keys[:len(keys)/2] {
		delete(entries, k)
	}
}
