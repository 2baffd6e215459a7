package dispatch

// lane is what goes to one next hop and came from one source. The lanes of a next hop take
// turns, so that a source that sends it much mail doesn't keep the others waiting, and none
// gets all of its connections. It is guarded by Dispatcher.mu.
type lane struct {
	laneKey
	transfers chain[transfer] // that wait, in order
	active    int             // attempts under way

	turn  place[lane] // in hop.lanes, or in hop.aside with waits
	waits *waits      // of its source, where it waits until that may have more; nil: it doesn't
	aside place[lane] // in waits
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
		l.source.lanes++
	}
	if l.transfers.first == nil {
		l.hop.lanes.push(l, &l.turn)
	}
	l.transfers.push(tr, &tr.turn)
	tr.lane = l
	l.hop.waiting++
}

// delist takes tr out of the lane where it waits.
func (d *Dispatcher) delist(tr *transfer) {
	l := tr.lane
	tr.unlist()
	tr.lane = nil
	d.vacate(l)
}

// unlist lets tr wait no longer. It is still one of its lane.
func (tr *transfer) unlist() {
	l := tr.lane
	tr.turn.leave()
	l.hop.waiting--
	if l.transfers.first == nil {
		l.unwait()
		l.turn.leave()
	}
}

// vacate forgets l if nothing waits in it or is being sent.
func (d *Dispatcher) vacate(l *lane) {
	if l.transfers.first != nil || l.active > 0 {
		return
	}
	src := l.source
	delete(d.sched.lanes, l.laneKey)
	*l = lane{} // it may be the hop's own
	src.lanes--
	d.leaves(src)
}

// setAside lets l wait for something of its source.
func (d *Dispatcher) setAside(l *lane, kind shortage) {
	l.turn.leave()
	l.hop.aside.push(l, &l.turn)
	w := &l.source.waits[kind]
	if w.lanes.first == nil {
		w.source = l.source
		d.sched.full[w.class(kind)].push(w, &w.turn)
	}
	w.lanes.push(l, &l.aside)
	l.waits = w
}

// unwait lets l wait no longer for something of its source.
func (l *lane) unwait() {
	if l.waits == nil {
		return
	}
	l.aside.leave()
	if l.waits.lanes.first == nil {
		l.waits.turn.leave()
	}
	l.waits = nil
}

// comeBack gives l, which was set aside, its turn, behind the others.
func (l *lane) comeBack() {
	l.unwait()
	l.turn.leave()
	l.hop.lanes.push(l, &l.turn)
}
