package spool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// Spool is a queue.Store in a directory; Open returns one. It is safe for concurrent use.
// The zero Spool is closed.
type Spool struct {
	fs          fileSystem
	log         *slog.Logger
	unlockDir   func() error
	segmentSize int64
	largeBody   int
	readOnly    bool // made by Read: nothing on the disk may change
	buffers     sync.Pool
	memory      atomic.Int64 // bytes reserved for message content in buffers
	aside       sync.Mutex   // held while a file is copied to damaged

	mu      sync.Mutex
	changed sync.Cond // signals changes of opened, writing, compacting and entry.busy
	opened  bool      // and not closed since
	index
	journal
	segments    []*segment // oldest first, active last
	journalSize int64      // bytes of all segments
	used        int64      // bytes of them that messages on the queue need
	files       int64      // bytes of the files in bodies
	compacting  bool
	damages     int // places that were found when it was opened
}

// Put implements queue.Store. It reads a body of up to Options.LargeBody into memory
// and copies a larger one to a file. A body of more than 4 KiB goes to a file too if
// the bodies in memory leave no room for it in 32 MiB.
func (s *Spool) Put(ctx context.Context, m *queue.Message, body io.Reader, lease queue.Lease) error {
	if !queue.ValidID(m.ID) {
		return fmt.Errorf("%q can't be the ID of a message", m.ID)
	}
	if err := s.enter(ctx); err != nil {
		return err
	}
	e, err := s.reserve(m.ID)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	size, arrived := m.Size, m.Arrived
	if err := s.put(ctx, e, m, body, lease); err != nil {
		m.Size, m.Arrived = size, arrived
		s.mu.Lock()
		delete(s.entries, e.id)
		s.mu.Unlock()
		return err
	}
	return nil
}

// put is Put, after the ID of the message was reserved.
func (s *Spool) put(ctx context.Context, e *entry, m *queue.Message, body io.Reader, lease queue.Lease) error {
	buffer := s.buffer()
	defer s.buffers.Put(buffer)
	content, reserved, err := s.receive(e, buffer, body)
	defer s.memory.Add(-reserved)
	if err != nil {
		return err
	}
	m.Size = content.size
	if m.Arrived.IsZero() {
		m.Arrived = time.Now()
	}
	meta := s.buffer()
	defer s.buffers.Put(meta)
	err = ctx.Err()
	if err == nil {
		err = encode(meta, m, location{File: e.file, FileSum: content.fileSum})
	}
	if err != nil {
		s.discard(e)
		return err
	}
	next, _ := m.Next()
	inline := buffer.Bytes()
	h := header{
		kind: kindPut, metaLen: uint32(meta.Len()), metaSum: sum(meta.Bytes()),
		bodyLen: uint32(len(inline)), bodySum: sum(inline),
	}
	s.mu.Lock()
	s.waitForRoom(int(h.size()))
	if !s.opened {
		s.mu.Unlock()
		s.discard(e)
		return queue.ErrClosed
	}
	e.arrived, e.size = nanos(m.Arrived), m.Size
	if e.file != 0 {
		s.files += e.size
		s.next.bodies = true
	}
	s.add(e, h, nanos(next), &lease, meta.Bytes(), inline)
	b := s.commit()
	if b.err != nil {
		s.takeBack(e, b.clean)
	}
	return b.err
}

// takeBack undoes put for a message that couldn't be written. clean means that
// nothing of it is on the disk.
func (s *Spool) takeBack(e *entry, clean bool) {
	s.mu.Lock()
	if e.file != 0 {
		s.files -= e.size
	}
	if !clean {
		// The record may be on the disk even so: a record in the next segment
		// cancels it. When that is durable, the file can be removed.
		never := gone(e)
		never.never = true
		s.unwritten = append(s.unwritten, never)
	}
	s.mu.Unlock()
	if clean {
		s.discard(e)
	}
}

// Save implements queue.Store.
func (s *Spool) Save(ctx context.Context, m *queue.Message, holder string) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	e, err := s.lock(m.ID, holder)
	if err != nil {
		s.mu.Unlock()
		return err
	}
	saved, at := *m, location{Lost: e.lost}
	saved.Size = e.size
	if !e.lost {
		at.Segment = e.body.segment.number
	}
	s.mu.Unlock()
	meta := s.buffer()
	defer s.buffers.Put(meta)
	err = encode(meta, &saved, at)
	next, _ := m.Next()
	h := header{kind: kindSave, metaLen: uint32(meta.Len()), metaSum: sum(meta.Bytes()), bodySum: sum(nil)}
	s.mu.Lock()
	s.waitForRoom(int(h.size()))
	if err == nil && !s.opened {
		err = queue.ErrClosed
	}
	if err != nil {
		s.unlock(e)
		s.mu.Unlock()
		return err
	}
	s.add(e, h, nanos(next), nil, meta.Bytes())
	return s.commit().err
}

// enter locks Spool.mu for a call that reads or writes the queue. It returns an error, and has locked
// nothing, if ctx has ended or the spool is closed.
func (s *Spool) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	if !s.opened {
		s.mu.Unlock()
		return queue.ErrClosed
	}
	return nil
}

// lock returns a message that holder holds, and marks it busy, so that only the
// caller writes a record about it. lock waits while another call has marked it.
// The caller holds Spool.mu.
func (s *Spool) lock(id, holder string) (*entry, error) {
	for {
		if !s.opened {
			return nil, queue.ErrClosed
		}
		e, err := s.held(id, holder)
		if err != nil {
			return nil, err
		}
		if !e.busy {
			e.busy = true
			return e, nil
		}
		s.changed.Wait()
	}
}

// unlock ends what lock began. The caller holds Spool.mu.
func (s *Spool) unlock(e *entry) {
	e.busy = false
	s.changed.Broadcast()
}

// Remove implements queue.Store. Its record is written at once, or right after the
// batch that is being written. It becomes durable with the next message, at the
// latest with the 1024th removal.
func (s *Spool) Remove(ctx context.Context, id, holder string) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	e, err := s.lock(id, holder)
	if err != nil {
		s.mu.Unlock()
		return err
	}
	s.drop(e)
	return nil
}

// drop removes a locked message from the queue. The caller holds Spool.mu; drop
// unlocks it.
func (s *Spool) drop(e *entry) {
	s.forget(e)
	s.place(e, place{}, place{})
	if e.file != 0 {
		s.files -= e.size
	}
	meta := goneMeta(e.id, false)
	s.add(e, header{kind: kindGone, metaLen: uint32(len(meta)), metaSum: sum(meta), bodySum: sum(nil)}, 0, nil, meta)
	s.changed.Broadcast()
	s.writeNext()
}

// goneMeta returns the JSON of the record that a message was removed. With never, Put
// failed for the message: its ID can be used again, because Put returned the error.
func goneMeta(id string, never bool) []byte {
	if never {
		return fmt.Appendf(nil, "{\"id\":%q,\"never\":true}\n", id)
	}
	return fmt.Appendf(nil, "{\"id\":%q}\n", id)
}

// place records where the records of a message are. The caller holds Spool.mu.
func (s *Spool) place(e *entry, body, state place) {
	s.used -= e.recordSize()
	for _, p := range []place{e.body, e.state} {
		if p.segment != nil {
			p.segment.live--
		}
	}
	e.body, e.state = body, state
	for _, p := range []place{e.body, e.state} {
		if p.segment != nil {
			p.segment.live++
		}
	}
	s.used += e.recordSize()
}

// All implements queue.Store.
func (s *Spool) All(ctx context.Context) iter.Seq2[*queue.Message, error] {
	return func(yield func(*queue.Message, error) bool) {
		if err := s.enter(ctx); err != nil {
			yield(nil, err)
			return
		}
		entries := make([]*entry, 0, len(s.entries))
		for _, e := range s.entries {
			if e.there() {
				entries = append(entries, e)
			}
		}
		s.mu.Unlock()
		slices.SortFunc(entries, compareArrival)
		for _, e := range entries {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			s.mu.Lock()
			if !e.there() {
				s.mu.Unlock()
				continue
			}
			v := newView(e)
			s.mu.Unlock()
			m, err := v.message()
			v.release()
			if err != nil {
				m, err = &queue.Message{Envelope: envelope.Envelope{ID: e.id, Size: e.size}}, v.damaged(err)
			}
			if !yield(m, err) {
				return
			}
		}
	}
}

// Usage implements queue.Store. Bytes is the size of all files, also of those that
// will be removed soon.
func (s *Spool) Usage(ctx context.Context) (queue.Usage, error) {
	if err := s.enter(ctx); err != nil {
		return queue.Usage{}, err
	}
	u := queue.Usage{Messages: len(s.entries), Bytes: s.journalSize + s.files}
	s.mu.Unlock()
	u.Free, u.Capacity = s.fs.Space()
	return u, nil
}

// Close implements queue.Store. It returns after the records that were being written
// are written.
func (s *Spool) Close() error {
	s.mu.Lock()
	if !s.opened {
		s.mu.Unlock()
		return nil
	}
	s.opened = false
	s.changed.Broadcast()
	for s.writing || s.compacting {
		s.changed.Wait()
	}
	s.writing = true // from now on, so that no call writes
	s.mu.Unlock()
	s.end()
	s.releaseAll()
	return s.unlockDir()
}

// releaseAll closes the segments.
func (s *Spool) releaseAll() {
	for _, seg := range s.segments {
		seg.release()
	}
}

// buffer returns an empty buffer.
func (s *Spool) buffer() *bytes.Buffer {
	b := s.buffers.Get().(*bytes.Buffer)
	b.Reset()
	return b
}

// fail returns err as queue.ErrFull if the disk is full.
func fail(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return &diskFull{err}
	}
	return err
}

// diskFull is an error in writing because the disk is full, or a quota used up.
type diskFull struct{ err error }

// Error names the file that could not be written.
func (e *diskFull) Error() string {
	if file := (*fs.PathError)(nil); errors.As(e.err, &file) {
		return "disk full while writing " + file.Path
	}
	return "disk full: " + e.err.Error()
}

// Unwrap returns queue.ErrFull and the error of the operating system.
func (e *diskFull) Unwrap() []error { return []error{queue.ErrFull, e.err} }
