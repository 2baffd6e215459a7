package schedule

import "time"

// wake gives h a turn if an attempt at it may start.
func (q *queues) wake(h *hop, now time.Time) {
	if !q.ready(h, now) {
		return
	}
	r := q.ring(h)
	if h.turn.in == r {
		return
	}
	h.turn.remove()
	r.push(h, &h.turn)
}

// ready reports whether an attempt at h may start. If only the limits for smart hosts don't let it, h waits
// until there is room.
func (q *queues) ready(h *hop, now time.Time) bool {
	ready := h.ready(q.limits, now)
	if !ready {
		q.tellHop(h, now)
	} else if !q.hasRoom(h, now) {
		return false
	}
	h.room.remove()
	return ready
}

// ring returns the list in which h waits for its turn.
func (q *queues) ring(h *hop) *list[hop] {
	if h.proven {
		return &q.proven
	}
	return &q.doubtful
}

// next returns the transfer whose turn it is; nil if no attempt may start.
func (q *queues) next(now time.Time) *Transfer {
	q.readmit(now)
	for more := true; more; more = q.readmit(now) {
		for h := q.nextHop(now); h != nil; h = q.nextHop(now) {
			if t := q.pick(h, now); t != nil {
				return t
			}
		}
	}
	return nil
}

// nextHop returns the next hop whose turn it is; nil if no attempt may start.
func (q *queues) nextHop(now time.Time) *hop {
	for range 2 {
		q.provenTurn = !q.provenTurn
		var h *hop
		switch {
		case q.provenTurn:
			h = q.pop(&q.proven, now)
		case q.doubted < q.limits.doubtful():
			h = q.pop(&q.doubtful, now)
		}
		if h != nil {
			return h
		}
	}
	return nil
}

// pop takes the first next hop out of r at which an attempt may start. It moves those that belong to
// the other ring by now.
func (q *queues) pop(r *list[hop], now time.Time) *hop {
	for r.first != nil {
		h := r.first.value
		h.turn.remove()
		switch {
		case !q.ready(h, now):
		case q.ring(h) != r:
			q.wake(h, now)
		default:
			return h
		}
	}
	return nil
}

// pick returns the first transfer to h of the first source that may have a connection; nil if no source
// may. It sets lanes aside whose sources may have no more connections, whatever the next hop.
func (q *queues) pick(h *hop, now time.Time) *Transfer {
	allowed := h.allowance(q.limits)
	for n := h.lanes.first; n != nil; {
		l := n.value
		n = n.next
		switch {
		case !q.mayConnect(l.source):
			q.tellSource(l, now)
			q.setAside(l, connections)
		case !h.proven && !q.mayTry(l.source):
			q.setAside(l, doubtedConnections)
		case hasShare(l.active, h.active, allowed):
			l.requeue()
			return l.transfers.first.value
		default:
			q.tellLane(l, allowed, now)
		}
	}
	return nil
}

// mayConnect reports whether src may have one more connection.
func (q *queues) mayConnect(src *source) bool {
	return hasShare(src.active, q.active, q.limits.total) &&
		(!src.report || hasShare(src.active, q.returned, q.limits.reports()))
}

// mayTry reports whether src may have one more connection to a next hop that is not proven, if it may
// have one more.
func (q *queues) mayTry(src *source) bool {
	return hasShare(src.doubted, q.doubted, q.limits.doubtful())
}

// hasShare reports whether a client that has own of all that is in use may have more. Each gets three
// quarters of what the others leave of the limit, so that some is left for one more client.
func hasShare[N int | int64](own, all, limit N) bool {
	free := limit - (all - own)
	return own < free-free/4
}

// setAside makes l wait until its source may have more of r.
func (q *queues) setAside(l *lane, r resource) {
	l.turn.remove()
	l.hop.aside.push(l, &l.turn)
	f := &l.source.shortfalls[r]
	if f.lanes.first == nil {
		f.source = l.source
		if l.source.report {
			r += resources
		}
		q.short[r].push(f, &f.turn)
	}
	f.lanes.push(l, &l.shortfall)
	l.waitsFor = f
}

// readmit gives a turn to lanes that were set aside and whose sources may have more connections now: to
// one lane for each resource, so that one free connection doesn't bring all of them back. It reports
// whether there were any.
func (q *queues) readmit(now time.Time) bool {
	found := false
	for r := range resources {
		if r == doubtedConnections && q.doubted >= q.limits.doubtful() {
			continue
		}
		found = q.readmitFrom(&q.short[r], r, now) || found
		if q.returned < q.limits.reports() {
			found = q.readmitFrom(&q.short[r+resources], r, now) || found
		}
	}
	return found
}

// readmitFrom readmits lanes of one source until one of them has a turn at its next hop, and reports
// whether one has. Few sources stand before one that may have more: while connections are free, each of
// those before it has several.
func (q *queues) readmitFrom(short *list[shortfall], r resource, now time.Time) bool {
	for n := short.first; n != nil; {
		f := n.value
		n = n.next
		if !q.mayConnect(f.source) || r == doubtedConnections && !q.mayTry(f.source) {
			continue
		}
		f.turn.remove()
		short.push(f, &f.turn) // behind the others
		for f.lanes.first != nil {
			l := f.lanes.first.value
			l.requeue()
			if q.wake(l.hop, now); l.hop.turn.in != nil {
				return true
			}
		}
	}
	return false
}
