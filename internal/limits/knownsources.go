package limits

import (
	"net/netip"
	"slices"
	"time"
)

// knownPerUser is how many sources of a user are remembered, so that one user can't make
// the server forget those of others.
const knownPerUser = 8

// knownSources are the sources from which users have logged on, of guessKeys users at most.
type knownSources struct{ users map[string]*knownUser }

// knownUser is a user who has logged on.
type knownUser struct {
	last    time.Time
	sources []knownSource // the latest first
}

// knownSource is a source from which a user has logged on, with the wrong guesses there at
// that user.
type knownSource struct {
	addr netip.Addr
	*guesser
}

// find returns the guesser of a user at a source where the user is known; nil elsewhere.
func (k *knownSources) find(source netip.Addr, user string) *guesser {
	u := k.users[user]
	if u == nil {
		return nil
	}
	if i := u.at(source); i >= 0 {
		return u.sources[i].guesser
	}
	return nil
}

// at returns the place of a source; -1 if the user isn't known there.
func (u *knownUser) at(source netip.Addr) int {
	return slices.IndexFunc(u.sources, func(s knownSource) bool { return s.addr == source })
}

// add remembers that a user has logged on from a source, and forgets the wrong guesses there.
func (k *knownSources) add(source netip.Addr, user string, now time.Time) {
	if k.users == nil {
		k.users = make(map[string]*knownUser)
	}
	u := k.users[user]
	if u == nil {
		if len(k.users) >= guessKeys {
			forget(k.users, func(a, b *knownUser) int { return a.last.Compare(b.last) })
		}
		u = new(knownUser)
		k.users[user] = u
	}
	u.last = now
	if i := u.at(source); i >= 0 {
		u.sources = slices.Delete(u.sources, i, i+1)
	}
	u.sources = slices.Insert(u.sources, 0, knownSource{source, &guesser{last: now}})
	u.sources = u.sources[:min(len(u.sources), knownPerUser)]
}
