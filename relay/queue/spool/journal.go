package spool

import (
	"fmt"
	"slices"

	"github.com/interchange-smtp/interchange/relay/queue"
)

const (
	// maxBatch is how many bytes are written together at most.
	maxBatch = 4 << 20
	// maxUnsynced is how many removals a loss of power can undo at most.
	maxUnsynced = 1024
	// idleSize is how large a journal without messages may be.
	idleSize = 1 << 20
)

// batch is a number of records that are written and made durable together. A call
// that finds no other call writing writes the batch at once, its own record alone if
// no other call came. Records that come in the meantime are the next batch; one of
// the calls that wait for it then writes it.
type batch struct {
	records []byte
	pending []pending
	waiters int  // calls that wait until the batch is durable
	bodies  bool // the batch needs new files in bodies: their names must be durable first
	err     error
	clean   bool          // with err: nothing of the batch is on the disk
	done    chan struct{} // closed when the batch is written, or has failed
	lead    chan struct{} // gets one value: the call that receives it writes the batch
}

// pending is a record in a batch, with its message.
type pending struct {
	entry  *entry
	header header
	at     int // offset in the batch
	next   int64
	lease  *queue.Lease // begins with the record; nil: the lease doesn't change
}

// removal is a message whose record is not durable yet.
type removal struct {
	id    string
	file  string // to be removed once the record is durable; "": no file
	never bool   // the message was never on the queue: writing its record failed
}

// journal is the state of writing. Spool.mu guards the fields marked mu; the others
// belong to the goroutine that is writing.
type journal struct {
	writing   bool      // mu: a goroutine is writing
	next      *batch    // mu: collects records
	spare     []byte    // mu: memory for a later batch
	unwritten []removal // mu: to be written before the next batch
	active    *segment  // being written; nil: the next record begins one
	number    uint64    // of the newest segment
	synced    int64     // how many bytes of active are durable
	named     bool      // the name of active is durable
	unlinked  bool      // the removal of a segment may not be durable
	unsynced  []removal // written since the last sync
}

func newBatch(memory []byte) *batch {
	return &batch{records: memory[:0], done: make(chan struct{}), lead: make(chan struct{}, 1)}
}

// waitForRoom waits until n bytes fit into the next batch. The caller holds Spool.mu, which is
// unlocked meanwhile.
func (s *Spool) waitForRoom(n int) {
	for len(s.next.records) > 0 && s.next.waiters > 0 && len(s.next.records)+n > maxBatch {
		b := s.next
		s.mu.Unlock()
		<-b.done
		s.mu.Lock()
	}
}

// add appends a record about e to the next batch; lease, unless nil, begins when the
// record is written. The caller holds Spool.mu.
func (s *Spool) add(e *entry, h header, next int64, lease *queue.Lease, parts ...[]byte) {
	b := s.next
	b.pending = append(b.pending, pending{entry: e, header: h, at: len(b.records), next: next, lease: lease})
	b.records = h.append(b.records)
	for _, part := range parts {
		b.records = append(b.records, part...)
	}
}

// commit returns the next batch when it is durable, or has failed. The caller holds
// Spool.mu; commit unlocks it.
func (s *Spool) commit() *batch {
	b := s.next
	b.waiters++
	s.writeNext()
	select {
	case <-b.done:
	case <-b.lead:
		s.write()
	}
	return b
}

// writeNext sees to it that the next batch is written, though maybe not durable yet.
// The caller holds Spool.mu; writeNext unlocks it.
func (s *Spool) writeNext() {
	leads := !s.writing
	s.writing = true
	s.mu.Unlock()
	if leads {
		s.write()
	}
}

// write writes the next batch, and the follolder ones as long as no call waits for
// them. Only the goroutine that has set Spool.writing calls it.
func (s *Spool) write() {
	for {
		s.mu.Lock()
		b := s.next
		s.next = newBatch(s.spare)
		s.spare = nil
		unwritten := s.unwritten
		s.unwritten = nil
		s.mu.Unlock()

		start, err := s.flush(b, unwritten)

		s.mu.Lock()
		if err != nil {
			s.undo(b, unwritten)
			b.err = s.failed(err)
		} else {
			s.apply(b, start)
		}
		if cap(b.records) <= 2*maxBatch {
			s.spare = b.records
		}
		s.changed.Broadcast()
		close(b.done)
		s.mu.Unlock()

		s.reclaim()

		s.mu.Lock()
		done := true
		switch {
		case s.next.waiters > 0:
			s.next.lead <- struct{}{}
		case len(s.next.records) == 0:
			s.writing = false
			s.changed.Broadcast()
		default:
			done = false
		}
		s.mu.Unlock()
		if done {
			return
		}
	}
}

// flush writes the removals in unwritten and then a batch, and makes both durable if a call
// waits for that. start is where in the segment the batch begins.
func (s *Spool) flush(b *batch, unwritten []removal) (start int64, err error) {
	b.clean = true
	if b.bodies {
		if err := s.fs.SyncDir(bodiesDir); err != nil {
			return 0, err
		}
	}
	older := &batch{}
	for _, r := range unwritten {
		meta := goneMeta(r.id, r.never)
		h := header{kind: kindGone, metaLen: uint32(len(meta)), metaSum: sum(meta)}
		older.pending = append(older.pending, pending{at: len(older.records)})
		older.records = append(h.append(older.records), meta...)
	}
	length := int64(len(older.records) + len(b.records))
	if err := s.open(length); err != nil {
		return 0, err
	}
	seg := s.active
	for _, part := range []*batch{older, b} {
		if len(part.records) == 0 {
			continue
		}
		for _, p := range part.pending {
			stamp(part.records[p.at:], seg.nonce)
		}
		start = seg.size
		if _, err := seg.file.WriteAt(part.records, seg.size); err != nil {
			b.clean = s.abandonSegment()
			return 0, err
		}
		s.grow(seg, int64(len(part.records)))
	}
	b.clean = false
	s.unsynced = append(s.unsynced, unwritten...)
	files := slices.ContainsFunc(unwritten, func(r removal) bool { return r.file != "" })
	for _, p := range b.pending {
		if p.header.kind == kindGone {
			s.unsynced = append(s.unsynced, gone(p.entry))
			files = files || p.entry.file != 0
		}
	}
	// The removal of a message must be durable before its file is removed.
	if b.waiters == 0 && !files && len(s.unsynced) < maxUnsynced {
		return start, nil
	}
	if err := s.sync(); err != nil {
		// undo puts unwritten, and the removals of b, back on the list of removals to write.
		s.unsynced = s.unsynced[:len(s.unsynced)-len(unwritten)-b.removals()]
		s.abandonSegment() // after a failed sync, a successful one proves nothing
		return 0, err
	}
	return start, nil
}

// gone returns the removal of e.
func gone(e *entry) removal {
	r := removal{id: e.id}
	if e.file != 0 {
		r.file = e.fileName()
	}
	return r
}

// removals counts the messages that b removes.
func (b *batch) removals() (n int) {
	for _, p := range b.pending {
		if p.header.kind == kindGone {
			n++
		}
	}
	return n
}

// apply records that the records of a batch are in the active segment from start on,
// and unlocks their messages. The caller holds Spool.mu.
func (s *Spool) apply(b *batch, start int64) {
	for _, p := range b.pending {
		e := p.entry
		at := place{s.active, start + int64(p.at), p.header}
		switch p.header.kind {
		case kindPut:
			s.place(e, at, at)
			e.next = p.next
		case kindSave:
			s.place(e, e.body, at)
			e.next = p.next
			s.index.moved(e)
		}
		if p.lease != nil {
			s.index.lease(e, *p.lease)
		}
		e.busy = false
	}
}

// undo unlocks the messages of a batch that failed, and keeps unwritten and the batch's
// removals for the next batch. The caller holds Spool.mu.
func (s *Spool) undo(b *batch, unwritten []removal) {
	s.unwritten = append(unwritten, s.unwritten...)
	for _, p := range b.pending {
		p.entry.busy = false
		if p.header.kind == kindGone {
			s.unwritten = append(s.unwritten, gone(p.entry))
		}
	}
}

// failed logs that the journal could not be written, and returns the error.
func (s *Spool) failed(err error) error {
	s.log.Error("can't write the journal", "error", err)
	return fail(fmt.Errorf("writing the journal: %w", err))
}
