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

// sizes are those of the buffers that bodies are read into. What doesn't fit
// the largest goes to a file.
var sizes = [...]int{4 << 10, 32 << 10, 256 << 10}

// bodies is the memory for messages: buffers that are used again, within a
// budget.
type bodies struct {
	dir    string
	budget int64
	used   atomic.Int64
	pools  [len(sizes)]sync.Pool // of *body
}

// body is the octets of one message, in memory or in a file without a name. It
// is given back when nobody holds it any more.
type body struct {
	from  *bodies
	class int // of buf
	buf   []byte
	n     int // octets in buf
	file  *os.File
	size  int64
	holds atomic.Int32
}

// errSpill is the failure of the file that a message goes to.
var errSpill = errors.New("dispatch: can't write the message to a file")

// get returns a buffer of a class; nil if the budget doesn't allow it.
func (s *bodies) get(class int) *body {
	if n := int64(sizes[class]); s.used.Add(n) > s.budget {
		s.used.Add(-n)
		return nil
	}
	b, ok := s.pools[class].Get().(*body)
	if !ok {
		b = &body{from: s, class: class, buf: make([]byte, sizes[class])}
	}
	b.holds.Store(1)
	return b
}

// crowded reports whether memory is wanted for messages that come in.
func (s *bodies) crowded() bool { return s.used.Load() > s.budget/2 }

// read reads a message to its end. With stream, what doesn't fit memory stays
// unread and is returned as rest.
func (s *bodies) read(r io.Reader, stream bool) (b *body, rest io.Reader, err error) {
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

// larger moves a full b to a larger buffer, and returns nil if there is none.
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
	// Without a name, no crash leaves it behind. Where a file in use can't be
	// removed, release does it.
	_ = os.Remove(f.Name())
	out := &body{from: s, file: f}
	out.holds.Store(1)
	w := &spillWriter{f: f}
	out.size, err = io.Copy(w, r)
	if err != nil {
		out.release()
		return nil, err
	}
	return out, nil
}

// prefixed reads head and then r. Unlike an io.MultiReader it leaves to r's
// own Read how it ends.
type prefixed struct {
	head []byte
	r    io.Reader
}

// Read implements io.Reader.
func (p *prefixed) Read(b []byte) (int, error) {
	if len(p.head) > 0 {
		n := copy(b, p.head)
		p.head = p.head[n:]
		return n, nil
	}
	return p.r.Read(b)
}

// spillWriter tells failures of the file from those of the message.
type spillWriter struct{ f *os.File }

// Write implements io.Writer.
func (w *spillWriter) Write(p []byte) (int, error) {
	n, err := w.f.Write(p)
	if err != nil {
		err = fmt.Errorf("%w: %w", errSpill, err)
	}
	return n, err
}

// hold keeps b for one more who releases it.
func (b *body) hold() *body {
	b.holds.Add(1)
	return b
}

// release gives b up; the last one to do so gives it back.
func (b *body) release() {
	if b == nil || b.holds.Add(-1) > 0 {
		return
	}
	if b.file != nil {
		_ = b.file.Close() // nothing in it is wanted any more
		_ = os.Remove(b.file.Name())
		return
	}
	b.from.used.Add(-int64(len(b.buf)))
	b.n, b.size = 0, 0
	b.from.pools[b.class].Put(b)
}

// reader returns a reader of b, which is mem if that will do.
func (b *body) reader(mem *bytes.Reader) io.Reader {
	if b.file != nil {
		return io.NewSectionReader(b.file, 0, b.size)
	}
	mem.Reset(b.buf[:b.n])
	return mem
}
