package tracking

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/interchange-smtp/interchange/relay/event"
)

// maxRecipients is how many recipients a row has.
const maxRecipients = 250

// maxPending is how many messages may have rows that aren't complete yet.
const maxPending = 10_000

// Log writes a message tracking log: Read is an event.Reader. Its fields must not change after the first use. It is safe for
// concurrent use, and must not be copied.
type Log struct {
	Server string                // this server's name, which comes before those of Receive connectors; "": Host
	Host   string                // this server's FQDN
	Write  func(cells ...string) // writes one line, and must not wait for the disk

	subjectsOff atomic.Bool

	mu      sync.Mutex
	pending map[pendingKey][]*Row
	quota   quota
}

// pendingKey names the answer or the attempt of a message whose rows aren't complete yet.
type pendingKey struct {
	id      string
	answers bool // the Server's answer to the client
}

// LogSubjects sets whether rows have the subjects of messages. They have until it is called.
func (l *Log) LogSubjects(on bool) { l.subjectsOff.Store(!on) }

// Read writes the rows of an event.
func (l *Log) Read(_ context.Context, e event.Event) {
	row := l.row(&e)
	if row == nil {
		return
	}
	if !isTracked(&e) {
		allowed, first := l.quota.take(&e)
		if first {
			l.write(l.throttled(&e))
		}
		if !allowed {
			return
		}
	}
	for _, r := range l.complete(&e, row) {
		l.write(r)
	}
}

// complete adds the row of an event to those of the same answer or attempt. It returns the rows that are complete.
func (l *Log) complete(e *event.Event, row *Row) []*Row {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := pendingKey{e.ID, e.Kind < event.Delivered}
	rows := l.pending[k]
	if rows == nil && e.Following == 0 {
		return []*Row{row}
	}
	if rows = join(rows, row); e.Following == 0 {
		delete(l.pending, k)
		return rows
	}
	if l.pending == nil {
		l.pending = make(map[pendingKey][]*Row)
	}
	l.pending[k] = rows
	if len(l.pending) > maxPending { // of messages that other processes took over
		return l.takeAll()
	}
	return nil
}

// join adds row to the last of rows that is about the same, or as another one.
func join(rows []*Row, row *Row) []*Row {
	for i := len(rows) - 1; i >= 0; i-- {
		r := rows[i]
		if r.EventId == row.EventId && r.Source == row.Source && r.Reference == row.Reference && len(r.Recipients)+len(row.Recipients) <= maxRecipients {
			r.Recipients = append(r.Recipients, row.Recipients...)
			r.RecipientStatus = append(r.RecipientStatus, row.RecipientStatus...)
			r.RecipientCount = len(r.Recipients)
			return rows
		}
	}
	return append(rows, row)
}

// takeAll returns the rows that aren't complete, and forgets them.
func (l *Log) takeAll() (all []*Row) {
	for _, rows := range l.pending {
		all = append(all, rows...)
	}
	clear(l.pending)
	return all
}

// Close writes the rows that aren't complete. Call it when no more events come.
func (l *Log) Close() {
	l.mu.Lock()
	all := l.takeAll()
	l.mu.Unlock()
	for _, r := range all {
		l.write(r)
	}
}

// write writes a row.
func (l *Log) write(r *Row) { l.Write(r.Cells()...) }
