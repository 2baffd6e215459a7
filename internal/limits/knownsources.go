package limits

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"net/netip"
	"slices"
	"time"
)

const (
	// knownPerUser is how many sources of a user are remembered, so that one user can't make
	// the server forget those of others.
	knownPerUser = 8

	keySize = sha256.Size // of tags

	day      = 24 * time.Hour
	knownFor = 90 * day // after the last logon
)

// tag stands for a user, or for a source of a user. Without the key of the knownSources a tag
// tells nothing about either.
type tag [16]byte

// knownSources are the sources from which users have logged on, of guessKeys users at most.
type knownSources struct {
	key   []byte // of the tags; made when it is first needed
	users map[tag]*knownUser
}

// knownUser is a user who has logged on.
type knownUser struct {
	last    time.Time     // of a logon
	sources []knownSource // the latest first
}

// knownSource is a source from which a user has logged on, with the wrong guesses there at
// that user.
type knownSource struct {
	tag tag
	day time.Time // of the last logon, in UTC
	guesser
}

// find returns the guesser of a user at a source where the user is known; nil elsewhere.
func (k *knownSources) find(source netip.Addr, user string, now time.Time) *guesser {
	if len(k.users) == 0 {
		return nil
	}
	userTag, sourceTag := k.tags(source, user)
	u := k.users[userTag]
	if u == nil {
		return nil
	}
	i := u.at(sourceTag)
	if i < 0 || now.Sub(u.sources[i].day) > knownFor {
		return nil
	}
	return &u.sources[i].guesser
}

// at returns the place of a source; -1 if the user isn't known there.
func (u *knownUser) at(source tag) int {
	return slices.IndexFunc(u.sources, func(s knownSource) bool { return s.tag == source })
}

// add remembers that a user has logged on from a source, and forgets the wrong guesses there. It
// reports whether the user was not known there on that day.
func (k *knownSources) add(source netip.Addr, user string, now time.Time) bool {
	userTag, sourceTag := k.tags(source, user)
	s := knownSource{tag: sourceTag, day: now.UTC().Truncate(day), guesser: guesser{last: now}}
	fresh := true
	if u := k.users[userTag]; u != nil {
		i := u.at(sourceTag)
		fresh = i < 0 || !u.sources[i].day.Equal(s.day)
	}
	k.put(userTag, s, now)
	return fresh
}

// put makes s the latest source of a user, who has logged on there at that time.
func (k *knownSources) put(user tag, s knownSource, at time.Time) {
	if k.users == nil {
		k.users = make(map[tag]*knownUser)
	}
	u := k.users[user]
	if u == nil {
		if len(k.users) >= guessKeys {
			forget(k.users, func(a, b *knownUser) int { return a.last.Compare(b.last) })
		}
		u = new(knownUser)
		k.users[user] = u
	}
	u.last = at
	if i := u.at(s.tag); i >= 0 {
		u.sources = slices.Delete(u.sources, i, i+1)
	}
	u.sources = slices.Insert(u.sources, 0, s)
	u.sources = u.sources[:min(len(u.sources), knownPerUser)]
}

// tags returns the tags of a user, and of a source of that user. Without a user, the source stands
// in the user's place.
func (k *knownSources) tags(source netip.Addr, user string) (userTag, sourceTag tag) {
	if k.key == nil {
		k.key = make([]byte, keySize)
		_, _ = rand.Read(k.key) // never fails
	}
	if user == "" {
		user = source.String()
	}
	mac := hmac.New(sha256.New, k.key)
	mac.Write([]byte(user))
	copy(userTag[:], mac.Sum(nil))
	mac.Reset()
	mac.Write(userTag[:])
	mac.Write([]byte(source.String()))
	copy(sourceTag[:], mac.Sum(nil))
	return userTag, sourceTag
}
