package limits

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/auth"
)

// Wrong passwords are counted across connections: by source, and by the user name that
// was tried. Each may have guessBurst of them at once and then one in each
// guessInterval. Beyond that no password is checked, and AUTH is refused for now.
const (
	guessBurst    = 10
	guessInterval = time.Second
	guessKeys     = 1 << 14 // entries of each map; beyond it the oldest are forgotten
	guessName     = 128     // bytes of a user name that are remembered
)

// Guesses bounds how fast passwords can be guessed. It outlives policies and
// connections. The zero Guesses is ready to use.
type Guesses struct {
	mu      sync.Mutex
	sources map[netip.Addr]*guesser
	users   map[string]*guesser
	known   map[knownUser]time.Time // when the source last logged on as the user
}

// knownUser is a user who has logged on from a source. A flood of guesses at the
// user's name from elsewhere doesn't keep such a client out.
type knownUser struct {
	source netip.Addr
	user   string
}

// guesser counts the guesses of a source, or at a user.
type guesser struct {
	debt float64 // guesses at the time last, less those that time has forgiven
	last time.Time
	turn chan struct{} // held while a password of this source is checked; nil for users
}

// settle forgives guesses for the time since last.
func (g *guesser) settle(now time.Time) {
	g.debt = max(0, g.debt-float64(now.Sub(g.last))/float64(guessInterval))
	g.last = now
}

// Guess is the check of one password.
type Guess struct {
	of     *Guesses
	source netip.Addr
	user   string
	turn   chan struct{}
}

// Begin waits until no other password of the source is being checked, so that a host
// with many connections queues up once. It returns nil if the password must not be
// checked, because of too many guesses or because ctx has ended. Otherwise it counts a
// guess, and the caller must call End. Without a user, because a token or certificate says
// who it is, it counts by source only.
func (g *Guesses) Begin(ctx context.Context, source netip.Addr, user string) *Guess {
	user = strings.ToLower(user[:min(len(user), guessName)])
	if user == "" {
		user = source.String()
	}
	check := &Guess{of: g, source: source, user: user, turn: g.turnOf(source)}
	select {
	case check.turn <- struct{}{}:
	case <-ctx.Done():
		return nil
	}
	if !g.charge(source, user, time.Now()) {
		<-check.turn
		return nil
	}
	return check
}

// turnOf returns the channel that serializes the checks of a source.
func (g *Guesses) turnOf(source netip.Addr) chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.source(source, time.Now()).turn
}

// charge counts a guess and returns true, unless the source or the user has had too
// many.
func (g *Guesses) charge(source netip.Addr, user string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	s, u := g.source(source, now), g.user(user, now)
	_, known := g.known[knownUser{source, user}]
	if s.debt > guessBurst-1 || u.debt > guessBurst-1 && !known {
		return false
	}
	s.debt++
	u.debt++
	return true
}

// End lets the source's next check begin. err is the result of the Verifier: only a
// wrong password stays counted.
func (c *Guess) End(err error) {
	<-c.turn
	if errors.Is(err, auth.ErrBadCredentials) {
		return
	}
	now := time.Now()
	g := c.of
	g.mu.Lock()
	defer g.mu.Unlock()
	s, u := g.source(c.source, now), g.user(c.user, now)
	s.debt, u.debt = max(0, s.debt-1), max(0, u.debt-1)
	if err == nil {
		if g.known == nil {
			g.known = make(map[knownUser]time.Time)
		}
		forget(g.known, now, func(t time.Time) time.Time { return t })
		g.known[knownUser{c.source, c.user}] = now
	}
}

// source returns the guesser of a source, settled.
func (g *Guesses) source(a netip.Addr, now time.Time) *guesser {
	if g.sources == nil {
		g.sources = make(map[netip.Addr]*guesser)
	}
	s := g.sources[a]
	if s == nil {
		forget(g.sources, now, (*guesser).used)
		s = &guesser{turn: make(chan struct{}, 1)}
		g.sources[a] = s
	}
	s.settle(now)
	return s
}

// user returns the guesser of a user name, settled.
func (g *Guesses) user(name string, now time.Time) *guesser {
	if g.users == nil {
		g.users = make(map[string]*guesser)
	}
	u := g.users[name]
	if u == nil {
		forget(g.users, now, (*guesser).used)
		u = new(guesser)
		g.users[name] = u
	}
	u.settle(now)
	return u
}

// used returns when g was last used.
func (g *guesser) used() time.Time { return g.last }

// forget makes room in a full map. It drops entries that were not used in the last
// minute, and then any, until half of the map is free.
func forget[K comparable, V any](m map[K]V, now time.Time, used func(V) time.Time) {
	if len(m) < guessKeys {
		return
	}
	for k, v := range m {
		if now.Sub(used(v)) > time.Minute {
			delete(m, k)
		}
	}
	for k := range m {
		if len(m) < guessKeys/2 {
			return
		}
		delete(m, k)
	}
}
