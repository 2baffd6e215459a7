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
	check, _ := g.Begin(context.Background(), source, user)
	if check == nil {
		return false
	}
	check.End(verdict)
	return true
}

// TestGuessesOfASource: whatever connections a source opens, it has guessBurst guesses at
// once, never more than two a second after them, and soon one a minute. It recovers.
func TestGuessesOfASource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Guesses
		checked := func(span time.Duration) (n int) {
			for i := range int(span / (100 * time.Millisecond)) { // ten a second
				if g.guessed(attacker, fmt.Sprint("user", i), auth.ErrBadCredentials) {
					n++
				}
				time.Sleep(100 * time.Millisecond)
			}
			return n
		}
		if n := checked(10 * time.Second); n < guessBurst || n > guessBurst+5 {
			t.Errorf("%d guesses were checked in the first 10 s", n)
		}
		checked(5 * time.Minute)
		if n := checked(time.Hour); n < 59 || n > 75 {
			t.Errorf("%d guesses were checked in an hour of guessing", n)
		}
		if !g.guessed(office, "ann", nil) {
			t.Error("another source is kept out")
		}
		time.Sleep(maxGuessDelay)
		if !g.guessed(attacker, "bob", auth.ErrBadCredentials) {
			t.Error("no guess is checked after the longest delay")
		}
		time.Sleep(maxFailures * time.Minute)
		for i := range guessBurst {
			if !g.guessed(attacker, fmt.Sprint("bob", i), auth.ErrBadCredentials) {
				t.Error("the source doesn't recover")
			}
		}
	})
}

// TestGuessesOfManyAtAUser: two guesses a second at one user are checked, from however many sources.
func TestGuessesOfManyAtAUser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Guesses
		checked := 0
		a := netip.MustParseAddr("192.0.2.1")
		for range 1000 { // a hundred a second
			if g.guessed(a, "ann", auth.ErrBadCredentials) {
				checked++
			}
			a = a.Next()
			time.Sleep(10 * time.Millisecond)
		}
		if checked < 20 || checked > 20+guessBurst {
			t.Errorf("%d guesses at one user were checked in 10 s", checked)
		}
	})
}

// TestKnownUser: a user who has logged on from a source is delayed there neither by guesses
// at other users from that source, nor by guesses from elsewhere, but by wrong passwords there.
func TestKnownUser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Guesses
		if !g.guessed(office, "ann", nil) {
			t.Fatal("not checked")
		}
		for range 1000 { // a phone in the same office has the password of a colleague wrong
			g.guessed(office, "bob", auth.ErrBadCredentials)
			time.Sleep(time.Second)
		}
		if g.guessed(office, "carl", nil) {
			t.Error("a user who isn't known there is checked")
		}
		if !g.guessed(office, "ann", nil) {
			t.Error("a known user is kept out by guesses at another user")
		}
		checked := 0
		for range 600 {
			if g.guessed(office, "ann", auth.ErrBadCredentials) {
				checked++
			}
			time.Sleep(time.Second)
		}
		if checked > 2*guessBurst+10 {
			t.Errorf("%d guesses at a user from a known source were checked in 10 min", checked)
		}
	})
}

// TestOwnAccountHelpsNoGuesses: log-ons to an attacker's own account don't make its guesses at
// others faster, nor the server forget where others have logged on.
func TestOwnAccountHelpsNoGuesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Guesses
		g.guessed(office, "ann", nil)
		checked := 0
		a := netip.MustParseAddr("10.0.0.1")
		for range 600 {
			g.guessed(attacker, "mallory", nil)
			if g.guessed(attacker, "ann", auth.ErrBadCredentials) {
				checked++
			}
			g.guessed(a, "mallory", nil)
			a = a.Next()
			time.Sleep(time.Second)
		}
		if checked > guessBurst+20 {
			t.Errorf("%d guesses were checked in 10 min", checked)
		}
		mallory, _ := g.known.tags(a, "mallory")
		if n := len(g.known.users[mallory].sources); n != knownPerUser || g.known.find(office, "ann", time.Now()) == nil {
			t.Errorf("ann is forgotten, or mallory has %d sources", n)
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
		if checked != guessBurst-guessReserve {
			t.Errorf("%d guesses at one user were checked at once, want %d", checked, guessBurst-guessReserve)
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
		first, _ := g.Begin(t.Context(), attacker, "ann")
		var second *Guess
		go func() { second, _ = g.Begin(t.Context(), attacker, "bob") }()
		synctest.Wait()
		if second != nil {
			t.Error("two passwords of one source are checked at once")
		}
		if other, _ := g.Begin(t.Context(), office, "carl"); other == nil {
			t.Error("another source has to wait")
		}
		first.End(auth.ErrBadCredentials)
		synctest.Wait()
		if second == nil {
			t.Error("the second doesn't get its turn")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if got, over := g.Begin(ctx, attacker, "dora"); got != nil || over != nil {
			t.Error("a client that has given up is served")
		}
	})
}

// TestGuessesAreForgotten: memory is bounded whatever names are tried, and what is forgotten
// first has the fewest guesses.
func TestGuessesAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Guesses
		for n := range guessBurst {
			g.guessed(bot(n), "ann", auth.ErrBadCredentials)
			g.guessed(attacker, fmt.Sprint("user", n), auth.ErrBadCredentials)
		}
		a := netip.MustParseAddr("10.0.0.1")
		for i := range 3 * guessKeys {
			g.guessed(a, fmt.Sprint(i), auth.ErrBadCredentials)
			g.guessed(a, fmt.Sprint("known", i), nil)
			a = a.Next()
		}
		if len(g.sources.entries) > guessKeys || len(g.users.entries) > guessKeys || len(g.known.users) > guessKeys {
			t.Errorf("%d sources, %d users and %d known users are remembered", len(g.sources.entries), len(g.users.entries), len(g.known.users))
		}
		if g.guessed(office, "ann", nil) || g.guessed(attacker, "bob", nil) {
			t.Error("many guesses made the server forget those at a user")
		}
	})
}

// TestGuessLimit: a guess too many names the limit, the client or the user, and when there is room again.
func TestGuessLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Guesses
		begin := func(source netip.Addr, user string) *State {
			check, over := g.Begin(t.Context(), source, user)
			if check != nil {
				check.End(auth.ErrBadCredentials)
			}
			return over
		}
		start := time.Now()
		for i := range guessBurst {
			if over := begin(attacker, fmt.Sprint("user", i)); over != nil {
				t.Fatalf("guess %d: %+v", i+1, *over)
			}
		}
		if all := g.States(attacker, "", start); len(all) != 1 || all[0].Value != guessBurst || all[0].Bound != guessBurst {
			t.Errorf("%+v", all)
		}
		want := State{Limit: "Guesses", By: BySource, Key: attacker.String(), Value: guessBurst + 1, Bound: guessBurst, Until: start.Add(guessInterval)}
		if over := begin(attacker, "ann"); over == nil || *over != want {
			t.Errorf("%+v, want %+v", over, want)
		}
		time.Sleep(guessInterval - 1)
		if begin(attacker, "ann") == nil {
			t.Error("before the end it is checked")
		}
		time.Sleep(time.Nanosecond)
		if over := begin(attacker, "ann"); over != nil {
			t.Errorf("after it: %+v", *over)
		}
		if over := begin(attacker, "ann"); over == nil || over.By != BySource || over.Value != guessBurst+2 || time.Until(over.Until) > 2*guessInterval || time.Until(over.Until) < guessInterval {
			t.Errorf("the delay after an eleventh wrong guess: %+v", over)
		}
		const free = guessBurst - guessReserve // for a network that has guessed wrong
		for i := range byte(free) {
			if over := begin(netip.AddrFrom4([4]byte{192, 0, 2, i}), "carl"); over != nil {
				t.Errorf("guess %d at carl: %+v", i+1, *over)
			}
		}
		if over := begin(netip.MustParseAddr("192.0.2.9"), "carl"); over == nil || over.By != ByUser || over.Key != "carl" || over.Value != free+1 || over.Bound != free {
			t.Errorf("%+v", over)
		}
	})
}
