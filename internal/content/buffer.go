package content

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
)

// defaultMemory is the memory of a Pool that doesn't say how much, in bytes.
const defaultMemory = 16 << 20

// sizes are the sizes of the buffers into which bodies are read. A body that doesn't fit the largest
// goes to a file.
var sizes = [...]int{4 << 10, 32 << 10, 256 << 10}

// Pool is the memory for messages: buffers within a budget, which are used again. The zero Pool is
// ready to use. Its fields must not change once it is used.
type Pool struct {
	Dir    string // for messages that are too large for memory; "": os.TempDir
	Memory int64  // of all messages together, in bytes; 0: 16 MiB

	used  atomic.Int64
	pools [len(sizes)]sync.Pool // of *Buffer
}

// Buffer is one message, or the beginning of one, in memory or in a file without a name. It is given
// back when all references to it are released.
type Buffer struct {
	from  *Pool
	class int // of buf
	buf   []byte
	n     int // bytes in buf
	file  *os.File
	size  int64
	refs  atomic.Int32

	other io.ReaderAt // holds the message in place of buf and file; nil: they do

	head []byte // in front of the rest of another Buffer; nil: this one stands alone
	rest *Buffer
	skip int64 // how many bytes at the start of rest aren't part of this Buffer
}

// ErrSpill means that the file failed to which a message goes.
var ErrSpill = errors.New("can't write the message to a file")

// Around returns a Buffer that is a message which is held elsewhere.
func Around(r io.ReaderAt, size int64) *Buffer {
	b := &Buffer{other: r, size: size}
	b.refs.Store(1)
	return b
}

// Size returns the length of the message in bytes.
func (b *Buffer) Size() int64 { return b.size }

// InFile reports whether the message takes room on disk.
func (b *Buffer) InFile() bool { return b.file != nil || b.rest != nil && b.rest.InFile() }

// Bytes returns the bytes in memory.
func (b *Buffer) Bytes() []byte { return b.buf[:b.n] }

// get returns a buffer of a class; nil if it doesn't fit the budget.
func (s *Pool) get(class int) *Buffer {
	if n := int64(sizes[class]); s.used.Add(n) > s.memory() {
		s.used.Add(-n)
		return nil
	}
	b, ok := s.pools[class].Get().(*Buffer)
	if !ok {
		b = &Buffer{from: s, class: class, buf: make([]byte, sizes[class])}
	}
	b.refs.Store(1)
	return b
}

func (s *Pool) memory() int64 { return cmp.Or(s.Memory, defaultMemory) }

// Crowded reports whether memory is short for messages that arrive.
func (s *Pool) Crowded() bool { return s.used.Load() > s.memory()/2 }

// Read reads a message to its end. With stream, the part that doesn't fit into memory stays in r, which
// is returned as unread. A [Reader] isn't read: its Buffer is shared.
func (s *Pool) Read(r io.Reader, stream bool) (b *Buffer, unread io.Reader, err error) {
	if shared, ok := r.(*Reader); ok {
		if b = shared.take(); b != nil {
			return b, nil, nil
		}
	}
	if b = s.get(0); b == nil {
		if stream {
			return nil, r, nil
		}
		b, err = s.spill(nil, r)
		return b, nil, err
	}
	for {
		n, err := r.Read(b.buf[b.n:])
		b.n += n
		switch {
		case err == io.EOF:
			b.size = int64(b.n)
			return b, nil, nil
		case err != nil:
			b.Release()
			return nil, nil, err
		case b.n < len(b.buf):
			continue
		}
		larger := s.larger(b)
		switch {
		case larger != nil:
			b = larger
		case stream:
			return b, r, nil
		default:
			b, err = s.spill(b, r)
			return b, nil, err
		}
	}
}

// larger moves a full b to a larger buffer. It returns nil if it can't get one.
func (s *Pool) larger(b *Buffer) *Buffer {
	if b.class == len(sizes)-1 {
		return nil
	}
	l := s.get(b.class + 1)
	if l != nil {
		l.n = copy(l.buf, b.buf[:b.n])
		b.Release()
	}
	return l
}

// spill writes what is in b and the rest of r to a file.
func (s *Pool) spill(b *Buffer, r io.Reader) (*Buffer, error) {
	if b != nil {
		defer b.Release()
		r = &Prefixed{b.buf[:b.n], r}
	}
	f, err := os.CreateTemp(s.Dir, "message-*.tmp")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSpill, err)
	}
	// A file without a name doesn't outlive a crash. Where a file in use can't be removed, Release
	// removes it.
	_ = os.Remove(f.Name())
	out := &Buffer{from: s, file: f}
	out.refs.Store(1)
	w := &spillWriter{f: f}
	out.size, err = io.Copy(w, r)
	if err != nil {
		out.Release()
		return nil, err
	}
	return out, nil
}

// Prefixed reads Head and then Rest. Unlike an io.MultiReader it returns the error of Rest's own Read at
// the end.
type Prefixed struct {
	Head []byte
	Rest io.Reader
}

// Read implements io.Reader.
func (p *Prefixed) Read(b []byte) (int, error) {
	if len(p.Head) > 0 {
		n := copy(b, p.Head)
		p.Head = p.Head[n:]
		return n, nil
	}
	return p.Rest.Read(b)
}

// spillWriter marks failures of the file, unlike those of the message, with ErrSpill.
type spillWriter struct{ f *os.File }

func (w *spillWriter) Write(p []byte) (int, error) {
	n, err := w.f.Write(p)
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrSpill, err)
	}
	return n, err
}

// With returns a Buffer that is head and then b without its first skip bytes, which it shares. It must
// be released, as b must.
func (b *Buffer) With(head []byte, skip int64) *Buffer {
	w := &Buffer{head: head, rest: b.Retain(), skip: skip, size: int64(len(head)) + b.size - skip}
	w.refs.Store(1)
	return w
}

// Retain adds a reference to b, which may be nil, and returns b.
func (b *Buffer) Retain() *Buffer {
	if b != nil {
		b.refs.Add(1)
	}
	return b
}

// Close implements io.Closer like Release.
func (b *Buffer) Close() error {
	b.Release()
	return nil
}

// Release gives up a reference to b, which may be nil. The last one gives b back.
func (b *Buffer) Release() {
	if b == nil || b.refs.Add(-1) > 0 {
		return
	}
	switch {
	case b.other != nil:
	case b.rest != nil:
		b.rest.Release()
	case b.file != nil:
		_ = b.file.Close() // its content is no longer needed
		_ = os.Remove(b.file.Name())
	default:
		b.from.used.Add(-int64(len(b.buf)))
		b.n, b.size = 0, 0
		b.from.pools[b.class].Put(b)
	}
}

// Reader returns a reader of b: mem, if b is in memory.
func (b *Buffer) Reader(mem *bytes.Reader) io.ReadSeeker {
	if b.file != nil || b.rest != nil || b.other != nil {
		return io.NewSectionReader(b, 0, b.size)
	}
	mem.Reset(b.buf[:b.n])
	return mem
}

// ReadAt implements io.ReaderAt.
func (b *Buffer) ReadAt(p []byte, at int64) (int, error) {
	switch {
	case b.other != nil:
		return b.other.ReadAt(p, at)
	case b.file != nil:
		return b.file.ReadAt(p, at)
	case b.rest == nil:
		return bytes.NewReader(b.buf[:b.n]).ReadAt(p, at)
	}
	n := 0
	if at < int64(len(b.head)) {
		n = copy(p, b.head[at:])
		at += int64(n)
	}
	if n == len(p) {
		return n, nil
	}
	k, err := b.rest.ReadAt(p[n:], at-int64(len(b.head))+b.skip)
	return n + k, err
}
