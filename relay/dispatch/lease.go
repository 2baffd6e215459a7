package dispatch

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// Leases are short, so that another process soon goes on where one has
// crashed, and are renewed twice before they run out.
const (
	leaseTime  = 2 * time.Minute
	leaseRenew = leaseTime / 3
	claimBatch = 500

	// remember is how long the results of attempts are kept in mind whose
	// message may yet be claimed again.
	remember = 3 * leaseTime
)

// leases is under which name messages are held.
type leases struct {
	mu     sync.Mutex
	base   string
	n      int
	holder string
	until  time.Time // renewed until then
}

// init makes up a name that nobody has or had.
func (l *leases) init() {
	l.base = newID()
	l.anew()
}

// anew begins under a new name: under the old one nothing is ours any more.
func (l *leases) anew() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n++
	l.holder = l.base + "-" + strconv.Itoa(l.n)
	l.until = time.Now().Add(leaseTime)
}

// next returns a lease that begins now.
func (l *leases) next() queue.Lease {
	l.mu.Lock()
	defer l.mu.Unlock()
	return queue.Lease{Holder: l.holder, Until: time.Now().Add(leaseTime)}
}

// renewed notes that everything is held under lease.
func (l *leases) renewed(lease queue.Lease) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.until = lease.Until
}

// ending reports whether the leases run out before they are renewed again.
func (l *leases) ending() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !time.Now().Add(leaseRenew).Before(l.until)
}

// keep renews the leases until Shutdown is done, and takes over what others
// have left behind.
func (d *Dispatcher) keep() {
	t := time.NewTicker(leaseRenew)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			d.renew()
		case <-d.quiet:
			return
		}
	}
}

// renew is one round of keep.
func (d *Dispatcher) renew() {
	ctx, cancel := context.WithTimeout(d.hard, leaseRenew)
	defer cancel()
	lease := d.lease.next()
	err := d.Store.Renew(ctx, lease)
	if err == nil {
		d.lease.renewed(lease)
		err = d.claim(ctx)
	}
	if err == nil || d.hard.Err() != nil {
		return
	}
	d.Logger.Error("queue can't be claimed", "error", printable(err.Error()))
	if d.lease.ending() {
		d.lapse()
	}
}

// lapse gives up everything on the Store: by the time it answers again it may
// be somebody else's. What nobody else has taken is claimed then. Only what the
// Store doesn't know yet is kept in mind: attempts under way, and results that
// couldn't be saved. Whether those messages are still ours is seen when they are.
func (d *Dispatcher) lapse() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lease.anew()
	n := 0
	for _, m := range d.messages {
		switch {
		case m.phase != stored:
		case m.idle() && m.unsaved.IsZero():
			d.forget(m)
			n++
		default:
			m.lapsed = time.Now()
			d.unqueue(m)
		}
	}
	d.Logger.Warn("leases run out, queued messages are given up until they can be claimed again", "messages", n)
}

// learn takes over what another process did to the message while we didn't
// hold it.
func (m *message) learn(q *queue.Message) {
	for i := range m.Recipients {
		if m.Recipients[i].Status == queue.Waiting && m.work[i] == nil && i < len(q.Recipients) {
			m.Recipients[i] = q.Recipients[i]
		}
	}
}

// claim takes over what nobody holds.
func (d *Dispatcher) claim(ctx context.Context) error {
	for {
		d.mu.Lock()
		stopping := d.stopping
		d.mu.Unlock()
		if stopping {
			return nil
		}
		lease := d.lease.next()
		list, err := d.Store.Claim(ctx, lease, claimBatch)
		if err != nil || len(list) == 0 {
			return err
		}
		d.mu.Lock()
		for _, q := range list {
			if m := d.messages[q.ID]; m != nil { // it was kept in mind
				m.holder, m.lapsed = lease.Holder, time.Time{}
				m.learn(q)
				d.place(m, time.Now())
				d.plan(m)
				continue
			}
			m := known(q, lease.Holder)
			d.adopt(m)
			if _, waits := m.Next(); !waits || m.untold() {
				d.attend(m)
			}
		}
		d.pump()
		d.mu.Unlock()
	}
}
