package dispatch

import (
	"time"

	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// scheduler decides what is done next. It is guarded by Dispatcher.mu.
type scheduler struct {
	hops    map[delivery.Key]*hop
	nowhere *hop // of the unreachable; nothing is ever tried there

	// Next hops with work, each once. Those that are in doubt never get all
	// connections, however many they are.
	proven, doubtful chain[hop]
	turn             bool // whose turn it is: of the proven, or of the others

	// No source gets all of either kind: who sends us mail chooses the next hops.
	sources map[sourceKey]*source
	lanes   map[laneKey]*lane
	full    full

	active   int // attempts under way
	doubted  int // of them, those at next hops in doubt
	returned int // of them, those of reports
	busy     int // all that Shutdown waits for
	tending  int // chores under way
	chores   []*message
	saving   int // attempts that have ended and are being saved
	idlers   int // workers that wait
	events   events
	timer    *time.Timer
	timerFor time.Time // zero: it isn't set
	awake    time.Time // since when we are at work: before, we didn't run or were stopped
}

// maxChores bounds how many messages are tended at once.
const maxChores = 16

// maxSaving bounds how many attempts may have ended that the Store doesn't know
// of, so that a slow disk slows us down.
const maxSaving = 256

// patience is how long one connection may keep a next hop waiting that is in
// doubt, before another is tried beside it. One that is dead has mostly failed by
// then; one that takes the call may need five minutes for its greeting.
const patience = 3*time.Minute + 10*time.Second

// place routes every recipient that is due and finds it a place in the queue
// of its next hop. What can't be sent for good fails here.
func (d *Dispatcher) place(m *message, now time.Time) {
	if m.Suspended || m.phase == gone {
		return
	}
	var made []*transfer
	for i := range m.Recipients {
		r := &m.Recipients[i]
		if r.Status != queue.Waiting || m.work[i] != nil || r.Next.After(now) {
			continue
		}
		h := d.hopFor(m, i, now)
		if h == nil {
			d.settled(m, i) // the sender is to be told, and no attempt will do it
			continue
		}
		r.Hop = h.name
		if h.failures > 0 || h == d.sched.nowhere {
			r.Reply, r.Host = h.last.reply, h.last.host
		}
		tr := find(made, h)
		if tr == nil {
			tr = m.newTransfer(h, d.policy)
			made = append(made, tr)
		}
		tr.to = append(tr.to, i)
		m.work[i] = tr
	}
	for _, tr := range made {
		h := tr.hop
		h.used = now
		d.enlist(tr)
		if m.phase == holding && h != d.sched.nowhere && h.promises(now) && !d.stopping {
			tr.awaited = true
			m.awaited++
			h.awaited++
		}
		d.wake(h)
	}
}

// settled has the Store learn that it has ended for the recipient i without an attempt.
func (d *Dispatcher) settled(m *message, i int) {
	if m.phase != holding { // else the client is told
		r := &m.Recipients[i]
		d.Logger.Warn("refused", "id", m.ID, "from", printable(m.From.String()), "to", printable(r.To.String()), "error", printable(r.Reply))
	}
	switch m.phase {
	case storing:
		m.dirty = true
	case stored:
		d.attend(m)
	}
}

// maxRecipients is how many recipients every next hop must take at once (RFC
// 5321, section 4.5.3.1.8).
const maxRecipients = 100

// find returns the delivery to h that has room for a recipient.
func find(list []*transfer, h *hop) *transfer {
	for i := len(list) - 1; i >= 0; i-- {
		if tr := list[i]; tr.hop == h && len(tr.to) < maxRecipients {
			return tr
		}
	}
	return nil
}

// hopFor routes the recipient i. It returns nil if there is no next hop, and
// notes why.
func (d *Dispatcher) hopFor(m *message, i int, now time.Time) *hop {
	size := m.Size
	if m.Report {
		size = 0 // no limit of ours holds for a report: it tells that mail was lost
	}
	next, err := d.Sender.NextHop(d.policy, m.Recipients[i].To, size)
	if err != nil {
		if isUnreachable(err) {
			if d.sched.nowhere.last.reply == "" {
				d.sched.nowhere.last = word{reply: asError(err).Reply.String()}
			}
			return d.sched.nowhere
		}
		m.note(i, delivery.Outcome{Err: err}, "", now, &d.limits)
		return nil
	}
	h := d.sched.hops[next.Key()]
	if h == nil {
		h = new(hop)
		h.event.hop = h
		d.sched.hops[next.Key()] = h
		d.at(&h.event, now.Add(hopIdle))
	}
	if h.policy != d.policy {
		h.become(next, d.policy)
	}
	return h
}

// unqueue takes m out of the queues it waits in.
func (d *Dispatcher) unqueue(m *message) {
	for i, tr := range m.work {
		if tr == nil || tr.running {
			continue
		}
		m.work[i] = nil
		if tr.lane != nil {
			d.delist(tr)
		}
		tr.answered()
	}
}

// replace routes m anew, but for attempts under way.
func (d *Dispatcher) replace(m *message) {
	d.unqueue(m)
	d.place(m, time.Now())
	d.plan(m)
	m.wakeClient()
}

// wake gives h a turn if it has work.
func (d *Dispatcher) wake(h *hop) {
	if h == d.sched.nowhere || !h.ready(&d.limits) {
		return
	}
	r := d.ring(h)
	if h.turn.in == r {
		return
	}
	h.turn.leave()
	r.push(h, &h.turn)
}

// ring returns where h waits for its turn.
func (d *Dispatcher) ring(h *hop) *chain[hop] {
	if h.proven {
		return &d.sched.proven
	}
	return &d.sched.doubtful
}

// turn returns the next hop whose turn it is; nil if there is none.
func (d *Dispatcher) turn() *hop {
	s := &d.sched
	for range 2 {
		s.turn = !s.turn
		var h *hop
		switch {
		case s.turn:
			h = d.pop(&s.proven)
		case s.doubted < d.limits.doubtful():
			h = d.pop(&s.doubtful)
		}
		if h != nil {
			return h
		}
	}
	return nil
}

// pop returns the first next hop of r to which a delivery may begin. One whose
// standing has changed moves to another ring.
func (d *Dispatcher) pop(r *chain[hop]) *hop {
	for r.first != nil {
		h := r.first.of
		h.turn.leave()
		switch {
		case !h.ready(&d.limits):
		case d.ring(h) != r:
			d.wake(h)
		default:
			return h
		}
	}
	return nil
}

// next takes what is to be done next.
func (d *Dispatcher) next() (task, bool) {
	s := &d.sched
	if len(s.chores) > 0 && s.tending < maxChores {
		m := s.chores[0]
		s.chores[0] = nil
		if s.chores = s.chores[1:]; len(s.chores) == 0 {
			s.chores = nil
		}
		s.tending++
		s.busy++
		return task{chore: m}, true
	}
	if d.stopping || s.active >= d.limits.total || s.saving >= maxSaving || !d.lease.last(0) {
		return task{}, false // without leases, others may be at work on what we hold
	}
	d.readmit()
	for more := true; more; more = d.readmit() {
		if tr := d.pickAny(); tr != nil {
			d.begin(tr)
			return task{transfer: tr}, true
		}
	}
	if len(s.chores) > 0 && s.tending < maxChores { // routing anew has made some
		return d.next()
	}
	return task{}, false
}

// pickAny returns a transfer that may begin; nil if there is none among those that have a
// turn.
func (d *Dispatcher) pickAny() *transfer {
	for h := d.turn(); h != nil; h = d.turn() {
		tr := d.pick(h)
		switch {
		case tr == nil: // no source may have more just now
		case tr.policy != d.policy: // each attempt routes anew
			d.replace(tr.m)
			d.wake(h)
		default:
			return tr
		}
	}
	return nil
}

// begin counts an attempt.
func (d *Dispatcher) begin(tr *transfer) {
	h, s := tr.hop, &d.sched
	d.occupy(tr.lane, !h.proven, 1)
	tr.unlist()
	s.busy++
	tr.running, tr.next, tr.round, tr.doubtful = true, h.next, h.round, !h.proven
	tr.among = h.allowance(&d.limits)
	if tr.doubtful && h.waiting > 0 {
		d.at(&h.event, time.Now().Add(patience))
	}
	tr.fill(d.outgoings.Get().(*outgoing))
	d.wake(h)
}

// pump hands out all that can begin.
func (d *Dispatcher) pump() {
	for t, ok := d.next(); ok; t, ok = d.next() {
		select {
		case d.work <- t:
		default:
			go d.worker(t)
		}
	}
}
