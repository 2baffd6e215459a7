package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/interchange-smtp/interchange/relay/queue"
)

const (
	// maxBatch is how many bytes wait to be written together.
	maxBatch = 4 << 20
	// maxUnsynced is how many removals a loss of power may take back.
	maxUnsynced = 1024
	// idleSize is what a journal without messages may take.
	idleSize = 1 << 20
)

// batch is what is written and made durable together. Whoever finds nobody
// writing writes what there is, his own record and no other if he is alone.
// What comes meanwhile is the next batch, and one of those who wait for it
// writes it then.
type batch struct {
	records []byte
	pending []pending
	waiters int
	bodies  bool // files in bodies must be there after a crash, too
	err     error
	clean   bool          // after err: nothing of it is on the disk
	done    chan struct{} // closed when it is written, or has failed
	lead    chan struct{} // gets one value: who receives it writes
}

// pending is a record in a batch, and what it is about.
type pending struct {
	entry  *entry
	header header
	at     int // offset in the batch
	next   int64
	lease  *queue.Lease // that begins with the record; nil: none does
}

// removal is a message whose record is not durable yet.
type removal struct {
	id    string
	file  string // to be removed then, "" for none
	never bool   // it was never on the queue: its record failed
}

// journal is what only who writes touches, but for what has a comment.
type journal struct {
	writing  bool      // guarded by Spool.mu: somebody writes
	next     *batch    // guarded by Spool.mu
	spare    []byte    // guarded by Spool.mu: room for a batch to come
	owed     []removal // guarded by Spool.mu: to be written with the next batch
	active   *segment  // nil: none is open
	number   uint64    // of the newest segment
	synced   int64     // of active: so much is durable
	named    bool      // active's name is durable
	unlinked bool      // the removal of a segment may not be
	unsynced []removal // written since
}

func newBatch(room []byte) *batch {
	return &batch{records: room[:0], done: make(chan struct{}), lead: make(chan struct{}, 1)}
}

// room waits until n bytes find room in the next batch. Spool.mu is held, and
// given up meanwhile.
func (s *Spool) room(n int) {
	for len(s.next.records) > 0 && s.next.waiters > 0 && len(s.next.records)+n > maxBatch {
		b := s.next
		s.mu.Unlock()
		<-b.done
		s.mu.Lock()
	}
}

// add appends a record to the next batch; a lease, if any, begins when it is
// written. Spool.mu is held.
func (s *Spool) add(e *entry, h header, next int64, lease *queue.Lease, parts ...[]byte) {
	b := s.next
	b.pending = append(b.pending, pending{entry: e, header: h, at: len(b.records), next: next, lease: lease})
	b.records = h.append(b.records)
	for _, part := range parts {
		b.records = append(b.records, part...)
	}
}

// commit returns the next batch when it is durable, or has failed. Spool.mu is
// held; commit gives it up.
func (s *Spool) commit() *batch {
	b := s.next
	b.waiters++
	leads := !s.writing
	s.writing = true
	s.mu.Unlock()
	if leads {
		s.write()
	}
	select {
	case <-b.done:
	case <-b.lead:
		s.write()
	}
	return b
}

// writeNext has the next batch written by somebody, and maybe not made durable.
// Spool.mu is held; writeNext gives it up.
func (s *Spool) writeNext() {
	leads := !s.writing
	s.writing = true
	s.mu.Unlock()
	if leads {
		s.write()
	}
}

// write writes the next batch, and those after it that nobody waits for. There
// is one at a time who does: Spool.writing is set.
func (s *Spool) write() {
	for {
		s.mu.Lock()
		b := s.next
		s.next = newBatch(s.spare)
		s.spare = nil
		owed := s.owed
		s.owed = nil
		s.mu.Unlock()

		start, err := s.flush(b, owed)

		s.mu.Lock()
		if err != nil {
			s.undo(b, owed)
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
		if s.next.waiters > 0 {
			s.next.lead <- struct{}{}
			s.mu.Unlock()
			return
		}
		if len(s.next.records) == 0 {
			s.writing = false
			s.changed.Broadcast()
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
	}
}

// flush writes a batch behind what is owed, and makes it durable if anybody
// waits for that. It returns where in the segment the batch begins.
func (s *Spool) flush(b *batch, owed []removal) (start int64, err error) {
	b.clean = true
	if b.bodies {
		if err := s.fs.SyncDir(bodiesDir); err != nil {
			return 0, err
		}
	}
	owing := &batch{}
	for _, r := range owed {
		meta := goneMeta(r.id, r.never)
		h := header{kind: kindGone, metaLen: uint32(len(meta)), metaSum: sum(meta)}
		owing.pending = append(owing.pending, pending{at: len(owing.records)})
		owing.records = append(h.append(owing.records), meta...)
	}
	length := int64(len(owing.records) + len(b.records))
	if err := s.open(length); err != nil {
		return 0, err
	}
	seg := s.active
	for _, part := range []*batch{owing, b} {
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
	s.unsynced = append(s.unsynced, owed...)
	files := slices.ContainsFunc(owed, func(r removal) bool { return r.file != "" })
	for _, p := range b.pending {
		if p.header.kind == kindGone {
			s.unsynced = append(s.unsynced, gone(p.entry))
			files = files || p.entry.file != 0
		}
	}
	// A file must not be gone before it is durable that the message is.
	if b.waiters == 0 && !files && len(s.unsynced) < maxUnsynced {
		return start, nil
	}
	if err := s.sync(); err != nil {
		// What is owed, and what b removes, undo owes again.
		s.unsynced = s.unsynced[:len(s.unsynced)-len(owed)-b.removals()]
		s.abandonSegment() // a sync after one that failed proves nothing
		return 0, err
	}
	return start, nil
}

// gone returns the removal of a message.
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

// grow notes that a segment has grown.
func (s *Spool) grow(seg *segment, n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seg.size += n
	s.octets += n
}

// sync makes the active segment durable, and removes the files of what is
// durably gone.
func (s *Spool) sync() error {
	if err := s.active.file.Sync(); err != nil {
		return err
	}
	if !s.named {
		if err := s.fs.SyncDir(journalDir); err != nil {
			return err
		}
		s.named, s.unlinked = true, false
	}
	s.synced = s.active.size
	s.removeFiles(s.unsynced)
	clear(s.unsynced)
	s.unsynced = s.unsynced[:0]
	return nil
}

// removeFiles removes the files of messages that are durably gone.
func (s *Spool) removeFiles(gone []removal) {
	for _, r := range gone {
		if r.file == "" {
			continue
		}
		if err := s.fs.Remove(r.file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.log.Warn("spool: can't remove the file of a message that is gone", "file", r.file, "error", err)
		}
	}
}

// open sees to it that there is an active segment, with room for n bytes more.
func (s *Spool) open(n int64) error {
	if s.active != nil && s.active.size > 0 && s.active.size+n > s.segmentSize {
		s.seal()
	}
	if s.active != nil {
		return nil
	}
	id := newNonce()
	f, err := s.fs.Create(segmentName(s.number+1, id))
	if err != nil {
		return err
	}
	s.number++
	s.active = newSegment(s.number, id, f)
	s.synced, s.named = 0, false
	s.mu.Lock()
	s.segments = append(s.segments, s.active)
	s.mu.Unlock()
	return nil
}

// seal ends the active segment.
func (s *Spool) seal() {
	end := header{kind: kindEnd}.append(nil)
	stamp(end, s.active.nonce)
	if _, err := s.active.file.WriteAt(end, s.active.size); err != nil {
		s.abandonSegment()
		return
	}
	s.grow(s.active, int64(len(end)))
	if err := s.sync(); err != nil {
		s.abandonSegment()
		return
	}
	s.active = nil
}

// abandonSegment ends the active segment after an error. What was written since the
// last sync may or may not be on the disk, and asking once more tells nothing:
// an operating system may report such an error a single time. So it is taken
// back, as far as that is possible. clean says that it has been, durably; that
// counts if it was a write that failed, for no sync has lost anything then. Else
// the records that follow in the next segment decide.
func (s *Spool) abandonSegment() (clean bool) {
	seg := s.active
	s.active = nil
	err := seg.file.Truncate(s.synced)
	s.mu.Lock()
	if err == nil {
		s.octets -= seg.size - s.synced
		seg.size = s.synced
	}
	s.owed = append(s.owed, s.unsynced...)
	empty := seg.size == 0
	s.mu.Unlock()
	s.unsynced = nil
	if err == nil {
		err = seg.file.Sync()
	}
	if empty {
		s.removeNewest(seg)
	}
	return err == nil
}

// removeNewest removes a segment that nothing is in, lest a disk that is full
// for long collect them.
func (s *Spool) removeNewest(seg *segment) {
	if err := s.fs.Remove(seg.name()); err != nil {
		s.log.Warn("spool: can't remove an empty segment", "segment", seg.name(), "error", err)
		return
	}
	s.unlinked = true
	s.mu.Lock()
	s.segments = s.segments[:len(s.segments)-1]
	s.mu.Unlock()
	seg.release()
}

// apply notes that the records of a batch are where start says. Spool.mu is
// held.
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

// undo takes back what a batch that failed was to do. Spool.mu is held.
func (s *Spool) undo(b *batch, owed []removal) {
	s.owed = append(owed, s.owed...)
	for _, p := range b.pending {
		p.entry.busy = false
		if p.header.kind == kindGone {
			s.owed = append(s.owed, gone(p.entry))
		}
	}
}

// failed says that the journal could not be written.
func (s *Spool) failed(err error) error {
	s.log.Error("spool: can't write the journal", "error", err)
	return fail(fmt.Errorf("writing the journal: %w", err))
}
