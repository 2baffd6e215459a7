package policyfiles

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/internal/readlimit"
)

// maxFile is the largest size in bytes of a file that is read.
const maxFile = 64 << 20

// young is the time after a change of a file in which another change may leave its time as it is.
const young = 2 * time.Second

// seen are the files that a version was read from, as they were then. It is safe for concurrent use.
type seen struct {
	overlay  map[string][]byte // texts that are taken in place of those of files
	optional string            // the file that is empty if it doesn't exist

	mu     sync.Mutex // guards what follows
	files  []*seenFile
	closed bool // the version was read; other files aren't its
}

// seenFile is one file and its content.
type seenFile struct {
	name     string
	optional bool
	text     []byte
	err      error       // why it can't be read; nil: it can
	info     fs.FileInfo // from before the reading; nil: unknown
	at       time.Time   // of the reading
}

// read is os.ReadFile for a reading. A file that is read twice has the content of the first time.
func (s *seen) read(name string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.files {
		if f.name == name {
			return f.text, f.err
		}
	}
	f := &seenFile{name: name, optional: name == s.optional}
	if text, ok := s.overlay[name]; ok {
		f.text = text
	} else {
		f.read()
	}
	if !s.closed {
		s.files = append(s.files, f)
	}
	return f.text, f.err
}

// imported takes in a file that a script has read.
func (s *seen) imported(name string, data []byte, err error) {
	f := &seenFile{name: name, text: data, at: time.Now()}
	if f.info, _ = os.Stat(name); err != nil {
		f.read()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.ContainsFunc(s.files, func(other *seenFile) bool { return other.name == name }) {
		s.files = append(s.files, f)
	}
}

// close ends the reading. Passwords that a trial reads from other files aren't part of the version.
func (s *seen) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

func (f *seenFile) read() {
	f.at = time.Now()
	if f.info, f.err = os.Stat(f.name); f.err == nil && !f.info.Mode().IsRegular() {
		f.err = errors.New("it is not a file")
		return // a pipe might never end
	}
	f.text, f.err = readlimit.File(f.name, maxFile)
	if f.optional && errors.Is(f.err, fs.ErrNotExist) {
		f.err = nil
	}
}

// same reports whether the file is as it was.
func (f *seenFile) same() bool {
	info, err := os.Stat(f.name)
	if err == nil && f.err == nil && f.info != nil && f.info.Size() == info.Size() && f.info.ModTime().Equal(info.ModTime()) &&
		os.SameFile(f.info, info) && f.at.Sub(info.ModTime()) > young {
		return true
	}
	now := seenFile{name: f.name, optional: f.optional}
	now.read()
	if !bytes.Equal(now.text, f.text) || reason(now.err) != reason(f.err) {
		return false
	}
	*f = now
	return true
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// unchanged reports whether all files are as they were.
func (s *seen) unchanged() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !slices.ContainsFunc(s.files, func(f *seenFile) bool { return !f.same() })
}

// replace takes the newer times of another reading of the same contents.
func (s *seen) replace(newer *seen) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files = newer.files
}

// contains reports whether the content of one of the files has a text, which is given in lower case.
func (s *seen) contains(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.files, func(f *seenFile) bool { return bytes.Contains(bytes.ToLower(f.text), []byte(text)) })
}

// text returns the content of a file; nil: it wasn't read.
func (s *seen) text(name string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.files {
		if f.name == name {
			return f.text
		}
	}
	return nil
}

// size returns the bytes of all files.
func (s *seen) size() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.files {
		n += len(f.text)
	}
	return n
}

// id returns a name for the names and contents of all files. It depends on a secret key, because the
// files may have passwords: without the key, guesses at a password can't be compared with it.
func (s *seen) id(key []byte) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := hmac.New(sha256.New, key)
	for _, f := range s.files {
		for _, part := range [][]byte{[]byte(f.name), f.text, []byte(reason(f.err))} {
			_ = binary.Write(h, binary.BigEndian, uint64(len(part)))
			_, _ = h.Write(part)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
