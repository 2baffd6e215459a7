package dispatch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
)

// sizes are the sizes of the buffers into which bodies are read. A body that doesn't fit the largest
// goes to a file.
var sizes = [...]int{4 << 10, 32 << 10, 256 << 10}

// bodies is the memory for the bodies of messages: buffers within a budget, which are used again.
type bodies struct {
	dir    string
	budget int64
	used   atomic.Int64
	pools  [len(sizes)]sync.Pool // of *body
}

// body is the body of one message, in memory or in a file without a name. It is given back when all
// references to it are released.
type body struct {
	from  *bodies
	class int // of buf
	buf   []byte
	n     int // bytes in buf
	file  *os.File
	size  int64
	refs  atomic.Int32
}

// errSpill means that the file failed to which a message goes.
var errSpill = errors.New("dispatch: can't write the message to a file")

// get returns a buffer of a class; nil if it doesn't fit the budget.
func (s *bodies) get(class int) *body {
	if n := int64(sizes[class]); s.used.Add(n) > s.budget {
		s.used.Add(-n)
		return nil
	}
	b, ok := s.pools[class].Get().(*body)
	if !ok {
		b = &body{from: s, class: class, buf: make([]byte, sizes[class])}
	}
	b.refs.Store(1)
	return b
}

// crowded reports whether memory is short for messages that arrive.
func (s *bodies) crowded() bool { return s.used.Load() > s.budget/2 }

// read reads a message to its end. With stream, the part that doesn't fit into memory stays in r, which
// is returned as unread.
func (s *bodies) read(r io.Reader, stream bool) (b *body, unread io.Reader, err error) {
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
			b.release()
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
func (s *bodies) larger(b *body) *body {
	if b.class == len(sizes)-1 {
		return nil
	}
	l := s.get(b.class + 1)
	if l != nil {
		l.n = copy(l.buf, b.buf[:b.n])
		b.release()
	}
	return l
}

// spill writes what is in b and the rest of r to a file.
func (s *bodies) spill(b *body, r io.Reader) (*body, error) {
	if b != nil {
		defer b.release()
		r = &prefixed{head: b.buf[:b.n], r: r}
	}
	f, err := os.CreateTemp(s.dir, "message-*.tmp")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSpill, err)
	}
	// A file without a name doesn't outlive a crash. Where a file in use can't be removed, release
	// removes it.
	_ = os.Remove(f.Name())
	out := &body{from: s, file: f}
	out.refs.Store(1)
	w := &spillWriter{f: f}
	out.size, err = io.Copy(w, r)
	if err != nil {
		out.release()
		return nil, err
	}
	return out, nil
}

// prefixed reads head and then r. Unlike an io.MultiReader it returns the error of r's own Read at the
// end.
type prefixed struct {
	head []byte
	r    io.Reader
}

func (p *prefixed) Read(b []byte) (int, error) {
	if len(p.head) > 0 {
		n := copy(b, p.head)
		p.head = p.head[n:]
		return n, nil
	}
	return p.r.Read(b)
}

// spillWriter marks failures of the file, unlike those of the message, with errSpill.
type spillWriter struct{ f *os.File }

func (w *spillWriter) Write(p []byte) (int, error) {
	n, err := w.f.Write(p)
	if err != nil {
		err = fmt.Errorf("%w: %w", errSpill, err)
	}
	return n, err
}

// retain adds a reference to b, which may be nil, and returns b.
func (b *body) retain() *body {
	if b != nil {
		b.refs.Add(1)
	}
	return b
}

// Close implements io.Closer like release.
func (b *body) Close() error {
	b.release()
	return nil
}

// release gives up a reference to b, which may be nil. The last one gives b back.
func (b *body) release() {
	if b == nil || b.refs.Add(-1) > 0 {
		return
	}
	if b.file != nil {
		_ = b.file.Close() // its content is no longer needed
		_ = os.Remove(b.file.Name())
		return
	}
	b.from.used.Add(-int64(len(b.buf)))
	b.n, b.size = 0, 0
	b.from.pools[b.class].Put(b)
}

// reader returns a reader of b: mem, unless b is in a file.
func (b *body) reader(mem *bytes.Reader) io.Reader {
	if b.file != nil {
		return io.NewSectionReader(b.file, 0, b.size)
	}
	mem.Reset(b.buf[:b.n])
	return mem
}
