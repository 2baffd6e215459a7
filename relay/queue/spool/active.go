package spool

import (
	"errors"
	"io/fs"
)

// grow records that a segment has grown by n bytes.
func (s *Spool) grow(seg *segment, n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seg.size += n
	s.journalSize += n
}

// sync makes the active segment durable, and then removes the files of the messages
// whose removal is durable.
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

// removeFiles removes the files of messages whose removal is durable.
func (s *Spool) removeFiles(gone []removal) {
	for _, r := range gone {
		if r.file == "" {
			continue
		}
		if err := s.fs.Remove(r.file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.log.Warn("can't remove the file of a removed message", "file", r.file, "error", err)
		}
	}
}

// open ensures that there is an active segment with room for n bytes more.
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

// seal ends the active segment with the record of its end.
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

// abandonSegment ends the active segment after an error. Records that were written
// after the last sync may or may not be on the disk, and another sync would not tell,
// because an operating system may report such an error only once. So the segment is
// truncated to what is durable. clean means that this succeeded and is durable; it
// counts only after a failed write, because no sync has lost data then. Otherwise the
// records that follow in the next segment decide.
func (s *Spool) abandonSegment() (clean bool) {
	seg := s.active
	s.active = nil
	err := seg.file.Truncate(s.synced)
	s.mu.Lock()
	if err == nil {
		s.journalSize -= seg.size - s.synced
		seg.size = s.synced
	}
	s.unwritten = append(s.unwritten, s.unsynced...)
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

// removeNewest removes an empty segment, so that such segments don't pile up while the
// disk is full.
func (s *Spool) removeNewest(seg *segment) {
	if err := s.fs.Remove(seg.name()); err != nil {
		s.log.Warn("can't remove an empty segment", "segment", seg.name(), "error", err)
		return
	}
	s.unlinked = true
	s.mu.Lock()
	s.segments = s.segments[:len(s.segments)-1]
	s.mu.Unlock()
	seg.release()
}
