package dispatch

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/dispatch/internal/schedule"
)

// event calls f, which calls methods of the Scheduler, and has everything done that follows from it. f
// runs with d.mu held and must not block.
func (d *Dispatcher) event(f func(now time.Time)) {
	for o := d.runLocked(f); o != nil; {
		next := o.next // passOn gives o up
		d.passOn(o)
		o = next
	}
}

// runLocked calls f with d.mu held and hands out the tasks that follow from it. It returns the
// outboxes, which must be passed on without d.mu.
func (d *Dispatcher) runLocked(f func(now time.Time)) *outbox {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	f(now)
	d.handOut(now)
	return d.outgoingEvents()
}

// handOut gives all tasks to workers that can begin. d.mu is held.
func (d *Dispatcher) handOut(now time.Time) {
	for t, ok := d.nextTask(now); ok; t, ok = d.nextTask(now) {
		select {
		case d.work <- t:
		default:
			go d.worker(t)
		}
	}
	d.setTimer()
	d.signalIfIdle()
}

// nextTask does what the Scheduler asks for, up to the next task for a worker. d.mu is held.
func (d *Dispatcher) nextTask(now time.Time) (t task, ok bool) {
	for {
		switch a := d.sched.Next(now).(type) {
		case nil:
			return task{}, false
		case schedule.Start:
			d.busy++
			if a.Paced() {
				d.counts.Changed()
			}
			out := d.outgoings.Get().(*outgoing)
			out.fill(a.Transfer)
			return task{out: out}, true
		case schedule.Save:
			d.busy++
			return task{save: messageOf(a.Message)}, true
		case schedule.Answer:
			messageOf(a.Message).client.release()
		case schedule.Unload:
			messageOf(a.Message).unload()
		case *schedule.Log:
			d.Logger.Log(context.Background(), a.Level, a.Text, a.Args...)
		}
	}
}

// setTimer sets the timer for the next alarm of the Scheduler. d.mu is held.
func (d *Dispatcher) setTimer() {
	next := d.sched.NextAlarm()
	if next.IsZero() || d.stopping || !d.timerFor.IsZero() && !next.Before(d.timerFor) {
		return
	}
	d.timerFor = next
	if d.timer == nil {
		d.timer = time.AfterFunc(time.Until(next), d.tick)
		return
	}
	d.timer.Reset(time.Until(next))
}

// tick lets the Scheduler do what is due.
func (d *Dispatcher) tick() {
	d.event(func(now time.Time) {
		d.timerFor = time.Time{}
		d.sched.Tick(now)
	})
}

// maxIdleWorkers bounds how many workers wait for tasks.
const maxIdleWorkers = 64

// worker does tasks as long as there are any, and waits for more unless too many do.
func (d *Dispatcher) worker(t task) {
	for ok := true; ok; {
		if t.out != nil {
			d.attempt(t.out)
		} else {
			d.persist(t.save)
		}
		d.event(func(now time.Time) {
			d.busy--
			t, ok = d.nextTask(now)
		})
		if ok {
			continue
		}
		if d.idleWorkers.Add(1) <= maxIdleWorkers {
			select {
			case t = <-d.work:
				ok = true
			case <-d.stop:
			}
		}
		d.idleWorkers.Add(-1)
	}
}

// attempt makes one attempt, and saves what has become of the message.
func (d *Dispatcher) attempt(out *outgoing) {
	outcomes, err, unreadable := d.send(out)
	save := false
	d.event(func(now time.Time) {
		if out.transfer.Paced() {
			d.counts.Changed() // it may be taken back
		}
		out.result = schedule.Result{Transfer: out.transfer, At: now, Outcomes: outcomes, Err: err, CutOff: d.hard.Err() != nil}
		if unreadable != nil {
			save = d.sched.Unreadable(&out.result, unreadable)
		} else {
			save = d.sched.Ended(&out.result)
		}
	})
	if save {
		d.persist(messageOf(out.transfer.Message))
	}
	*out = outgoing{}
	d.outgoings.Put(out)
}

// send sends one message to a next hop. unreadable is not nil if the message can't be read; outcomes
// and err are as from sound.
func (d *Dispatcher) send(out *outgoing) (outcomes []delivery.Outcome, err, unreadable error) {
	body, closer, unreadable := d.open(d.hard, messageOf(out.transfer.Message), &out.mem)
	if unreadable != nil {
		return nil, nil, unreadable
	}
	defer closer.Close() // it is only read
	if out.transfer.HeaderOnly {
		if body, unreadable = out.shorten(body); unreadable != nil {
			return nil, nil, unreadable
		}
	}
	outcomes, err = d.sendBody(out, body)
	return outcomes, err, nil
}

// sendBody hands the message in body to the next hop of out, by the transport of its Send connector.
func (d *Dispatcher) sendBody(out *outgoing, body io.Reader) ([]delivery.Outcome, error) {
	hop := out.transfer.Next
	t, body := d.Transport, out.watch(body)
	own := d.own.of(hop.Connector())
	if own != nil {
		t = own
	}
	if own != nil && !preparesItself(own) {
		marked := hop // on the heap, which hop isn't
		prepared, done, err := d.preparer.PrepareFor(d.hard, &marked, &out.env, body)
		defer done()
		if err != nil {
			return repeat(err, len(out.to)), nil
		}
		hop, body = marked, prepared
	}
	outcomes, err := t.Send(d.hard, hop, &out.env, out.to, body)
	return checkOutcomes(d.hard, outcomes, err, len(out.to), out.body.unread())
}

// persist brings the Store up to date on m: it puts the reports there that are due, saves what has
// changed, and removes what is done. The Scheduler has made the caller the one to do so.
func (d *Dispatcher) persist(m *message) {
	step, ok := schedule.Step{}, false
	d.event(func(now time.Time) { step, ok = d.sched.NextStep(&m.Message, now) })
	for ok {
		err := d.perform(m, &step)
		d.event(func(now time.Time) { step, ok = d.sched.StepDone(&m.Message, &step, err, now) })
	}
}

// persistAll does persist for several messages, some at the same time: the Store makes durable together
// what comes together.
func (d *Dispatcher) persistAll(list []*schedule.Message) {
	const together = 64
	var group sync.WaitGroup
	for i := range min(together, len(list)) {
		group.Go(func() {
			for ; i < len(list); i += together {
				d.persist(messageOf(list[i]))
			}
		})
	}
	group.Wait()
}
