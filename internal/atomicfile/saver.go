package atomicfile

import (
	"bytes"
	"sync"
	"time"
)

// Saver keeps a file up to date with something that changes: it writes the file a while after a change,
// with what has changed until then, and at Close. Its fields must not change after the first call. The
// methods are safe for concurrent use. A Saver without a Path does nothing.
type Saver struct {
	Path  string
	After time.Duration

	// Text returns the content that the file should have now. It may take locks that callers of Changed hold.
	Text func() ([]byte, error)

	// Failed is called with the error if the file couldn't be written a while after a change. The next
	// change or Close tries again.
	Failed func(error)

	mu      sync.Mutex // guards what follows
	changed bool       // since Text was called last
	closed  bool
	timer   *time.Timer // nil: no write is planned

	writing sync.Mutex // held while the file is written
}

// Changed says that the file must be written. It doesn't wait for that.
func (s *Saver) Changed() {
	if s.Path == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed = true
	if s.timer == nil && !s.closed {
		s.timer = time.AfterFunc(s.After, s.saveLater)
	}
}

// Close writes the file if something has changed since it was written last. Later changes are written
// only by another Close.
func (s *Saver) Close() error {
	s.mu.Lock()
	s.closed = true
	if s.timer != nil {
		s.timer.Stop()
	}
	s.mu.Unlock()
	return s.save()
}

// saveLater writes the file a while after a change.
func (s *Saver) saveLater() {
	if err := s.save(); err != nil {
		s.Failed(err)
	}
}

// save writes the file if something has changed.
func (s *Saver) save() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	changed := s.changed
	s.changed, s.timer = false, nil
	s.mu.Unlock()
	if !changed {
		return nil
	}
	text, err := s.Text()
	if err == nil {
		err = Write(s.Path, bytes.NewBuffer(text), "")
	}
	if err != nil {
		s.mu.Lock()
		s.changed = true
		s.mu.Unlock()
	}
	return err
}
