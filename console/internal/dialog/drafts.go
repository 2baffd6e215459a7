package dialog

import (
	"crypto/rand"
	"slices"
	"sync"
	"time"
)

// The limits of [Drafts].
const (
	maxDrafts  = 500
	maxOwned   = 50 // of one session
	draftLives = 12 * time.Hour
)

// Drafts holds the drafts of all sessions in memory: 500, and 50 of one session, each for
// 12 hours. A draft beyond these limits ends the oldest one. Drafts is safe for concurrent
// use.
type Drafts struct {
	now func() time.Time

	mu     sync.Mutex
	drafts []*Draft // the oldest first
}

// NewDrafts returns a Drafts without drafts. now tells the time.
func NewDrafts(now func() time.Time) *Drafts { return &Drafts{now: now} }

// Add makes a draft of a dialog for a session. back is the address to which the console
// returns in the end.
func (s *Drafts) Add(owner string, d *Dialog, v *Values, back string) *Draft {
	draft := &Draft{ID: rand.Text(), Owner: owner, Back: back, Made: s.now(), dialog: d, values: v, changing: map[string]bool{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire()
	owned := 0
	for _, other := range s.drafts {
		if other.Owner == owner {
			owned++
		}
	}
	if owned >= maxOwned {
		s.end(func(d *Draft) bool { return d.Owner == owner })
	} else if len(s.drafts) >= maxDrafts {
		s.end(func(*Draft) bool { return true })
	}
	s.drafts = append(s.drafts, draft)
	return draft
}

// Get returns a draft of a session.
func (s *Drafts) Get(owner, id string) (*Draft, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire()
	for _, d := range s.drafts {
		if d.ID == id && d.Owner == owner {
			return d, true
		}
	}
	return nil, false
}

// Remove forgets a draft of a session.
func (s *Drafts) Remove(owner, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end(func(d *Draft) bool { return d.ID == id && d.Owner == owner })
}

// Forget forgets all drafts of a session, which has ended.
func (s *Drafts) Forget(owner string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drafts = slices.DeleteFunc(s.drafts, func(d *Draft) bool { return d.Owner == owner })
}

// expire forgets the drafts that are too old.
func (s *Drafts) expire() {
	oldest := s.now().Add(-draftLives)
	s.drafts = slices.DeleteFunc(s.drafts, func(d *Draft) bool { return d.Made.Before(oldest) })
}

// end forgets the oldest draft for which a function is true.
func (s *Drafts) end(which func(*Draft) bool) {
	if i := slices.IndexFunc(s.drafts, which); i >= 0 {
		s.drafts = slices.Delete(s.drafts, i, i+1)
	}
}
