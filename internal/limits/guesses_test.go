package limits

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/auth"
)

var (
	attacker = netip.MustParseAddr("203.0.113.66")
	office   = netip.MustParseAddr("198.51.100.7")
)

// guessed is one log-on; it reports whether the password was checked.
func (g *Guesses) guessed(source netip.Addr, user string, verdict error) bool {
	check := g.Begin(context.Background(), source, user)
	if check == nil {
		return false
	}
	check.End(verdict)
	return true
}

// TestGuessesOfASource: whatever connections a source opens, it has guessBurst
// guesses and then one a second.
func TestGuessesOfASource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Guesses
		checked := 0
		for i := range 250 { // ten a second
			if g.guessed(attacker, fmt.Sprint("user", i), auth.ErrBadCredentials) {
				checked++
			}
			time.Sleep(100 * time.Millisecond)
		}
		if checked < 25 || checked > 25+guessBurst {
			t.Errorf("%d guesses were checked in 25 s", checked)
		}
		if !g.guessed(office, "ann", nil) {
			t.Error("another source is kept out")
		}
	})
}

// TestGuessesAtAUser: guesses from many sources at one user are counted
// together, and don't keep a client out that has logged on before.
func TestGuessesAtAUser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Guesses
		if !g.guessed(office, "Ann", nil) {
			t.Fatal("not checked")
		}
		checked := 0
		a := netip.MustParseAddr("192.0.2.1")
		for range 200 {
			if g.guessed(a, "ann", auth.ErrBadCredentials) {
				checked++
			}
			a = a.Next()
		}
		if checked != guessBurst {
			t.Errorf("%d guesses at one user were checked at once, want %d", checked, guessBurst)
		}
		if !g.guessed(office, "ANN", nil) {
			t.Error("the user's own client is kept out")
		}
	})
}

// TestRightPasswordsAreNoGuesses: only wrong passwords count.
func TestRightPasswordsAreNoGuesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Guesses
		for i := range 1000 {
			if !g.guessed(office, "ann", nil) {
				t.Fatalf("log-on %d is not checked", i)
			}
		}
	})
}

// TestChecksTakeTurns: of one source one password is checked at a time, so that
// a host with many connections can't fill the Verifier.
func TestChecksTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Guesses
		first := g.Begin(t.Context(), attacker, "ann")
		var second *Guess
		go func() { second = g.Begin(t.Context(), attacker, "bob") }()
		synctest.Wait()
		if second != nil {
			t.Error("two passwords of one source are checked at once")
		}
		if other := g.Begin(t.Context(), office, "carl"); other == nil {
			t.Error("another source has to wait")
		}
		first.End(auth.ErrBadCredentials)
		synctest.Wait()
		if second == nil {
			t.Error("the second doesn't get its turn")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if g.Begin(ctx, attacker, "dora") != nil {
			t.Error("a client that has given up is served")
		}
	})
}

// TestGuessesAreForgotten: memory is bounded whatever names are tried.
func TestGuessesAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Guesses
		a := netip.MustParseAddr("10.0.0.1")
		for i := range 3 * guessKeys {
			g.guessed(a, fmt.Sprint(i), auth.ErrBadCredentials)
			a = a.Next()
		}
		if len(g.sources) > guessKeys || len(g.users) > guessKeys {
			t.Errorf("%d sources and %d users are remembered", len(g.sources), len(g.users))
		}
	})
}
