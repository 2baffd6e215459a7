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
	lanes   int // of its mail
	waits   [shortages]waits
}

// shortage is what a lane waits for until its source may have more of it.
type shortage int

const (
	ofAll     shortage = iota // connections at all
	ofDoubted                 // those to next hops in doubt
	shortages
)

// waits are the lanes of a source that wait for the same thing.
type waits struct {
	source *source
	lanes  chain[lane]
	turn   place[waits] // among those of other sources, in scheduler.full
}

// full are sources with lanes that wait, in the order of their turns: by what they wait for,
// and those of reports apart.
type full [shortages * 2]chain[waits]

// class returns the index in full.
func (w *waits) class(kind shortage) shortage {
	if w.source.report {
		return kind + shortages
	}
	return kind
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
	if src.active == 0 && src.lanes == 0 {
		delete(d.sched.sources, src.sourceKey)
		*src = source{}
		d.spares.Put(src)
	}
}

// occupy counts an attempt of l that begins, or ends if n is -1.
func (d *Dispatcher) occupy(l *lane, doubtful bool, n int) {
	s, src := &d.sched, l.source
	s.active += n
	src.active += n
	l.active += n
	l.hop.active += n
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

// hasShare reports whether a client that has own of all of something may have more. It gets
// three quarters of what the others leave of the limit, so that there is some for one more
// client.
func hasShare[N int | int64](own, all, limit N) bool {
	free := limit - (all - own)
	return own < free-free/4
}

// pick returns the first transfer to h of the first source that may have a connection; nil
// if none may. Lanes whose sources may have no more, whatever the next hop, are set aside.
func (d *Dispatcher) pick(h *hop) *transfer {
	allowed := h.allowance(&d.limits)
	for p := h.lanes.first; p != nil; {
		l := p.of
		p = p.after
		switch {
		case !d.mayCall(l.source):
			d.setAside(l, ofAll)
		case !h.proven && !d.mayTry(l.source):
			d.setAside(l, ofDoubted)
		case hasShare(l.active, h.active, allowed):
			l.comeBack() // behind the others
			return l.transfers.first.of
		}
	}
	return nil
}

// readmit gives a turn to lanes whose sources may have more connections now: to one lane
// for each reason to wait, so that a single connection doesn't bring all of them back. It
// reports whether there were any.
func (d *Dispatcher) readmit() bool {
	s, l := &d.sched, &d.limits
	found := false
	for kind := range shortages {
		if kind == ofDoubted && s.doubted >= l.doubtful() {
			continue
		}
		found = d.readmitFrom(&s.full[kind], kind) || found
		if s.returned < l.reports() {
			found = d.readmitFrom(&s.full[kind+shortages], kind) || found
		}
	}
	return found
}

// readmitFrom readmits lanes of one source until one of them has a turn at its next hop.
// It reports whether one has. Only a few sources stand before one that may have more: as long
// as there are any connections, those that may not have several each.
func (d *Dispatcher) readmitFrom(q *chain[waits], kind shortage) bool {
	for p := q.first; p != nil; {
		w := p.of
		p = p.after
		if !d.mayCall(w.source) || kind == ofDoubted && !d.mayTry(w.source) {
			continue
		}
		w.turn.leave()
		q.push(w, &w.turn) // behind the others
		for w.lanes.first != nil {
			l := w.lanes.first.of
			l.comeBack()
			if d.wake(l.hop); l.hop.turn.in != nil {
				return true
			}
		}
	}
	return false
}

// readmit gives their turn to all lanes of h, which isn't in doubt any longer.
func (h *hop) readmit() {
	for h.aside.first != nil {
		h.aside.first.of.comeBack()
	}
}
