package viewer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/interchange-smtp/interchange/connector/shell/operations"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/gateway/queues"
)

// The bounds of a list.
const (
	MaxLooked = 100_000 // messages that are looked at for one list
	MaxSorted = 10_000  // rows that are kept to sort them, or for a file
)

// Ask sends a request to a gateway and yields its answer, as control.Do does.
type Ask func(ctx context.Context, r control.Request) iter.Seq2[control.Event, error]

// Snapshots reads the state of a gateway for many viewers. It is safe for concurrent use.
type Snapshots struct {
	ask        Ask
	now        func() time.Time
	expiration func() time.Duration

	status *cache[*control.Status]
	hops   *cache[[]*control.Hop]
	lists  *cache[*Page[operations.Message]]
	states *cache[string]
}

// New returns the snapshots of the gateway that ask asks. expiration returns the time after which messages expire; 0: it
// isn't known.
func New(ask Ask, now func() time.Time, expiration func() time.Duration) *Snapshots {
	return &Snapshots{
		ask: ask, now: now, expiration: expiration,
		status: newCache[*control.Status](now, 1, 1), hops: newCache[[]*control.Hop](now, 1, 1), lists: newCache[*Page[operations.Message]](now, 1, maxCached),
		states: newCache[string](now, 1, 2),
	}
}

// Forget makes the next viewers see the state after a change.
func (s *Snapshots) Forget() {
	s.status.forget()
	s.hops.forget()
	s.lists.forget()
	s.states.forget()
}

// Status returns the status of the gateway. It must not be changed.
func (s *Snapshots) Status(ctx context.Context) (*control.Status, error) {
	return s.status.get(ctx, "", func(ctx context.Context, _ func(float64)) (found *control.Status, err error) {
		for e, err := range s.ask(ctx, control.Request{Action: control.GetStatus}) {
			if err != nil {
				return nil, err
			}
			if e.Status != nil {
				found = e.Status
			}
		}
		if found == nil {
			return nil, errors.New("the gateway's answer has no status")
		}
		return found, nil
	})
}

// Hops returns the next hops. They must not be changed.
func (s *Snapshots) Hops(ctx context.Context) ([]*control.Hop, error) {
	return s.hops.get(ctx, "", func(ctx context.Context, _ func(float64)) (list []*control.Hop, err error) {
		for e, err := range s.ask(ctx, control.Request{Action: control.Hops}) {
			if err != nil {
				return nil, err
			}
			if e.Hop != nil {
				list = append(list, e.Hop)
			}
		}
		return list, nil
	})
}

// Queues returns the queues of all next hops.
func (s *Snapshots) Queues(ctx context.Context) ([]operations.Queue, error) {
	hops, err := s.Hops(ctx)
	list := make([]operations.Queue, len(hops))
	for i, h := range hops {
		list[i] = queues.OfHop(h, s.now())
	}
	return list, err
}

// QueuesState returns a text that is another one when the queues have changed, their rates aside.
func (s *Snapshots) QueuesState(ctx context.Context) (string, error) {
	return s.states.get(ctx, "queues", func(ctx context.Context, _ func(float64)) (string, error) {
		all, err := s.Queues(ctx)
		for i := range all {
			all[i].IncomingRate, all[i].OutgoingRate = 0, 0
		}
		return digest(all), err
	})
}

// StatusState returns a text that is another one when the status has changed, the time and the clients' sessions aside.
func (s *Snapshots) StatusState(ctx context.Context) (string, error) {
	return s.states.get(ctx, "status", func(ctx context.Context, _ func(float64)) (string, error) {
		status, err := s.Status(ctx)
		if err != nil {
			return "", err
		}
		shown := *status
		shown.Time, shown.Clients = time.Time{}, nil
		return digest(shown), nil
	})
}

// digest returns a short text that stands for a value.
func digest(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// Page is a part of a list.
type Page[T any] struct {
	Rows  []T
	First int  // the number of the first of Rows, from 1
	Found int  // rows that the filter selects, of those that were looked at
	Cut   bool // not everything was looked at: there are more than MaxLooked messages
	Deep  bool // the page lies beyond the rows that can be sorted, and is empty
	More  bool // there is a next page
}

// pageOf returns the page of a query from its sorted rows.
func pageOf[T any](q *Query[T], rows []T, found int) *Page[T] {
	begin := min((q.Page-1)*q.PerPage, len(rows))
	end := min(begin+q.PerPage, len(rows))
	return &Page[T]{Rows: rows[begin:end:end], First: begin + 1, Found: found, More: end < found}
}

// QueuePage returns the queues that q selects.
func (s *Snapshots) QueuePage(ctx context.Context, q *Query[operations.Queue]) (*Page[operations.Queue], error) {
	all, err := s.Queues(ctx)
	if err != nil {
		return nil, err
	}
	var rows []operations.Queue
	for i := range all {
		if q.Matches(&all[i]) {
			rows = append(rows, all[i])
		}
	}
	if q.by != nil {
		slices.SortStableFunc(rows, func(a, b operations.Queue) int { return q.compare(&a, &b) })
	}
	return pageOf(q, rows, len(rows)), nil
}

// MessagePage returns the messages that q selects. The page must not be changed: others see it, too.
func (s *Snapshots) MessagePage(ctx context.Context, q *Query[operations.Message]) (*Page[operations.Message], error) {
	return s.lists.get(ctx, q.Values().Encode(), func(ctx context.Context, _ func(float64)) (*Page[operations.Message], error) {
		return s.messagePage(ctx, q)
	})
}

// Messages returns the messages that q selects as MessagePage does, for a list that no one else wants.
func (s *Snapshots) Messages(ctx context.Context, q *Query[operations.Message]) (*Page[operations.Message], error) {
	select {
	case s.lists.slots <- struct{}{}:
		defer func() { <-s.lists.slots }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return s.messagePage(ctx, q)
}

// messagePage reads the whole list, but keeps only the rows up to the end of the page.
func (s *Snapshots) messagePage(ctx context.Context, q *Query[operations.Message]) (*Page[operations.Message], error) {
	begin := (q.Page - 1) * q.PerPage
	if q.by != nil && begin+q.PerPage > MaxSorted {
		return &Page[operations.Message]{Deep: true}, nil
	}
	k := keeper[operations.Message]{query: q, begin: begin, end: begin + q.PerPage}
	cut, err := s.each(ctx, q, k.add)
	if err != nil {
		return nil, err
	}
	page := k.page()
	page.Cut = cut
	return page, nil
}

// keeper keeps the rows of one page out of many.
type keeper[T any] struct {
	query      *Query[T]
	begin, end int
	rows       []T
	found      int
}

// add keeps a row if the page may need it.
func (k *keeper[T]) add(row *T) bool {
	k.found++
	switch {
	case k.query.by != nil:
		k.rows = append(k.rows, *row)
		if len(k.rows) >= 2*k.end {
			k.sort()
		}
	case k.found > k.begin && k.found <= k.end:
		k.rows = append(k.rows, *row)
	}
	return true
}

// sort sorts the rows, and drops those behind the page.
func (k *keeper[T]) sort() {
	slices.SortStableFunc(k.rows, func(a, b T) int { return k.query.compare(&a, &b) })
	if len(k.rows) > k.end {
		clear(k.rows[k.end:])
		k.rows = k.rows[:k.end]
	}
}

// page returns the page.
func (k *keeper[T]) page() *Page[T] {
	if k.query.by == nil {
		return &Page[T]{Rows: k.rows, First: k.begin + 1, Found: k.found, More: k.found > k.end}
	}
	k.sort()
	return pageOf(k.query, k.rows, k.found)
}

// each calls do for each message that q selects until it returns false, and reports whether there are more messages than
// it looked at.
func (s *Snapshots) each(ctx context.Context, q *Query[operations.Message], do func(*operations.Message) bool) (cut bool, err error) {
	expiration, looked, now := s.expiration(), 0, s.now()
	for e, err := range s.ask(ctx, control.Request{Action: control.List, Filter: q.pushed()}) {
		if err != nil {
			return false, err
		}
		if e.Message == nil {
			continue
		}
		if looked++; looked > MaxLooked {
			return true, nil
		}
		for _, m := range queues.OfMessage(e.Message, now, expiration) {
			if q.Matches(&m) && !do(&m) {
				return false, nil
			}
		}
	}
	return false, nil
}

// pushed returns a filter that the gateway applies already: it selects at least what q selects.
func (q *Query[T]) pushed() control.Filter {
	var f control.Filter
	for _, e := range q.Expressions {
		if e.Property == "Queue" && e.Operator == "eq" && e.Value != queues.Submission {
			f.NextHop = e.Value
		}
	}
	return f
}

// Selected returns the messages that q selects, at most max of them. more says that there are more, or that not
// everything was looked at.
func (s *Snapshots) Selected(ctx context.Context, q *Query[operations.Message], max int) (chosen []Chosen, more bool, err error) {
	cut, err := s.each(ctx, q, func(m *operations.Message) bool {
		if len(chosen) == max {
			more = true
			return false
		}
		chosen = append(chosen, Chosen{m.Queue, m.ID})
		return true
	})
	return chosen, more || cut, err
}

// Chosen is a message in a queue that a viewer has chosen for an action.
type Chosen struct{ Queue, ID string }

// Key returns the text that stands for c in a form.
func (c Chosen) Key() string { return c.ID + " " + c.Queue }

// ParseChosen reads a Key.
func ParseChosen(key string) (Chosen, error) {
	id, queue, ok := strings.Cut(key, " ")
	if !ok || id == "" || queue == "" || strings.ContainsFunc(id, unicode.IsControl) { // a line end would begin a command in the transcript
		return Chosen{}, fmt.Errorf("%q doesn't name a message in a queue", key)
	}
	return Chosen{queue, id}, nil
}
