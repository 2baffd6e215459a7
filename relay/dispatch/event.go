package dispatch

import (
	"container/heap"
	"time"
)

// hopIdle is how long a next hop is remembered that nobody needs.
const hopIdle = 10 * time.Minute

// stopped is how late the timer is when the process was stopped rather than slow.
const stopped = time.Minute

// event is something that is due at a time: a next hop's retry, or what a
// message waits for.
type event struct {
	at      time.Time
	index   int // in events, plus 1; 0: not in it
	hop     *hop
	message *message
}

// events is a heap by time.
type events []*event

func (e events) Len() int           { return len(e) }
func (e events) Less(i, j int) bool { return e[i].at.Before(e[j].at) }
func (e events) Swap(i, j int) {
	e[i], e[j] = e[j], e[i]
	e[i].index, e[j].index = i+1, j+1
}

// Push implements heap.Interface.
func (e *events) Push(x any) {
	v := x.(*event)
	*e = append(*e, v)
	v.index = len(*e)
}

// Pop implements heap.Interface.
func (e *events) Pop() any {
	last := len(*e) - 1
	v := (*e)[last]
	(*e)[last] = nil
	*e = (*e)[:last]
	v.index = 0
	return v
}

// at makes e due at t; the zero time: never.
func (d *Dispatcher) at(e *event, t time.Time) {
	s := &d.sched
	switch {
	case t.IsZero():
		if e.index > 0 {
			heap.Remove(&s.events, e.index-1)
		}
		return
	case e.index > 0:
		e.at = t
		heap.Fix(&s.events, e.index-1)
	default:
		e.at = t
		heap.Push(&s.events, e)
	}
	d.arm()
}

// arm sets the timer for the first event.
func (d *Dispatcher) arm() {
	s := &d.sched
	if len(s.events) == 0 || d.stopping {
		return
	}
	if first := s.events[0].at; s.timerFor.IsZero() || first.Before(s.timerFor) {
		s.timerFor = first
		s.timer.Reset(time.Until(first))
	}
}

// tick does what is due.
func (d *Dispatcher) tick() {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := &d.sched
	now := time.Now()
	if !s.timerFor.IsZero() && now.Sub(s.timerFor) > stopped {
		s.awake = now
	}
	s.timerFor = time.Time{}
	if d.stopping {
		return
	}
	for len(s.events) > 0 && !s.events[0].at.After(now) {
		e := s.events[0]
		heap.Pop(&s.events)
		if e.hop != nil {
			d.hopDue(e.hop, now)
		} else {
			d.messageDue(e.message, now)
		}
	}
	d.arm()
	d.pump()
}

// hopDue lets a next hop be tried again, lets one more connection stand beside
// those that say nothing, or forgets it.
func (d *Dispatcher) hopDue(h *hop, now time.Time) {
	next := now.Add(hopIdle)
	switch {
	case h.waiting == 0 && h.active == 0:
		if next = h.used.Add(hopIdle); !next.After(now) {
			delete(d.sched.hops, h.next.Key())
			return
		}
	case h.active == 0 && h.down(now):
		next = h.retryAt
	case !h.proven && h.active > 0 && h.waiting > 0:
		h.spare++
		next = now.Add(patience)
	}
	d.at(&h.event, next)
	d.wake(h)
}
