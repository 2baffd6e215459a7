package spool

import (
	"bytes"
	"fmt"
	"io"
)

// reclaim removes segments that no message needs. Only the goroutine that writes may
// call it.
//
// It removes the oldest segment first, and each durably before the next: the record
// that a message was removed must outlast the record that put it on the queue. For the
// same reason a segment can be removed before such records are durable: the records
// that they cancel go with it.
func (s *Spool) reclaim() {
	for {
		seg := s.oldestUnused()
		if seg == nil {
			break
		}
		if seg == s.active {
			s.active = nil
			s.unsynced = s.unsynced[:0]
		}
		if err := s.removeSegment(seg); err != nil {
			s.log.Warn("can't remove a segment that is not needed any more", "segment", seg.name(), "error", err)
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.segments) == 0 && !s.unlinked && len(s.unwritten) > 0 {
		// No record is left that would have to be cancelled.
		s.removeFiles(s.unwritten)
		s.unwritten = nil
	}
	if !s.compacting && s.opened && s.worthCompacting() {
		s.compacting = true
		go s.compact(s.segments[0])
	}
}

// oldestUnused returns the oldest segment if no message needs it, else nil.
func (s *Spool) oldestUnused() *segment {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.segments) == 0 || s.segments[0].live > 0 {
		return nil
	}
	if seg := s.segments[0]; seg != s.active || seg.size >= idleSize || !s.opened {
		return seg
	}
	return nil
}

// removeSegment removes the oldest segment.
func (s *Spool) removeSegment(seg *segment) error {
	if err := s.syncNames(); err != nil {
		return err
	}
	if err := s.fs.Remove(seg.name()); err != nil {
		return err
	}
	s.unlinked = true
	s.mu.Lock()
	s.segments[0] = nil
	s.segments = s.segments[1:]
	s.journalSize -= seg.size
	s.mu.Unlock()
	seg.release()
	return s.syncNames()
}

// syncNames makes the removal of a segment durable, unless it is.
func (s *Spool) syncNames() error {
	if !s.unlinked {
		return nil
	}
	err := s.fs.SyncDir(journalDir)
	s.unlinked = err != nil
	return err
}

// worthCompacting reports whether so little of the journal is in use that the used part
// should be copied. A copy writes at most as much as it frees, so that each byte is written
// at most once more. Each segment adds something, so that a process that is started again and
// again doesn't collect open files. The caller holds Spool.mu.
func (s *Spool) worthCompacting() bool {
	files := int64(len(s.segments)) * (s.segmentSize / 32)
	return len(s.segments) > 1 && s.journalSize+files > 2*s.used+s.segmentSize
}

// compact copies the messages of the oldest segments to the newest.
func (s *Spool) compact(seg *segment) {
	for seg != nil {
		for copied := true; copied; {
			copied = s.rewrite(s.lockMessages(seg))
		}
		seg = s.compacted(seg)
	}
}

// compacted returns the segment to compact after seg, nil if no other is worth it.
func (s *Spool) compacted(seg *segment) *segment {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opened && s.worthCompacting() && s.segments[0] != seg {
		return s.segments[0]
	}
	s.compacting = false
	s.changed.Broadcast()
	return nil
}

// lockMessages locks some messages that have records in a segment.
func (s *Spool) lockMessages(seg *segment) (views []view) {
	s.mu.Lock()
	defer s.mu.Unlock()
	size := int64(0)
	for _, e := range s.entries {
		if !s.opened || size > maxBatch/4 {
			break
		}
		if e.there() && !e.busy && (e.body.segment == seg || e.state.segment == seg) {
			e.busy = true
			size += e.recordSize()
			views = append(views, newView(e))
		}
	}
	return views
}

// rewrite writes new records of locked messages. It reports whether there may be more
// to do.
func (s *Spool) rewrite(views []view) bool {
	type record struct {
		view view
		h    header
		meta []byte
		body []byte
	}
	var copies []record
	abandoned := false
	for _, v := range views {
		h, meta, body, err := s.copied(v)
		if err != nil {
			s.mu.Lock()
			s.unlock(v.now)
			s.mu.Unlock()
			abandoned = s.abandon(v, err) || abandoned
			v.release()
			continue
		}
		copies = append(copies, record{v, h, meta, body})
	}
	if len(copies) == 0 {
		return abandoned
	}
	size := 0
	for _, c := range copies {
		size += int(c.h.size())
	}
	s.mu.Lock()
	s.waitForRoom(size)
	for _, c := range copies {
		s.add(c.view.now, c.h, c.view.now.next, nil, c.meta, c.body)
	}
	b := s.commit()
	for _, c := range copies {
		c.view.release()
	}
	return b.err == nil
}

// copied returns a record with everything about a message. Content that has changed
// keeps its checksum, so that the copy is found to be damaged, too.
func (s *Spool) copied(v view) (h header, text, body []byte, err error) {
	m, err := v.message()
	if err != nil {
		return header{}, nil, nil, err
	}
	h = header{kind: kindSave, bodySum: sum(nil)}
	meta := location{Lost: true}
	if v.body.segment != nil {
		h.kind, h.bodyLen, h.bodySum = kindPut, v.body.header.bodyLen, v.body.header.bodySum
		meta.Lost = false
		if v.file != 0 {
			var original location
			if err := v.body.decode(&original); err != nil {
				return header{}, nil, nil, fmt.Errorf("its file is %s: %w", v.fileName(), err)
			}
			meta.File, meta.FileSum = original.File, original.FileSum
		}
		body = make([]byte, h.bodyLen)
		if _, err := v.body.segment.file.ReadAt(body, v.body.bodyOffset()); err != nil && err != io.EOF {
			return header{}, nil, nil, err
		}
	}
	var b bytes.Buffer
	if err := encode(&b, m, meta); err != nil {
		return header{}, nil, nil, err
	}
	h.metaLen, h.metaSum = uint32(b.Len()), sum(b.Bytes())
	return h, b.Bytes(), body, nil
}

// end ends the journal after the last write.
func (s *Spool) end() {
	s.reclaim()
	if s.active != nil {
		s.seal()
	}
}
