package limits

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/auth"
)

// home is a source of ann from which she has never logged on.
var home = netip.MustParseAddr("192.0.2.80")

// bot returns the nth of many sources, each in a network of its own.
func bot(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(60 + n>>16), byte(n >> 8), byte(n), 9})
}

// TestFreshNetworkUnderAttack: when ten thousand sources guess at a user all the time, the user can
// log on from a new place once each of their networks has had its guess, and not more than two
// guesses a second are checked.
func TestFreshNetworkUnderAttack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const bots, span = 10_000, 2 * time.Hour
		var g Guesses
		checked, tries := 0, 0
		for begin := time.Now(); time.Since(begin) < span; tries++ {
			if g.guessed(bot(tries%bots), "ann", auth.ErrBadCredentials) {
				checked++
			}
			time.Sleep(50 * time.Millisecond)
		}
		if most := guessBurst + int(span/guessInterval); checked > most || checked < most-guessBurst {
			t.Errorf("%d guesses were checked, want %d", checked, most)
		}
		place := bots
		for g.wrong.has(bot(place), time.Now()) { // by chance, see wrongNetworks
			place++
		}
		if !g.guessed(bot(place), "ann", nil) {
			t.Error("the user can't log on from a new place")
		}
		if g.guessed(bot(1), "ann", auth.ErrBadCredentials) {
			t.Error("the guesses that were reserved for others are given to all")
		}
	})
}

// TestOneNetworkIsOneGuesser: an attacker with all sources of an IPv6 network of 48 bits doesn't keep a
// user out, not even at first.
func TestOneNetworkIsOneGuesser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Guesses
		checked := 0
		for n := range 5000 {
			source := netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 0, 1, byte(n >> 8), byte(n)})
			if g.guessed(source, "ann", auth.ErrBadCredentials) {
				checked++
			}
		}
		if checked != guessBurst-guessReserve {
			t.Errorf("%d guesses were checked at once, want %d", checked, guessBurst-guessReserve)
		}
		for n := range guessReserve {
			if !g.guessed(bot(n), "ann", auth.ErrBadCredentials) {
				t.Errorf("network %d is kept out", n)
			}
		}
		if g.guessed(home, "ann", nil) {
			t.Error("more guesses are checked than the limit allows")
		}
	})
}

// TestClientsWithoutUser: clients that name no user are counted by their sources only.
func TestClientsWithoutUser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Guesses
		for n := range 1000 {
			if !g.guessed(bot(n), "", auth.ErrBadCredentials) {
				t.Fatalf("source %d is kept out", n)
			}
		}
		for n := range guessBurst {
			if !g.guessed(attacker, "", auth.ErrBadCredentials) {
				t.Errorf("guess %d is not checked", n)
			}
		}
		if g.guessed(attacker, "", auth.ErrBadCredentials) {
			t.Error("a source may guess without end")
		}
	})
}

// TestWrongNetworks: networks are remembered for half a day at least and a day at most, each for
// itself.
func TestWrongNetworks(t *testing.T) {
	var w wrongNetworks
	now := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	if w.has(home, now) {
		t.Error("nothing was added")
	}
	w.add(attacker, now)
	for source, want := range map[string]bool{"203.0.113.66": true, "203.0.113.1": true, "203.0.114.66": false, "2001:db8::": false} {
		if got := w.has(netip.MustParseAddr(source), now); got != want {
			t.Errorf("%s: %v", source, got)
		}
	}
	for _, row := range []struct {
		after time.Duration
		want  bool
	}{{wrongFor - 1, true}, {wrongFor, true}, {2*wrongFor - 1, true}, {2 * wrongFor, false}} {
		if got := w.has(attacker, now.Add(row.after)); got != row.want {
			t.Errorf("after %v: %v", row.after, got)
		}
	}
	w.add(attacker, now)
	if w.has(attacker, now.Add(10*wrongFor)) {
		t.Error("a network is remembered for days")
	}
}

// TestManyWrongNetworks: few networks pass for one of a hundred thousand others. Whatever the seed
// of the hash is, there are about 80 of 10,000.
func TestManyWrongNetworks(t *testing.T) {
	var w wrongNetworks
	now := time.Now()
	for n := range 100_000 {
		w.add(bot(n), now)
	}
	wrong := 0
	for n := range 10_000 {
		if w.has(bot(200_000+n), now) {
			wrong++
		}
	}
	if wrong > 300 || len(w.now)+len(w.then) != 2*wrongBits/64 {
		t.Errorf("%d of 10000 networks pass for others", wrong)
	}
}
