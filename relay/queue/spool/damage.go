package spool

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// setAside copies a part of a segment to a file in damaged, unless the file exists
// already, and returns its name.
func (s *Spool) setAside(seg *segment, from, to int64) (string, error) {
	base, _ := strings.CutSuffix(path.Base(seg.name()), ".log")
	name := fmt.Sprintf("%s/%s-%d.part", damagedDir, base, from)
	return name, s.copyAside(name, io.NewSectionReader(seg.file, from, to-from))
}

// copyAside copies content to a file in damaged. The file gets its name when it is
// complete, because its source may be removed then.
func (s *Spool) copyAside(name string, content io.Reader) error {
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
	_, err = io.Copy(io.NewOffsetWriter(f, 0), content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, s.fs.Remove(part))
	}
	return errors.Join(s.fs.Rename(part, name), s.fs.SyncDir(damagedDir))
}

// setAsideMessage copies the content of a message whose content has changed. The
// message stays on the queue, because its sender must get a report.
func (s *Spool) setAsideMessage(v view, cause error) {
	name := fmt.Sprintf("%s/%s.eml", damagedDir, v.id)
	err := errors.New("no content is left")
	switch {
	case v.file != 0:
		var f file
		if f, err = s.fs.Open(v.fileName(), false); err == nil {
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
		s.log.Error("message is damaged", "id", v.id, "error", cause, "not copied", err)
		return
	}
	s.log.Error("message is damaged", "id", v.id, "error", cause, "copy", name)
}

// abandon removes a message from the queue if damage left nothing of it to read, not
// even its sender, and copies its records to damaged. It reports whether it did so: a
// message that only can't be read now stays, for the next holder.
func (s *Spool) abandon(v view, cause error) bool {
	if !isDamage(cause) {
		s.log.Error("message can't be read now", "id", v.id, "error", cause)
		return false
	}
	s.mu.Lock()
	for v.now.busy {
		s.changed.Wait()
	}
	if !s.opened || !v.now.there() {
		s.mu.Unlock()
		return true
	}
	v.now.busy = true
	v = newView(v.now)
	s.mu.Unlock()
	defer v.release()
	args := []any{"id", v.id, "error", cause}
	for _, p := range []place{v.body, v.state} {
		if p.segment == nil {
			continue
		}
		name, err := s.setAside(p.segment, p.offset, p.offset+p.header.size())
		if err != nil {
			s.log.Error("can't copy a damaged message", "id", v.id, "error", err)
			s.mu.Lock()
			s.unlock(v.now)
			s.mu.Unlock()
			return false
		}
		args = append(args, "copy", name)
	}
	s.log.Error("message is damaged beyond reading, removed from the queue", args...)
	s.mu.Lock()
	s.drop(v.now)
	return true
}
