package dispatch

import (
	"net/netip"

	"github.com/interchange-smtp/interchange/internal/network"
)

// source is a client whose mail waits or is being sent, or the reports that go back on its
// mail. It has a share of the connections: otherwise a client that has mail sent to next hops
// which take their time would soon occupy them all. It is guarded by Dispatcher.mu.
type source struct {
	sourceKey
	active  int // attempts under way
	doubted int // of them, those at next hops in doubt
	lanes   int // with what waits

	// Lanes that wait until the source may have more connections at all, or more to next
	// hops in doubt; and some that don't wait any longer.
	crowded, doubtful []*lane
	full              bool // there are some, and it is in scheduler.full
}

// sourceKey tells sources apart.
type sourceKey struct {
	addr   netip.Addr // by network.Source
	report bool
}

// sourceOf returns the source of m, and makes it if nothing else of it is here.
func (d *Dispatcher) sourceOf(m *message) *source {
	key := sourceKey{network.Source(m.Remote.Addr()), m.Report}
	src := d.sched.sources[key]
	if src == nil {
		src, _ = d.spares.Get().(*source)
		if src == nil {
			src = new(source)
		}
		src.sourceKey = key
		d.sched.sources[key] = src
	}
	return src
}

// leaves forgets a source of which nothing waits or is being sent.
func (d *Dispatcher) leaves(src *source) {
	if src.active == 0 && src.lanes == 0 && !src.full {
		delete(d.sched.sources, src.sourceKey)
		*src = source{}
		d.spares.Put(src)
	}
}

// occupy counts an attempt of src that begins, or ends if n is -1.
func (d *Dispatcher) occupy(src *source, doubtful bool, n int) {
	s := &d.sched
	s.active += n
	src.active += n
	if src.report {
		s.returned += n
	}
	if doubtful {
		s.doubted += n
		src.doubted += n
	}
}

// mayCall reports whether src may have one more connection.
func (d *Dispatcher) mayCall(src *source) bool {
	s, l := &d.sched, &d.limits
	return hasShare(src.active, s.active, l.total) && (!src.report || hasShare(src.active, s.returned, l.reports()))
}

// mayTry reports whether src may have one more connection to a next hop in doubt, if it may
// have one more.
func (d *Dispatcher) mayTry(src *source) bool {
	return hasShare(src.doubted, d.sched.doubted, d.limits.doubtful())
}

// hasShare reports whether a source that has own of all connections may have one more. It
// gets three quarters of what the others leave of the limit, so that there are some for one
// more source.
func hasShare(own, all, limit int) bool {
	free := limit - (all - own)
	return own < free-free/4
}

// pick returns the first transfer to h of the first source that may have a connection. If
// there is none, all lanes of h wait for theirs.
func (d *Dispatcher) pick(h *hop) *transfer {
	for l := h.lanes.first; l != nil; l = h.lanes.first {
		switch src := l.source; {
		case !d.mayCall(src):
			d.setAside(l, &src.crowded)
		case !h.proven && !d.mayTry(src):
			d.setAside(l, &src.doubtful)
		default:
			l.move(false) // behind the others
			return l.first
		}
	}
	return nil
}

// setAside lets l wait in a list of its source.
func (d *Dispatcher) setAside(l *lane, list *[]*lane) {
	l.move(true)
	if !l.listed {
		l.listed = true
		*list = append(*list, l)
	}
	if src := l.source; !src.full {
		src.full = true
		d.sched.full = append(d.sched.full, src)
	}
}

// readmit gives their turn to lanes whose sources may have more connections now.
func (d *Dispatcher) readmit() {
	s := &d.sched
	left := s.full[:0]
	for _, src := range s.full {
		if d.mayCall(src) {
			d.readmitFrom(&src.crowded)
			if d.mayTry(src) {
				d.readmitFrom(&src.doubtful)
			}
		}
		if len(src.crowded) > 0 || len(src.doubtful) > 0 {
			left = append(left, src)
			continue
		}
		src.full = false
		d.leaves(src)
	}
	clear(s.full[len(left):])
	s.full = left
}

// readmitFrom readmits lanes of a list until one has a turn; that one may use up what its
// source may have.
func (d *Dispatcher) readmitFrom(list *[]*lane) {
	for len(*list) > 0 {
		l := (*list)[0]
		(*list)[0] = nil
		*list = (*list)[1:]
		l.listed = false
		if !l.aside || l.first == nil { // it doesn't wait any longer
			l.recycle()
			continue
		}
		l.move(false)
		if d.wake(l.hop); l.hop.in != nil {
			return
		}
	}
	*list = nil
}

// readmit gives their turn to all lanes of h, which isn't in doubt any longer.
func (h *hop) readmit() {
	for l := h.aside.first; l != nil; l = h.aside.first {
		l.move(false)
	}
}
