package dispatch

// lane holds what waits for one next hop and came from one source. The lanes of a next
// hop take turns, so that a source that sends it much mail doesn't keep the others waiting.
type lane struct {
	laneKey
	first, last *transfer // in order

	aside         bool  // it waits until its source may have more connections
	listed        bool  // it is in such a list of its source
	before, after *lane // of the hop
}

// laneKey tells lanes apart.
type laneKey struct {
	hop    *hop
	source *source
}

// enlist puts tr behind everything else that its source has for its next hop.
func (d *Dispatcher) enlist(tr *transfer) {
	key := laneKey{tr.hop, d.sourceOf(tr.m)}
	l := d.sched.lanes[key]
	if l == nil {
		if l = &key.hop.own; l.hop != nil { // it is in use
			l = new(lane)
		}
		l.laneKey = key
		d.sched.lanes[key] = l
		l.hop.lanes.push(l)
		l.source.lanes++
	}
	l.push(tr)
	l.hop.waiting++
}

// delist takes tr out of the lane where it waits.
func (d *Dispatcher) delist(tr *transfer) {
	l := tr.lane
	l.remove(tr)
	l.hop.waiting--
	if l.first != nil {
		return
	}
	l.turns().remove(l)
	delete(d.sched.lanes, l.laneKey)
	l.source.lanes--
	d.leaves(l.source)
	l.recycle()
}

// recycle lets l be another lane if it is empty and its source doesn't know it any more.
func (l *lane) recycle() {
	if l.first == nil && !l.listed {
		*l = lane{}
	}
}

// turns returns the list of its next hop that l is in.
func (l *lane) turns() *lanes {
	if l.aside {
		return &l.hop.aside
	}
	return &l.hop.lanes
}

// move puts l into the other list of its next hop.
func (l *lane) move(aside bool) {
	l.turns().remove(l)
	l.aside = aside
	l.turns().push(l)
}

// push appends tr.
func (l *lane) push(tr *transfer) {
	tr.lane, tr.before, tr.after = l, l.last, nil
	if l.last != nil {
		l.last.after = tr
	} else {
		l.first = tr
	}
	l.last = tr
}

// remove takes tr out.
func (l *lane) remove(tr *transfer) {
	if tr.before != nil {
		tr.before.after = tr.after
	} else {
		l.first = tr.after
	}
	if tr.after != nil {
		tr.after.before = tr.before
	} else {
		l.last = tr.before
	}
	tr.lane, tr.before, tr.after = nil, nil, nil
}

// lanes are those of a next hop, in order.
type lanes struct{ first, last *lane }

// push appends l.
func (q *lanes) push(l *lane) {
	l.before, l.after = q.last, nil
	if q.last != nil {
		q.last.after = l
	} else {
		q.first = l
	}
	q.last = l
}

// remove takes l out.
func (q *lanes) remove(l *lane) {
	if l.before != nil {
		l.before.after = l.after
	} else {
		q.first = l.after
	}
	if l.after != nil {
		l.after.before = l.before
	} else {
		q.last = l.before
	}
	l.before, l.after = nil, nil
}
