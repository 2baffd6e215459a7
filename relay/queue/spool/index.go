package spool

import (
	"cmp"
	"container/heap"
	"fmt"
	"math"
	"time"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// entry is what is known of a message in memory: enough to find it and to
// choose it, nothing of what it says.
type entry struct {
	id      string
	arrived int64 // nanoseconds, as nanos gives them
	next    int64
	order   uint64 // in which messages came
	size    int64  // of the bytes
	file    uint64 // the number in the name of the file that has them; 0: the record has

	body  place // of the record with the bytes or the name of their file; no segment: not yet on the queue, or lost
	state place // of the newest record

	holder string
	until  time.Duration // since index.began: when the lease runs out
	free   int           // position in the heap of free messages + 1; 0: not there

	busy bool // a record of it is being written
	lost bool // damage took the record with the bytes
}

// there reports whether the message is on the queue.
func (e *entry) there() bool { return e.state.segment != nil }

// bytes is how much of the journal the message takes.
func (e *entry) octets() (n int64) {
	if e.body.segment != nil {
		n = e.body.header.size()
	}
	if e.there() && (e.state.segment != e.body.segment || e.state.offset != e.body.offset) {
		n += e.state.header.size()
	}
	return n
}

// fileName is the name of the file with the bytes.
func (e *entry) fileName() string { return bodyName(e.id, e.file) }

// bodyName is the name of a file of bytes.
func bodyName(id string, number uint64) string {
	return fmt.Sprintf("%s/%s-%016x.eml", bodiesDir, id, number)
}

// compareArrival orders messages as they came.
func compareArrival(a, b *entry) int {
	return cmp.Or(cmp.Compare(a.arrived, b.arrived), cmp.Compare(a.order, b.order))
}

// unreadableTime is how long a message stays that can't be read, before it is
// tried again.
const unreadableTime = time.Minute

// index holds the messages of a Spool.
type index struct {
	entries map[string]*entry
	order   uint64
	free    freeHeap
	began   time.Time     // what leases are counted from: setting the clock ends none
	runsOut time.Duration // no lease runs out before
	gone    recent
}

func newIndex() index {
	return index{entries: make(map[string]*entry), began: time.Now(), runsOut: math.MaxInt64}
}

// reserve takes the ID of a message that is yet to come.
func (x *index) reserve(id string) (*entry, error) {
	if x.entries[id] != nil || x.gone.has(id) {
		return nil, fmt.Errorf("%w: %s", queue.ErrExists, id)
	}
	x.order++
	e := &entry{id: id, order: x.order}
	x.entries[id] = e
	return e, nil
}

// add puts a message from the disk on the queue. Nobody holds it.
func (x *index) add(e *entry) {
	x.order++
	e.order = x.order
	e.until = math.MinInt64
	x.entries[e.id] = e
}

// get returns a message that is there.
func (x *index) get(id string) (*entry, error) {
	if e := x.entries[id]; e != nil && e.there() {
		return e, nil
	}
	return nil, fmt.Errorf("%w: %s", queue.ErrNotFound, id)
}

// held returns the message if holder holds it: whether the lease has run out is
// only for the next one to claim it to ask.
func (x *index) held(id, holder string) (*entry, error) {
	e, err := x.get(id)
	if err == nil && (e.holder == "" || e.holder != holder) {
		err = fmt.Errorf("%w: %s", queue.ErrLease, id)
	}
	return e, err
}

// lease gives a message that is there to a holder from now on, or gives it up if
// the lease is of no time.
func (x *index) lease(e *entry, l queue.Lease) {
	if l.For <= 0 {
		e.holder, e.until = "", math.MinInt64
		if e.free == 0 {
			heap.Push(&x.free, e)
		}
		return
	}
	now := time.Since(x.began)
	e.holder, e.until = l.Holder, now+min(l.For, math.MaxInt64-now)
	x.runsOut = min(x.runsOut, e.until)
	if e.free > 0 {
		heap.Remove(&x.free, e.free-1)
	}
}

// moved puts a message in order whose next has changed after its lease ran out.
func (x *index) moved(e *entry) {
	if e.free > 0 {
		heap.Fix(&x.free, e.free-1)
	}
}

// postpone keeps a message from everybody for a while that holder has just
// claimed and that can't be read now, lest it be claimed again at once, before
// those that can.
func (x *index) postpone(e *entry, holder string) {
	if e.there() && e.holder == holder {
		x.lease(e, queue.Lease{For: unreadableTime})
	}
}

// claim leases at most limit messages that are free.
func (x *index) claim(l queue.Lease, limit int) []*entry {
	x.runOut()
	var claimed []*entry
	for len(claimed) < limit && len(x.free) > 0 {
		claimed = append(claimed, heap.Pop(&x.free).(*entry))
	}
	for _, e := range claimed {
		x.lease(e, l)
	}
	return claimed
}

// runOut frees what nobody has renewed in time.
func (x *index) runOut() {
	now := time.Since(x.began)
	if now < x.runsOut {
		return
	}
	x.runsOut = math.MaxInt64
	for _, e := range x.entries {
		switch {
		case !e.there() || e.free > 0:
		case e.until <= now:
			heap.Push(&x.free, e)
		default:
			x.runsOut = min(x.runsOut, e.until)
		}
	}
}

// renew begins the leases of a holder anew and returns the IDs of its messages.
func (x *index) renew(l queue.Lease) (held []string) {
	for _, e := range x.entries {
		if e.there() && e.holder != "" && e.holder == l.Holder {
			x.lease(e, l)
			held = append(held, e.id)
		}
	}
	return held
}

// forget takes a message out. It is remembered that there was one.
func (x *index) forget(e *entry) {
	x.remove(e)
	x.gone.add(e.id)
}

// remove takes a message out as if there had never been one.
func (x *index) remove(e *entry) {
	if e.free > 0 {
		heap.Remove(&x.free, e.free-1)
	}
	delete(x.entries, e.id)
}

// freeHeap has the messages that nobody holds, in the order of Claim.
type freeHeap []*entry

func (h freeHeap) Len() int { return len(h) }

func (h freeHeap) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(h[i].next, h[j].next), compareArrival(h[i], h[j])) < 0
}

func (h freeHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].free, h[j].free = i+1, j+1
}

// Push is heap.Interface's.
func (h *freeHeap) Push(x any) {
	e := x.(*entry)
	*h = append(*h, e)
	e.free = len(*h)
}

// Pop is heap.Interface's.
func (h *freeHeap) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	e.free = 0
	return e
}

// maxGone is how many removed messages are remembered.
const maxGone = 4096

// recent remembers the IDs of the last messages that were removed, so that
// whoever is not sure to have put one, after a crash, may put it again.
type recent struct {
	ids  []string
	next int
	set  map[string]struct{}
}

func (r *recent) has(id string) bool {
	_, ok := r.set[id]
	return ok
}

func (r *recent) add(id string) {
	switch {
	case r.has(id):
		return
	case r.set == nil:
		r.set = make(map[string]struct{})
	case len(r.ids) == maxGone:
		delete(r.set, r.ids[r.next])
		r.ids[r.next] = id
		r.next = (r.next + 1) % maxGone
		r.set[id] = struct{}{}
		return
	}
	r.ids = append(r.ids, id)
	r.set[id] = struct{}{}
}
