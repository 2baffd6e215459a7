package logon

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"sync"
	"time"
)

const (
	idleTime        = 12 * time.Hour // without a request
	sessionTime     = 24 * time.Hour // from logon to the end
	maxSessions     = 100
	maxUserSessions = 10
)

// session is a logon in one browser.
type session struct {
	user    User
	account string // as the user wrote the name; "": the session of a one-time link
	begun   time.Time
	used    time.Time
}

// key finds a session: the hash of its cookie, so that a copy of the memory has no cookie that
// is valid.
type key [sha256.Size]byte

// sessions are the logons of now. It is safe for concurrent use.
type sessions struct {
	ended func(session string) // is called, with mu held, when a session has ended; nil: nothing is
	mu    sync.Mutex
	all   map[key]*session
}

// newSecret returns 32 random bytes as text.
func newSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// begin begins a session and returns the text of its cookie. If there are too many, the one that
// was not used for the longest time ends.
func (s *sessions) begin(u User, account string) (cookie string, _ User) {
	cookie = newSecret()
	u.Session = rand.Text()
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = make(map[key]*session)
	}
	own := 0
	for k, other := range s.all {
		switch {
		case other.over(now):
			s.remove(k)
		case other.user.Name == u.Name:
			own++
		}
	}
	if own >= maxUserSessions {
		s.endOldest(func(other *session) bool { return other.user.Name == u.Name })
	}
	if len(s.all) >= maxSessions {
		s.endOldest(func(*session) bool { return true })
	}
	s.all[sha256.Sum256([]byte(cookie))] = &session{u, account, now, now}
	return cookie, u
}

// endOldest ends the session that was not used for the longest time, among those that may end.
func (s *sessions) endOldest(may func(*session) bool) {
	var oldest key
	var found *session
	for k, other := range s.all {
		if may(other) && (found == nil || other.used.Before(found.used)) {
			oldest, found = k, other
		}
	}
	s.remove(oldest)
}

// remove ends a session, if there is one, and returns it.
func (s *sessions) remove(k key) *session {
	found := s.all[k]
	delete(s.all, k)
	if found != nil && s.ended != nil {
		s.ended(found.user.Session)
	}
	return found
}

// over reports whether a session has ended.
func (s *session) over(now time.Time) bool {
	return now.Sub(s.used) >= idleTime || now.Sub(s.begun) >= sessionTime
}

// find returns the session of a cookie; ok is false without one. used notes that a person
// uses the session now.
func (s *sessions) find(cookie string, used bool) (_ session, ok bool) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	k := key(sha256.Sum256([]byte(cookie)))
	found := s.all[k]
	switch {
	case found == nil:
		return session{}, false
	case found.over(now):
		s.remove(k)
		return session{}, false
	case used:
		found.used = now
	}
	return *found, true
}

// end ends the session of a cookie, and returns it.
func (s *sessions) end(cookie string) (_ session, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found := s.remove(sha256.Sum256([]byte(cookie))); found != nil {
		return *found, true
	}
	return session{}, false
}
