package queuetest

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"sync"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// The tests of Run that make several calls at once.

// claimedOnce has several holders claim the same messages at once: each message must go to
// one of them.
func (s *suite) claimedOnce() {
	const messages, holders, limit = 200, 8, 10
	for i := range messages {
		s.put(message(fmt.Sprint("M", i)), "", free())
	}
	var mu sync.Mutex
	claimed := make(map[string][]string) // holders, by ID
	begin := make(chan struct{})
	var group sync.WaitGroup
	for i := range holders {
		holder := fmt.Sprint("holder", i)
		group.Go(func() {
			<-begin
			for range messages {
				list, err := s.store.Claim(s.ctx, lease(holder), limit)
				if err != nil || len(list) > limit {
					s.t.Errorf("Claim returned %d messages of at most %d, %v", len(list), limit, err)
				}
				if err != nil || len(list) == 0 {
					return
				}
				mu.Lock()
				for _, m := range list {
					claimed[m.ID] = append(claimed[m.ID], holder)
				}
				mu.Unlock()
			}
		})
	}
	close(begin)
	group.Wait()
	several, example := 0, ""
	for id, holders := range claimed {
		if len(holders) > 1 {
			several, example = several+1, fmt.Sprintf("%s by %s", id, strings.Join(holders, " and "))
			continue
		}
		if err := s.store.Save(s.ctx, message(id), holders[0]); err != nil {
			s.t.Errorf("%s has claimed %s, and Save returns %v", holders[0], id, err)
		}
	}
	if several > 0 {
		s.t.Errorf("%d of %d messages were claimed more than once, for example %s", several, messages, example)
	}
	if len(claimed) != messages {
		s.t.Errorf("%d of %d messages were claimed", len(claimed), messages)
	}
}

// claimedMeanwhile has b claim messages whose lease by a has expired, while a saves and
// renews them. Everything that a could save is in what b gets, and a can do nothing after
// that.
func (s *suite) claimedMeanwhile() {
	const messages = 20
	for i := range messages {
		s.put(message(fmt.Sprint("M", i)), "", brief("a"))
	}
	var mu sync.Mutex
	got := make(map[string]int) // attempts in what b claimed, by ID
	saved := make(map[string]int)
	begun, ended := make(chan struct{}), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		for attempt, last := 1, false; !last; attempt++ {
			select {
			case <-ended:
				last = true
			default:
			}
			mu.Lock()
			before := maps.Clone(got)
			mu.Unlock()
			s.saveAll(messages, attempt, before, saved)
			if attempt == 1 {
				close(begun)
			}
		}
	})
	<-begun
	func() {
		defer close(ended)
		for range 10_000 {
			list := s.claim(lease("b"), 1)
			mu.Lock()
			for _, m := range list {
				got[m.ID] = m.Recipients[0].Attempts
			}
			n := len(got)
			mu.Unlock()
			if n == messages {
				break
			}
		}
	}()
	group.Wait()
	if len(got) != messages {
		s.t.Errorf("b has claimed %d messages of %d, whose leases had expired", len(got), messages)
	}
	for id, n := range got {
		if saved[id] != n {
			s.t.Errorf("b has claimed %s after %d attempts; a has saved %d", id, n, saved[id])
		}
	}
}

// saveAll saves and renews the messages for a. before are those that b had claimed.
func (s *suite) saveAll(messages, attempt int, before, saved map[string]int) {
	for i := range messages {
		m := message(fmt.Sprint("M", i))
		m.Recipients[0].Attempts = attempt
		_, lost := before[m.ID]
		switch err := s.store.Save(s.ctx, m, "a"); {
		case err == nil && !lost:
			saved[m.ID] = attempt
		case !errors.Is(err, queue.ErrLease):
			s.t.Errorf("Save of %s by a, claimed by b before: %v; it returns %v", m.ID, lost, err)
		}
	}
	held, err := s.store.Renew(s.ctx, brief("a"))
	if err != nil {
		s.t.Errorf("Renew: %v", err)
	}
	for _, id := range held {
		if _, lost := before[id]; lost {
			s.t.Errorf("Renew for a returns %s, which b had claimed", id)
		}
	}
}

func (s *suite) concurrent() {
	const workers, each = 16, 20
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				s.life(fmt.Sprintf("W%d-%d", w, i), fmt.Sprint("worker", w), i%4 != 0)
			}
		})
	}
	wg.Wait()
	if got, want := len(s.list()), workers*each/4; got != want {
		s.t.Errorf("there are %d messages, want %d", got, want)
	}
}

// life puts, saves, reads and removes one message.
func (s *suite) life(id, holder string, remove bool) {
	m := message(id)
	if err := s.store.Put(s.ctx, m, strings.NewReader("body of "+id), lease(holder)); err != nil {
		s.t.Errorf("Put: %v", err)
		return
	}
	m.Recipients[0].Attempts = 1
	if err := s.store.Save(s.ctx, m, holder); err != nil {
		s.t.Errorf("Save: %v", err)
	}
	b, err := s.store.Open(s.ctx, id)
	if err != nil {
		s.t.Errorf("Open: %v", err)
		return
	}
	defer b.Close()
	if content, err := io.ReadAll(b); err != nil || string(content) != "body of "+id {
		s.t.Errorf("%s: %q, %v", id, content, err)
	}
	if !remove {
		return
	}
	if err := s.store.Remove(s.ctx, id, holder); err != nil {
		s.t.Errorf("Remove: %v", err)
	}
}

// oneClosed closes one handle: the other one works, and the leases stay.
func (s *suite) oneClosed() {
	a, b := s.handles[0], s.handles[1]
	s.must("Put", a.Put(s.ctx, message("A1"), strings.NewReader(""), lease("a")))
	s.must("Put", a.Put(s.ctx, message("B2"), strings.NewReader(""), free()))
	s.must("Close", a.Close())
	list, err := b.Claim(s.ctx, lease("b"), 10)
	if got := ids(list); err != nil || got != "B2" {
		s.t.Errorf("claimed %q, %v; want B2, because a's lease hasn't expired", got, err)
	}
	s.must("Save", b.Save(s.ctx, message("A1"), "a"))
	_, err = a.Usage(s.ctx)
	s.fails("Usage of the closed handle", err, queue.ErrClosed)
}

// existsShared puts messages with the same IDs by both handles at once.
func (s *suite) existsShared() {
	const messages = 50
	var results [2][messages]error
	var group sync.WaitGroup
	for h := range results {
		group.Go(func() {
			for i := range messages {
				body := strings.NewReader(fmt.Sprint("by handle ", h))
				results[h][i] = s.handles[h].Put(s.ctx, message(fmt.Sprint("M", i)), body, lease(fmt.Sprint("holder", h)))
			}
		})
	}
	group.Wait()
	for i := range messages {
		winner := 0
		if results[0][i] != nil {
			winner = 1
		}
		id := fmt.Sprint("M", i)
		s.must("Put of "+id, results[winner][i])
		s.fails("the other Put of "+id, results[1-winner][i], queue.ErrExists)
		if got, want := string(s.read(id)), fmt.Sprint("by handle ", winner); got != want {
			s.t.Errorf("%s: %q, want %q", id, got, want)
		}
		s.must("Save by its holder", s.store.Save(s.ctx, message(id), fmt.Sprint("holder", winner)))
	}
}
