package dispatch

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// selection is a Filter that looks at each message once, however many IDs it names.
type selection struct {
	filter queue.Filter
	ids    map[string]struct{} // nil: all
}

func newSelection(f queue.Filter) *selection {
	s := &selection{filter: f}
	if len(f.IDs) > 0 {
		s.ids = make(map[string]struct{}, len(f.IDs))
		for _, id := range f.IDs {
			s.ids[id] = struct{}{}
		}
		s.filter.IDs, s.filter.All = nil, true
	}
	return s
}

// match reports whether the Filter selects m.
func (s *selection) match(m *queue.Message) bool {
	if s.ids != nil {
		if _, ok := s.ids[m.ID]; !ok {
			return false
		}
	}
	return s.filter.Match(m)
}

// has reports whether the Filter selects m, by what is known of the next hops that it
// waits for if that matters.
func (s *selection) has(m *message) bool {
	if s.filter.Hop == "" {
		return s.match(&m.Message)
	}
	return s.match(m.seenWhole())
}

// batch is how many messages are dealt with before others get their turn.
const batch = 256

// each lets do look at the messages that f selects, and saves those that do has
// changed. It returns how many of them were concerned.
func (d *Dispatcher) each(ctx context.Context, f queue.Filter, progress Progress, do func(*message) (concerned, changed bool)) (n int, err error) {
	d.init()
	s := newSelection(f)
	selected := d.selected(s)
	for done := 0; done < len(selected); {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		next := selected[done:min(done+batch, len(selected))]
		var changes []*message
		d.mu.Lock()
		for _, m := range next {
			if m.phase != stored || !s.has(m) {
				continue
			}
			concerned, changed := do(m)
			if concerned {
				n++
				d.logOperator(ctx, m)
			}
			if changed {
				m.unsaved = time.Now()
				changes = append(changes, m)
			}
		}
		d.pump()
		d.mu.Unlock()
		d.persistAll(changes)
		for range next {
			done++
			if progress != nil {
				progress(done, len(selected))
			}
		}
	}
	return n, nil
}

// persistAll brings the Store up to date on messages, some at the same time: it
// makes what comes together durable together.
func (d *Dispatcher) persistAll(list []*message) {
	const together = 64
	var group sync.WaitGroup
	for i := range min(together, len(list)) {
		group.Go(func() {
			for ; i < len(list); i += together {
				d.mu.Lock()
				d.persist(list[i])
				d.mu.Unlock()
			}
		})
	}
	group.Wait()
}

// selected returns the messages that s selects, as they arrived.
func (d *Dispatcher) selected(s *selection) []*message {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []*message
	for _, m := range d.messages {
		if s.has(m) {
			all = append(all, m)
		}
	}
	byArrival(all)
	return all
}

// byArrival sorts messages as they came.
func byArrival(all []*message) {
	slices.SortFunc(all, func(a, b *message) int {
		return cmp.Or(a.Arrived.Compare(b.Arrived), cmp.Compare(a.ID, b.ID))
	})
}

// ptr returns a pointer to a copy of r.
func ptr(r queue.Recipient) *queue.Recipient { return &r }
