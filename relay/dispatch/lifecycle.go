package dispatch

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/dispatch/internal/schedule"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// Start claims the messages on the Store and begins to work on them. It returns when all have been
// read; ctx bounds only that.
func (d *Dispatcher) Start(ctx context.Context) error {
	d.init()
	if isNil(d.Transport) || d.Store == nil || d.Policy == nil {
		return errors.New("the dispatcher lacks its Transport, Store or Policy; set all three before Start")
	}
	if err := d.Check(d.Policy); err != nil {
		return err
	}
	if err := d.readSuspended(); err != nil {
		return err
	}
	again, tallies := false, d.readCounts()
	d.event(func(now time.Time) {
		if again = d.started || d.stopping; !again {
			d.started = true
			d.own = newTransports(d.ByConnector)
			d.sched.SetHolder(envelope.NewID(), now.Add(schedule.LeaseTime))
			d.sched.Restore(tallies)
			d.sched.Begin(d.Policy, now)
		}
	})
	if again {
		return errors.New("the dispatcher was started before; make a new one")
	}
	d.renewing.Go(d.renewLoop) // claiming may take longer than a lease lasts
	if err := d.claim(ctx); err != nil {
		d.Shutdown(ctx)
		return err
	}
	return nil
}

// Check returns source.Diagnostics: each name in ByConnector for which p has no Send connector on
// this server, and the errors of the transports' own methods Check(*connector.Outbound) error, such as
// that of a *delivery.LMTP, for the enabled Send connectors. Start and SetPolicy refuse such a policy.
func (d *Dispatcher) Check(p *connector.Policy) error {
	return append(checkNames(d.ByConnector, p), checkTransports(d.ByConnector, d.Transport, p)...).Err()
}

// Ready returns ErrStopped unless the Dispatcher was started and not shut down: a relay.Server with another
// one doesn't serve.
func (d *Dispatcher) Ready() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.started || d.stopping {
		return ErrStopped
	}
	return nil
}

// SetPolicy makes p the policy of all attempts from the next one on. Everything that waits is routed
// again, unreachable recipients included, and each next hop that has failed is tried once at once,
// because it may be another one now. An error means that nothing has changed: a nil policy, or one that
// ByConnector doesn't fit.
func (d *Dispatcher) SetPolicy(p *connector.Policy) error {
	if p == nil {
		return relay.ErrNoPolicy
	}
	if err := d.Check(p); err != nil {
		return err
	}
	d.init()
	var all []*schedule.Message
	d.event(func(now time.Time) {
		if !d.started {
			d.Policy = p
			return
		}
		d.sched.SetPolicy(p, now)
		all = d.sched.Messages()
	})
	slices.SortFunc(all, byArrival)
	for some := range slices.Chunk(all, batch) { // in between, other work goes on
		d.event(func(now time.Time) {
			for _, m := range some {
				if m.Stored() {
					d.sched.Reroute(m, now)
				}
			}
		})
	}
	d.event(func(now time.Time) { d.sched.WakeAll(now) })
	return nil
}

// CurrentPolicy returns the policy of the next attempts.
func (d *Dispatcher) CurrentPolicy() *connector.Policy {
	d.init()
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.started {
		return d.Policy
	}
	p, _ := d.sched.Policy()
	return p
}

// Shutdown begins no new attempts, answers the clients that wait for next hops by putting their
// messages on the queue, and waits until the attempts under way have ended. When ctx ends before, they
// are cut off, and Shutdown returns the cause of ctx. What the Store didn't take before is saved once
// more, and SmartHostCounts is written. Then Shutdown ends the leases of all messages: another process, or a new Dispatcher on the same
// Store, can claim them at once. Messages that arrive during or after Shutdown are queued. The Store is
// not closed.
func (d *Dispatcher) Shutdown(ctx context.Context) error {
	d.init()
	d.event(func(time.Time) {
		if d.stopping {
			return
		}
		d.stopping = true
		d.sched.Stop()
		close(d.stop)
		if d.timer != nil {
			d.timer.Stop()
		}
	})
	var err error
	select {
	case <-d.idle:
	case <-ctx.Done():
		err = context.Cause(ctx)
		d.cutOff()
		<-d.idle // attempts end when their context does
	}
	var unsaved []*schedule.Message
	d.event(func(time.Time) { unsaved = d.sched.Unsaved() })
	d.persistAll(unsaved)
	d.cutOff()
	d.renewing.Wait()
	d.closeCounts()
	d.endLeases()
	return err
}
