package content

import (
	"bytes"
	"errors"
	"io"
	"sync"
)

// ErrClosed is the error of a Reader that was closed.
var ErrClosed = errors.New("read after the end of the message")

// Reader reads a Buffer, for code that may keep it too long: once it is closed, it reads nothing, even
// if another goroutine still holds it. A Pool that is to read it shares the Buffer.
type Reader struct {
	mu     sync.Mutex
	b      *Buffer // nil: closed
	mem    bytes.Reader
	r      io.ReadSeeker
	at, to int64 // the position, and the size
}

// NewReader returns a Reader with a reference of its own to b; if b is nil, one that is closed.
func NewReader(b *Buffer) *Reader {
	if b == nil {
		return new(Reader)
	}
	r := &Reader{b: b.Retain(), to: b.size}
	r.r = b.Reader(&r.mem)
	return r
}

// Read implements io.Reader.
func (r *Reader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.b == nil {
		return 0, ErrClosed
	}
	n, err := r.r.Read(p)
	r.at += int64(n)
	return n, err
}

// Seek implements io.Seeker.
func (r *Reader) Seek(offset int64, whence int) (at int64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.b == nil {
		return 0, ErrClosed
	}
	if at, err = r.r.Seek(offset, whence); err == nil {
		r.at = at
	}
	return at, err
}

// Whole reports whether the message was read to its end.
func (r *Reader) Whole() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at >= r.to
}

// take returns the Buffer, with one more reference, and counts as reading to the end; nil if something
// was read already, or r is closed.
func (r *Reader) take() *Buffer {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.b == nil || r.at > 0 {
		return nil
	}
	r.at = r.to
	return r.b.Retain()
}

// Close ends reading.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.b.Release()
	r.b = nil
	return nil
}
