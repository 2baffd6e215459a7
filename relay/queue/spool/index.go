package spool

import (
	"cmp"
	"container/heap"
	"fmt"
	"math"
	"time"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// entry is the spool's memory of a message: enough to find it and to order it,
// without its envelope.
type entry struct {
	id      string
	arrived int64 // as nanos returns it
	next    int64
	order   uint64 // by which messages that arrived at the same time are ordered
	size    int64  // of the content, in bytes
	file    uint64 // the number in the name of the file with the content; 0: the record has the content

	body  place // of the record with the content or the name of its file; no segment: not yet on the queue, or lost
	state place // of the newest record

	holder string
	until  time.Duration // since index.began: when the lease expires
	free   int           // position in the heap of free messages, plus 1; 0: not free

	busy bool // locked: a record about it is being written
	lost bool // the record with the content was damaged
}

// there reports whether the message is on the queue.
func (e *entry) there() bool { return e.state.segment != nil }

// recordSize returns how many bytes of the journal the message needs.
func (e *entry) recordSize() (n int64) {
	if e.body.segment != nil {
		n = e.body.header.size()
	}
	if e.there() && (e.state.segment != e.body.segment || e.state.offset != e.body.offset) {
		n += e.state.header.size()
	}
	return n
}

// fileName returns the name of the file with the content.
func (e *entry) fileName() string { return bodyName(e.id, e.file) }

// bodyName returns the name of a file with content.
func bodyName(id string, number uint64) string {
	return fmt.Sprintf("%s/%s-%016x.eml", bodiesDir, id, number)
}

// compareArrival orders messages by arrival.
func compareArrival(a, b *entry) int {
	return cmp.Or(cmp.Compare(a.arrived, b.arrived), cmp.Compare(a.order, b.order))
}

// unreadableTime is how long a message that can't be read is left before it is read
// again.
const unreadableTime = time.Minute

// index holds the messages of a Spool.
type index struct {
	entries map[string]*entry
	order   uint64
	free    freeHeap
	began   time.Time     // leases are counted from it, so that setting the clock ends no lease
	runsOut time.Duration // no lease expires before
	gone    recent
}

func newIndex() index {
	return index{entries: make(map[string]*entry), began: time.Now(), runsOut: math.MaxInt64}
}

// reserve reserves the ID of a message that will be put on the queue.
func (x *index) reserve(id string) (*entry, error) {
	if x.entries[id] != nil || x.gone.set[id] {
		return nil, fmt.Errorf("%w: %s", queue.ErrExists, id)
	}
	x.order++
	e := &entry{id: id, order: x.order}
	x.entries[id] = e
	return e, nil
}

// add adds a message from the disk. It has no holder.
func (x *index) add(e *entry) {
	x.order++
	e.order = x.order
	e.until = math.MinInt64
	x.entries[e.id] = e
}

// get returns a message on the queue.
func (x *index) get(id string) (*entry, error) {
	if e := x.entries[id]; e != nil && e.there() {
		return e, nil
	}
	return nil, fmt.Errorf("%w: %s", queue.ErrNotFound, id)
}

// held returns the message if holder holds it. An expired lease counts until another
// holder claims the message.
func (x *index) held(id, holder string) (*entry, error) {
	e, err := x.get(id)
	if err == nil && (e.holder == "" || e.holder != holder) {
		err = fmt.Errorf("%w: %s", queue.ErrLease, id)
	}
	return e, err
}

// lease leases a message on the queue to a holder, from now on; a lease of no time
// releases it.
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

// moved restores the order of the heap after next of a message has changed.
func (x *index) moved(e *entry) {
	if e.free > 0 {
		heap.Fix(&x.free, e.free-1)
	}
}

// postpone keeps a message that holder has just claimed, and that can't be read now,
// from being claimed again at once, before messages that can be read.
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

// runOut frees the messages whose lease has expired.
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

// renew restarts the leases of a holder and returns the IDs of its messages.
func (x *index) renew(l queue.Lease) (held []string) {
	for _, e := range x.entries {
		if e.there() && e.holder != "" && e.holder == l.Holder {
			x.lease(e, l)
			held = append(held, e.id)
		}
	}
	return held
}

// forget removes a message and remembers its ID.
func (x *index) forget(e *entry) {
	x.remove(e)
	x.gone.add(e.id)
}

// remove removes a message as if it had never been there.
func (x *index) remove(e *entry) {
	if e.free > 0 {
		heap.Remove(&x.free, e.free-1)
	}
	delete(x.entries, e.id)
}

// freeHeap holds the messages without a holder, in the order of Claim.
type freeHeap []*entry

func (h freeHeap) Len() int { return len(h) }

func (h freeHeap) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(h[i].next, h[j].next), compareArrival(h[i], h[j])) < 0
}

func (h freeHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].free, h[j].free = i+1, j+1
}

func (h *freeHeap) Push(x any) {
	e := x.(*entry)
	*h = append(*h, e)
	e.free = len(*h)
}

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

// recent remembers the IDs of the messages that were removed last, so that a caller
// that doesn't know whether its Put succeeded, after a crash, can repeat it safely.
type recent struct {
	ids []string // the oldest first
	set map[string]bool
}

func (r *recent) add(id string) {
	switch {
	case r.set[id]:
		return
	case r.set == nil:
		r.set = make(map[string]bool)
	case len(r.ids) == maxGone:
		delete(r.set, r.ids[0])
		r.ids = r.ids[1:]
	}
	r.ids = append(r.ids, id)
	r.set[id] = true
}
