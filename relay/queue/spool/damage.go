package spool

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// setAside copies bytes of a segment to a file in damaged, unless that is there
// already, and returns its name.
func (s *Spool) setAside(seg *segment, from, to int64) (string, error) {
	base, _ := strings.CutSuffix(path.Base(seg.name()), ".log")
	name := fmt.Sprintf("%s/%s-%d.part", damagedDir, base, from)
	return name, s.copyAside(name, io.NewSectionReader(seg.file, from, to-from))
}

// copyAside makes a file in damaged. It gets its name when it is whole: what it
// is a copy of may be cut off then.
func (s *Spool) copyAside(name string, octets io.Reader) error {
	s.aside.Lock()
	defer s.aside.Unlock()
	if f, err := s.fs.Open(name, false); err == nil { // an earlier run has done it
		return errors.Join(f.Close(), s.fs.SyncDir(damagedDir))
	}
	part := name + ".tmp"
	if err := s.fs.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := s.fs.Create(part)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.NewOffsetWriter(f, 0), octets)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, s.fs.Remove(part))
	}
	return errors.Join(s.fs.Rename(part, name), s.fs.SyncDir(damagedDir))
}

// setAsideMessage copies what there is of a message whose bytes have changed.
// The message stays, for its sender must be told.
func (s *Spool) setAsideMessage(v view, cause error) {
	name := fmt.Sprintf("%s/%s.eml", damagedDir, v.id)
	err := errors.New("nothing is left of it")
	switch {
	case v.file != 0:
		var f file
		if f, err = s.fs.Open(v.fileName, false); err == nil {
			var size int64
			if size, err = f.Size(); err == nil {
				err = s.copyAside(name, io.NewSectionReader(f, 0, size))
			}
			_ = f.Close() // it was only read
		}
	case v.body.segment != nil:
		err = s.copyAside(name, io.NewSectionReader(v.body.segment.file, v.body.bodyOffset(), int64(v.body.header.bodyLen)))
	}
	if err != nil {
		s.log.Error("spool: a message is damaged", "id", v.id, "error", cause, "not set aside", err)
		return
	}
	s.log.Error("spool: a message is damaged", "id", v.id, "error", cause, "set aside", name)
}

// abandon takes a message off the queue of which nothing is left to read, not
// even whose it was. Its records are set aside. It returns whether it did so: a
// message that only can't be read now stays, for whoever claims it next.
func (s *Spool) abandon(v view, cause error) bool {
	if !isDamage(cause) {
		s.log.Error("spool: a message can't be read now", "id", v.id, "error", cause)
		return false
	}
	s.mu.Lock()
	for v.entry.busy {
		s.changed.Wait()
	}
	if s.closed || !v.entry.there() {
		s.mu.Unlock()
		return true
	}
	v.entry.busy = true
	v = s.view(v.entry)
	s.mu.Unlock()
	defer v.release()
	args := []any{"id", v.id, "error", cause}
	for _, p := range []place{v.body, v.state} {
		if p.segment == nil {
			continue
		}
		name, err := s.setAside(p.segment, p.offset, p.offset+p.header.size())
		if err != nil {
			s.log.Error("spool: can't set a damaged message aside", "id", v.id, "error", err)
			s.mu.Lock()
			s.unlock(v.entry)
			s.mu.Unlock()
			return false
		}
		args = append(args, "set aside", name)
	}
	s.log.Error("spool: a message can't be read any more", args...)
	s.mu.Lock()
	s.drop(v.entry)
	return true
}
