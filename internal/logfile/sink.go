package logfile

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/source"
)

// sink writes batches to files or to another writer.
type sink struct {
	format *Format
	by     *Settings // of what is open
	begun  bool      // Out has the header
	torn   string    // what ends the part of a line at the end of Out; "": Out ends with a line

	root  *os.Root // the directory; nil: not open
	out   *os.File // the present file; nil: no file is open
	file  file     // which it is
	empty bool     // it has no lines after its header

	total  int64     // bytes of all files, as far as is known
	pruned time.Time // when files were last removed by age; zero: they must be looked at
}

// write writes a batch, and returns how many of its lines are written whole.
func (s *sink) write(b *batch) (lines int64, err error) {
	if b.lines == 0 {
		return 0, nil
	}
	if s.by != b.settings {
		if err := s.follow(b.settings); err != nil {
			return 0, err
		}
	}
	if b.settings.Out != nil {
		return s.writeOut(b.text)
	}
	for text, full := b.text, false; len(text) > 0; {
		if err := s.openFor(b.hour, full); err != nil {
			return lines, source.FileError(b.settings.Dir, err)
		}
		part := s.fitting(text)
		if full = len(part) == 0; full {
			continue
		}
		n, err := s.append(part)
		s.empty = s.empty && n == 0
		lines += n
		if err != nil {
			return lines, source.FileError(filepath.Join(b.settings.Dir, s.file.name), err)
		}
		text = text[len(part):]
	}
	return lines, nil
}

// follow closes what is open by other settings.
func (s *sink) follow(settings *Settings) error {
	same := s.by != nil && s.by.Dir == settings.Dir
	s.begun = s.begun && s.by != nil && s.by.Out == settings.Out
	s.by, s.pruned = settings, time.Time{}
	if same {
		return nil
	}
	return s.close()
}

// writeOut writes text to Out.
func (s *sink) writeOut(text []byte) (lines int64, err error) {
	before := s.torn
	if !s.begun {
		before += s.format.header(time.Now())
	}
	whole := append([]byte(before), text...)
	n, err := s.by.Out.Write(whole)
	if err == nil && n < len(whole) {
		err = io.ErrShortWrite
	}
	if err == nil {
		s.begun, s.torn = true, ""
		return int64(bytes.Count(text, newline)), nil
	}
	s.begun = s.begun || n >= len(before)
	switch written := whole[:n]; {
	case bytes.HasSuffix(written, newline):
		s.torn = ""
	case bytes.HasSuffix(written, []byte("\r")):
		s.torn = "\n"
	case n > 0:
		s.torn = "\r\n"
	}
	return int64(bytes.Count(text[:max(n-len(before), 0)], newline)), err
}

var newline = []byte("\n")

// openFor makes the present file one for lines of the hour; full says that the next line
// doesn't fit into the last one.
func (s *sink) openFor(hour time.Time, full bool) error {
	if s.out != nil && s.file.hour.Equal(hour) && !full && s.there() {
		return nil
	}
	if err := s.closeFile(); err != nil {
		return err
	}
	if err := s.openDir(); err != nil {
		return err
	}
	files, err := list(s.root, s.format.Prefix)
	if err != nil {
		return err
	}
	next := file{hour: hour, n: 1}
	for _, f := range files {
		if f.hour.Equal(hour) {
			next = f
		}
	}
	if next.name != "" && (full || !s.continues(&next)) {
		next = file{hour: hour, n: next.n + 1}
	}
	s.pruned = time.Time{} // there is one file more
	return s.open(next)
}

// openDir opens the directory, and makes it if it is absent.
func (s *sink) openDir() error {
	if s.root != nil {
		now, err := os.Stat(s.by.Dir)
		old, errOld := s.root.Stat(".")
		if err == nil && errOld == nil && os.SameFile(now, old) {
			return nil
		}
		s.root.Close()
		s.root = nil
	}
	if err := os.MkdirAll(s.by.Dir, 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(s.by.Dir)
	s.root = root
	return err
}

// continues reports whether lines can be added to f, which exists: it has the same fields and
// ends with a line.
func (s *sink) continues(f *file) bool {
	r, err := s.root.Open(f.name)
	if err != nil {
		return false
	}
	defer r.Close()
	head := make([]byte, len(s.format.header(time.Now())))
	if _, err := io.ReadFull(r, head); err != nil || !strings.HasSuffix(string(head), s.format.fields()) {
		return false
	}
	last := make([]byte, 1)
	_, err = r.ReadAt(last, f.size-1)
	return err == nil && last[0] == '\n'
}

// open opens a file, and writes the header if it is a new one.
func (s *sink) open(f file) error {
	flags, header := os.O_WRONLY|os.O_APPEND, ""
	if f.name == "" {
		f.name = fileName(s.format.Prefix, f.hour, f.n)
		flags, header = flags|os.O_CREATE|os.O_EXCL, s.format.header(time.Now())
	}
	out, err := s.root.OpenFile(f.name, flags, 0o600)
	if err != nil {
		return err
	}
	s.out, s.file, s.empty = out, f, header != ""
	if _, err := s.append([]byte(header)); err != nil {
		s.root.Remove(f.name)
		return errors.Join(err, s.closeFile())
	}
	return nil
}

// there reports whether the present file is still in the directory.
func (s *sink) there() bool {
	now, err := os.Lstat(filepath.Join(s.by.Dir, s.file.name)) // the directory may be another one
	if err != nil {
		return false
	}
	own, err := s.out.Stat()
	return err == nil && os.SameFile(now, own)
}

// fitting returns the lines at the begin of text that the present file has room for. A file
// without lines has room for one.
func (s *sink) fitting(text []byte) []byte {
	room := s.by.MaxFileSize - s.file.size
	if s.by.MaxFileSize <= 0 || int64(len(text)) <= room {
		return text
	}
	whole := bytes.LastIndexByte(text[:max(room, 0)], '\n') + 1
	if whole == 0 && s.empty {
		whole = bytes.IndexByte(text, '\n') + 1
	}
	return text[:whole]
}

// append writes text, which is whole lines, to the present file, and returns how many of its
// lines the file has. It has no part of a line afterwards.
func (s *sink) append(text []byte) (lines int64, err error) {
	n, err := s.out.Write(text)
	whole := bytes.LastIndexByte(text[:n], '\n') + 1
	if err != nil && whole < n {
		err = errors.Join(err, s.out.Truncate(s.file.size+int64(whole)))
	}
	s.file.size += int64(whole)
	s.total += int64(whole)
	return int64(bytes.Count(text[:whole], newline)), err
}

// closeFile closes the present file.
func (s *sink) closeFile() error {
	if s.out == nil {
		return nil
	}
	err := s.out.Close()
	s.out = nil
	return err
}

// close closes what is open.
func (s *sink) close() error {
	err := s.closeFile()
	if s.root != nil {
		err = errors.Join(err, s.root.Close())
		s.root = nil
	}
	return err
}
