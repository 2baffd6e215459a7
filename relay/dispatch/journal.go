package dispatch

import (
	"context"
	"errors"
	"time"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// saveAgain is when a change is saved again that the Store didn't take.
const saveAgain = time.Minute

// persist brings the Store up to date on m: it reports what has to be reported,
// saves what changed, and removes what is done. One goroutine does so for a
// message at a time. Dispatcher.mu is held since m has changed, lest m be given up
// with what the Store doesn't know; persist unlocks it while the Store works.
func (d *Dispatcher) persist(m *message) {
	if m.saving {
		m.dirty = true
		return
	}
	m.saving = true
	for again := true; again && m.phase == stored; again = m.dirty {
		m.dirty = false
		d.persistOnce(m)
	}
	m.saving = false
}

// persistOnce is one round of persist. It unlocks while the Store works. A
// report is on the Store before the message says that it was made, and is sent
// afterwards only: a crash in between makes it once more, under the same ID.
func (d *Dispatcher) persistOnce(m *message) {
	d.mu.Unlock()
	reports, err := d.report(context.Background(), m)
	d.mu.Lock()
	m.reports = append(m.reports, reports...)
	if err == nil && m.untold() {
		m.dirty = true // another attempt ended meanwhile: that is reported first
		return
	}
	holder := m.holder
	if err == nil && m.phase == stored {
		err = d.store(m, holder)
	}
	switch {
	case err == nil:
		m.unsaved = time.Time{}
	case errors.Is(err, queue.ErrLease) && m.holder != holder: // it was claimed again just now
		m.dirty = true
		return
	case errors.Is(err, queue.ErrLease) && (d.lease.current(holder) || time.Since(m.lapsed) < remember):
		m.unsaved = time.Now().Add(leaseRenew) // the renewal until then tells whether it is ours
		d.plan(m)
		return
	case errors.Is(err, queue.ErrLease), errors.Is(err, queue.ErrNotFound):
		d.Logger.Warn("message is no longer ours", "id", m.ID, "error", printable(err.Error()))
		d.forget(m)
	default:
		d.Logger.Error("queue can't be written", "id", m.ID, "error", printable(err.Error()))
		m.unsaved = time.Now().Add(saveAgain)
		d.plan(m)
		return
	}
	d.release(m)
	d.plan(m)
	d.pump()
}

// unsaved returns the messages of which the Store doesn't know the newest.
func (d *Dispatcher) unsaved() []*message {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []*message
	for _, m := range d.messages {
		if !m.unsaved.IsZero() {
			list = append(list, m)
		}
	}
	return list
}

// store saves m, or removes it if nobody waits any more.
func (d *Dispatcher) store(m *message, holder string) error {
	snapshot := m.Clone()
	_, waits := snapshot.Next()
	d.mu.Unlock()
	var err error
	if waits {
		err = d.Store.Save(context.Background(), snapshot, holder)
	} else {
		err = d.Store.Remove(context.Background(), m.ID, holder)
	}
	d.mu.Lock()
	if err == nil && !waits {
		d.forget(m)
	}
	return err
}

// forget lets go of m. Attempts under way end without consequences.
func (d *Dispatcher) forget(m *message) {
	m.phase = gone
	d.release(m)
	d.unqueue(m)
	d.at(&m.event, time.Time{})
	if d.messages[m.ID] == m {
		delete(d.messages, m.ID)
		d.weigh(m, -1)
	}
	m.unload()
}

// unload gives up m's octets in memory.
func (m *message) unload() {
	m.body.release()
	m.body = nil
}

// attend lets a worker look after m.
func (d *Dispatcher) attend(m *message) {
	if !m.attending {
		m.attending = true
		d.sched.chores = append(d.sched.chores, m)
	}
}

// tend does what m is due for, and saves it.
func (d *Dispatcher) tend(m *message) {
	d.mu.Lock()
	m.unsaved = time.Time{}
	if m.phase == stored {
		now := time.Now()
		d.expire(m, now)
		d.place(m, now)
	}
	m.attending = false
	d.persist(m) // which plans what comes next
	d.mu.Unlock()
}
