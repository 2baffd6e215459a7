package dispatch

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// leaseTime is short, so that another process soon goes on where one has crashed.
// Leases are renewed twice before they run out.
const (
	leaseRenew = leaseTime / 3
	claimBatch = 500

	// remember is how long the results of attempts are kept in mind whose
	// message may yet be claimed again.
	remember = 3 * leaseTime
)

// leases is under which name messages are held.
type leases struct {
	claiming sync.Mutex // one at a time asks the Store what is ours

	mu     sync.Mutex
	base   string
	n      int
	holder string
	until  time.Time // nothing that we hold has run out before

	round int // counts renewals; guarded by Dispatcher.mu
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

// next returns the lease to ask for.
func (l *leases) next() queue.Lease {
	l.mu.Lock()
	defer l.mu.Unlock()
	return queue.Lease{Holder: l.holder, For: leaseTime}
}

// renewed notes that everything was leased anew, at a time or later.
func (l *leases) renewed(at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.until = at.Add(leaseTime)
}

// current reports whether messages are held under that name now.
func (l *leases) current(holder string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.holder == holder
}

// last reports whether the leases last for so long yet.
func (l *leases) last(d time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Now().Add(d).Before(l.until)
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
	err := d.timed(d.reconcile)
	if err != nil && !d.lease.last(leaseRenew) {
		err = d.timed(d.reconcile) // the time may have run out because the process was stopped
	}
	lapsed := err != nil && !d.lease.last(leaseRenew)
	if err == nil {
		err = d.timed(d.claim)
	}
	if err == nil || d.hard.Err() != nil {
		return
	}
	d.Logger.Error("queue can't be claimed", "error", printable(err.Error()))
	if lapsed {
		d.lapse()
	}
}

// timed asks the Store for something that must be done before the next round.
func (d *Dispatcher) timed(ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(d.hard, leaseRenew)
	defer cancel()
	return ask(ctx)
}

// reconcile renews the leases, and compares what the Store says that we hold with
// what we know of. What we have lost sight of is given back, or else nobody could
// ever claim it; and nothing is begun any more of what another process has claimed
// while this one was stopped.
func (d *Dispatcher) reconcile(ctx context.Context) error {
	d.lease.claiming.Lock()
	defer d.lease.claiming.Unlock()
	d.mu.Lock()
	d.lease.round++
	d.mu.Unlock()
	lease, begun := d.lease.next(), time.Now()
	held, err := d.Store.Renew(ctx, lease)
	if err != nil {
		return err
	}
	d.lease.renewed(begun)
	var unknown []string
	d.mu.Lock()
	for _, id := range held {
		if m := d.messages[id]; m != nil {
			m.round = d.lease.round
		} else if _, ok := d.coming[id]; !ok {
			unknown = append(unknown, id)
		}
	}
	d.lose(lease.Holder)
	d.pump()
	d.mu.Unlock()
	for _, id := range unknown {
		err := d.Store.Release(ctx, id, lease.Holder)
		switch {
		case err == nil:
			d.Logger.Warn("message was held and not worked on, it is given back", "id", id)
		case errors.Is(err, queue.ErrNotFound), errors.Is(err, queue.ErrLease): // it was removed just now
		default:
			return err
		}
	}
	return nil
}

// lose keeps our hands off those messages that the holder should have held and,
// by the last renewal, did not. Attempts under way end; they have begun.
func (d *Dispatcher) lose(holder string) {
	n := 0
	for _, m := range d.messages {
		if m.phase != stored || m.holder != holder || m.round == d.lease.round || m.saving {
			continue
		}
		n++
		if d.unqueue(m); m.idle() {
			d.forget(m)
		}
	}
	if n > 0 {
		d.Logger.Warn("messages are no longer ours: another process has claimed them", "messages", n)
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
		case m.idle() && m.unsaved.IsZero() && !m.saving:
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
		n, err := d.claimSome(ctx)
		if err != nil || n == 0 {
			return err
		}
	}
}

// claimSome takes over some of it, and returns how many messages these are.
func (d *Dispatcher) claimSome(ctx context.Context) (int, error) {
	d.lease.claiming.Lock()
	defer d.lease.claiming.Unlock()
	lease := d.lease.next()
	list, err := d.Store.Claim(ctx, lease, claimBatch)
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, q := range list {
		if _, ok := d.coming[q.ID]; ok { // its lease ran out before it was adopted
			d.coming[q.ID] = lease.Holder
			continue
		}
		if m := d.messages[q.ID]; m != nil { // it was kept in mind
			m.holder, m.lapsed, m.round = lease.Holder, time.Time{}, d.lease.round
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
	return len(list), err
}
