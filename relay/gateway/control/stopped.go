package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/relay/dispatch"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/queue/spool"
)

// The names in a data directory.
const (
	QueueDir      = "queue"               // the spool
	SuspendedHops = "suspended-next-hops" // the file of dispatch.Dispatcher.SuspendedHops
)

// WorksStopped reports whether DoStopped can do an action.
func WorksStopped(a Action) bool {
	return a == List || a == Show || a == Export || a == Hops || a == Import
}

// DoStopped does what r asks for on the data directory of a gateway that doesn't run: List, Show, Export and Hops
// read the queue and change nothing, Import puts a message on it. The events are those of Do. What a running
// gateway knows of next hops beyond the last attempts of their messages is missing. A gateway that starts meanwhile
// isn't disturbed by reading; Import locks the queue, and fails if that isn't possible.
func DoStopped(ctx context.Context, dir string, r Request, content io.Reader) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		err := r.Validate()
		if err == nil && !WorksStopped(r.Action) {
			err = fmt.Errorf("%s needs a running gateway: %w on %s", r.Action, ErrNoGateway, dir)
		}
		a := &answer{write: func(e Event) error {
			if !yield(e, nil) {
				return errStopped
			}
			return nil
		}}
		n := 0
		switch {
		case err != nil:
		case r.Action == Import:
			if err = importStopped(ctx, dir, r.Message, content); err == nil {
				n = 1
			}
		default:
			n, err = readStopped(ctx, dir, r, a)
		}
		if a.err != nil { // the caller wants no more
			return
		}
		if err != nil {
			yield(Event{}, err)
			return
		}
		a.end(n, nil)
	}
}

// errStopped is the error of an answer whose reader wants no more.
var errStopped = errors.New("the answer isn't read to its end")

// readStopped answers r from the files in dir.
func readStopped(ctx context.Context, dir string, r Request, a *answer) (int, error) {
	reader, err := spool.Read(filepath.Join(dir, QueueDir), nil)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("%w on %s, and there is no queue", ErrNoGateway, dir)
	}
	if err != nil {
		return 0, err
	}
	defer reader.Close()
	if n := reader.Damages(); n > 0 {
		a.send(Event{Problem: fmt.Sprintf("the queue in %s is damaged at %d places; the gateway copies them to %s when it starts", dir, n, filepath.Join(dir, QueueDir, "damaged"))})
	}
	q := &stoppedQueue{reader: reader, dir: dir}
	n, err := (&Server{queue: q, bodies: reader}).do(ctx, r, a)
	return n, errors.Join(err, q.err)
}

// stoppedQueue is the queue of a gateway that doesn't run. Only List and Queues may be called.
type stoppedQueue struct {
	Queue
	reader *spool.Reader
	dir    string
	err    error // of Queues
}

// List yields the messages that f selects.
func (q *stoppedQueue) List(ctx context.Context, f queue.Filter) iter.Seq2[*queue.Message, error] {
	return func(yield func(*queue.Message, error) bool) {
		for m, err := range q.reader.All(ctx) {
			if err == nil && !f.Match(m) {
				continue
			}
			if !yield(m, err) {
				return
			}
		}
	}
}

// Queues counts the messages by the next hop of their last attempt.
func (q *stoppedQueue) Queues() []dispatch.Queue {
	all, now := make(map[string]*dispatch.Queue), time.Now()
	for m, err := range q.reader.All(context.Background()) {
		if err != nil {
			q.err = errors.Join(q.err, err)
			continue
		}
		seen := make(map[string]bool)
		for i := range m.Recipients {
			if r := &m.Recipients[i]; r.Status == queue.Waiting {
				countStopped(all, m, r, seen[r.Hop], now)
				seen[r.Hop] = true
			}
		}
	}
	suspended, err := dispatch.ReadSuspendedHops(filepath.Join(q.dir, SuspendedHops))
	q.err = errors.Join(q.err, err)
	for _, s := range suspended {
		markSuspended(all, s)
	}
	list := make([]dispatch.Queue, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, *all[name])
	}
	return list
}

// markSuspended marks the queues that an operator has suspended, or adds one.
func markSuspended(all map[string]*dispatch.Queue, s dispatch.SuspendedHop) {
	found := false
	for name, q := range all {
		rest, ok := strings.CutPrefix(strings.ToLower(name), strings.ToLower(s.Name))
		if ok && (rest == "" || rest[0] == ' ') {
			found = true
			q.Suspended, q.SuspendedSince, q.SuspendedBy = true, s.Since, s.By
		}
	}
	if !found {
		all[s.Name] = &dispatch.Queue{Name: s.Name, Suspended: true, SuspendedSince: s.Since, SuspendedBy: s.By}
	}
}

// untried is the name of the queue of messages for which no next hop is recorded, because none was tried.
const untried = "(not tried yet)"

// countStopped adds the recipient r of m to its queue; again says that another recipient of m is there.
func countStopped(all map[string]*dispatch.Queue, m *queue.Message, r *queue.Recipient, again bool, now time.Time) {
	name := r.Hop
	if name == "" {
		name = untried
	}
	q := all[name]
	if q == nil {
		q = &dispatch.Queue{Name: name}
		all[name] = q
	}
	if r.Tried.After(q.Tried) {
		q.Tried, q.Reply, q.Host, q.Advice = r.Tried, r.Reply, r.Host, r.Advice
	}
	if again {
		return
	}
	q.Messages++
	switch {
	case m.Suspended:
		q.Held++
	case r.Next.After(now):
		q.Deferred++
	}
	if q.Oldest.IsZero() || m.Arrived.Before(q.Oldest) {
		q.Oldest = m.Arrived
	}
}

// importStopped puts m on the queue in dir.
func importStopped(ctx context.Context, dir string, m *queue.Message, content io.Reader) (err error) {
	fresh, err := dispatch.Fresh(m)
	if err != nil {
		return err
	}
	body, err := dispatch.ImportBody(fresh, io.LimitReader(content, m.Size))
	if err != nil {
		return err
	}
	path := filepath.Join(dir, QueueDir)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w on %s, and there is no queue", ErrNoGateway, dir)
	}
	if err != nil {
		return err
	}
	if err := checkIsOwner(path, info); err != nil {
		return err
	}
	s, err := spool.Open(path, spool.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.Put(ctx, fresh, body, queue.Lease{})
}
