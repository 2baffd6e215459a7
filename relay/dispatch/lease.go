package dispatch

import (
	"context"
	"errors"
	"time"

	"github.com/interchange-smtp/interchange/relay/dispatch/internal/schedule"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// claimBatch is how many messages are claimed at a time.
const claimBatch = 500

// renewLoop renews all leases, and claims what other processes have left behind, every LeaseRenewal
// until Shutdown is done.
func (d *Dispatcher) renewLoop() {
	t := time.NewTicker(schedule.LeaseRenewal)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			d.renew()
		case <-d.idle:
			return
		}
	}
}

// renew is one round of renewLoop.
func (d *Dispatcher) renew() {
	err := d.timed(d.reconcile)
	if err != nil && d.leasesEnd() {
		err = d.timed(d.reconcile) // the time may have run out because the process was stopped
	}
	lost := err != nil && d.leasesEnd()
	if err == nil {
		err = d.timed(d.claim)
	}
	if err == nil || d.hard.Err() != nil {
		return
	}
	d.Logger.Error("cannot lease queued messages", "error", event.Printable(err.Error()))
	if lost {
		d.event(func(now time.Time) { d.sched.LeasesLost(envelope.NewID(), now.Add(schedule.LeaseTime), now) })
	}
}

// timed asks the Store for something that must be done before the next round.
func (d *Dispatcher) timed(ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(d.hard, schedule.LeaseRenewal)
	defer cancel()
	return ask(ctx)
}

// leasesEnd reports whether leases expire before the next round of renewLoop.
func (d *Dispatcher) leasesEnd() (end bool) {
	d.event(func(now time.Time) { end = !now.Add(schedule.LeaseRenewal).Before(d.sched.LeasedUntil()) })
	return end
}

// reconcile renews the leases, and compares the messages that this process holds by the Store with
// those that it knows of.
func (d *Dispatcher) reconcile(ctx context.Context) error {
	d.claiming.Lock()
	defer d.claiming.Unlock()
	holder, begun := "", time.Now()
	d.event(func(time.Time) { holder = d.sched.BeginRenewal() })
	held, err := d.Store.Renew(ctx, queue.Lease{Holder: holder, For: schedule.LeaseTime})
	if err != nil {
		return err
	}
	var unknown []string
	d.event(func(now time.Time) {
		unknown = d.sched.Renewed(holder, held, begun.Add(schedule.LeaseTime), now)
	})
	for _, id := range unknown {
		err := d.Store.Release(ctx, id, holder)
		switch {
		case err == nil:
			d.Logger.Warn("released the lease of a message that was not worked on", "id", id)
		case errors.Is(err, queue.ErrNotFound), errors.Is(err, queue.ErrLease): // it was removed just now
		default:
			return err
		}
	}
	return nil
}

// endTime is how long the Store has to end the leases at a shutdown.
const endTime = 10 * time.Second

// endLeases ends the leases of all messages. The messages that enqueue puts on the Store from then on
// get none. Nothing else changes messages on the Store any more.
func (d *Dispatcher) endLeases() {
	if d.leasesEnded.Swap(true) {
		return
	}
	d.claiming.Lock()
	defer d.claiming.Unlock()
	holder := ""
	d.event(func(time.Time) { holder = d.sched.Holder() })
	if holder == "" { // not started
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), endTime)
	defer cancel()
	if _, err := d.Store.Renew(ctx, queue.Lease{Holder: holder}); err != nil {
		d.Logger.Error("cannot end the leases of queued messages: other processes have to wait until they expire",
			"error", event.Printable(err.Error()))
	}
}

// claim leases all messages that no process holds.
func (d *Dispatcher) claim(ctx context.Context) error {
	for {
		n, err := d.claimSome(ctx)
		if err != nil || n == 0 {
			return err
		}
	}
}

// claimSome leases some messages, and returns how many; none once Shutdown has begun.
func (d *Dispatcher) claimSome(ctx context.Context) (int, error) {
	d.claiming.Lock()
	defer d.claiming.Unlock()
	select {
	case <-d.stop:
		return 0, nil
	default:
	}
	var holder string
	d.event(func(time.Time) { holder = d.sched.Holder() })
	list, err := d.Store.Claim(ctx, queue.Lease{Holder: holder, For: schedule.LeaseTime}, claimBatch)
	d.event(func(now time.Time) {
		for _, q := range list {
			if !d.sched.Reclaimed(q, holder, now) {
				d.sched.Claimed(&fromStore(q).Message, holder, now)
			}
		}
	})
	return len(list), err
}
