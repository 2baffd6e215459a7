package spool

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"sync"

	"github.com/interchange-smtp/interchange/relay/queue"
)

const (
	// copySize is how many bytes are copied, or summed up, at a time.
	copySize = 64 << 10
	// partSize is how many bytes of a body are read at a time; its client may be slow.
	partSize = 16 << 10
	// smallBody is up to how many bytes a body needs no reserved memory.
	smallBody = 4 << 10
	// maxMemory is how many bytes are reserved for larger bodies until they are
	// durable. Beyond it they get files.
	maxMemory = 32 << 20
)

// received describes a body that receive has read.
type received struct {
	size    int64
	fileSum uint32 // its checksum, if it went to a file
}

// receive reads a body into buffer, or copies it to a file if it is large or memory is
// short; buffer is empty then. The caller subtracts reserved from Spool.memory when it
// doesn't need the buffer any more.
func (s *Spool) receive(e *entry, buffer *bytes.Buffer, body io.Reader) (r received, reserved int64, err error) {
	for limit := min(int64(smallBody), int64(s.largeBody)); ; limit = min(8*limit, int64(s.largeBody)) {
		if limit > smallBody {
			more := limit - reserved
			if s.memory.Add(more) > maxMemory {
				s.memory.Add(-more)
				break
			}
			reserved = limit
		}
		buffer.Grow(int(limit) + 1 + bytes.MinRead - buffer.Len())
		_, err = buffer.ReadFrom(io.LimitReader(body, limit+1-int64(buffer.Len())))
		if n := int64(buffer.Len()); err != nil || n <= limit {
			return received{size: n}, reserved, err
		}
		if limit == int64(s.largeBody) {
			break
		}
	}
	r, err = s.receiveFile(e, buffer, body)
	if err != nil && e.file != 0 {
		s.discard(e)
	}
	return r, reserved, err
}

// receiveFile writes the content of buffer and the rest of body to a file and makes it
// durable. The name of the file becomes durable with the record that refers to it.
func (s *Spool) receiveFile(e *entry, buffer *bytes.Buffer, body io.Reader) (received, error) {
	var random [8]byte
	_, _ = rand.Read(random[:])                          // never fails (package crypto/rand)
	number := max(1, binary.BigEndian.Uint64(random[:])) // 0 means no file
	f, err := s.fs.Create(bodyName(e.id, number))
	if err != nil {
		return received{}, fail(err)
	}
	e.file = number
	w := &summer{w: io.NewOffsetWriter(f, 0)}
	_, err = w.Write(buffer.Bytes())
	buffer.Reset()
	buffer.Grow(partSize)
	part := buffer.AvailableBuffer()[:partSize]
	var reading error
	for err == nil && reading == nil {
		var n int
		n, reading = body.Read(part)
		_, err = w.Write(part[:n])
	}
	if err == nil && reading == io.EOF {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	switch {
	case err != nil:
		return received{}, fail(err)
	case reading != io.EOF:
		return received{}, reading
	}
	return received{size: w.size, fileSum: w.sum}, nil
}

// summer computes the size and the checksum of what it writes.
type summer struct {
	w    io.Writer
	size int64
	sum  uint32
}

func (w *summer) Write(b []byte) (int, error) {
	n, err := w.w.Write(b)
	w.size += int64(n)
	w.sum = crc32.Update(w.sum, castagnoli, b[:n])
	return n, err
}

// discard removes the file of a message that no record refers to.
func (s *Spool) discard(e *entry) {
	if e.file == 0 {
		return
	}
	if err := s.fs.Remove(e.fileName()); err != nil {
		s.log.Warn("can't remove the file of a message that was not put on the queue", "file", e.fileName(), "error", err)
	}
}

// Open implements queue.Store. It first compares the content with its checksum; content
// that has changed is copied to damaged.
func (s *Spool) Open(ctx context.Context, id string) (io.ReadCloser, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	e, err := s.get(id)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	v := newView(e)
	s.mu.Unlock()
	b, err := s.openView(v)
	if err == nil {
		return b, nil
	}
	defer v.release()
	s.mu.Lock()
	_, gone := s.get(id)
	s.mu.Unlock()
	if gone != nil { // it was removed meanwhile, its file too
		return nil, gone
	}
	if !errors.Is(err, queue.ErrDamaged) {
		return nil, fail(err)
	}
	if s.readOnly {
		return nil, err
	}
	s.setAsideMessage(v, err)
	return nil, err
}

// openView opens the content of a message. If it succeeds, it has released the view,
// or the Body's Close releases it.
func (s *Spool) openView(v view) (io.ReadCloser, error) {
	switch {
	case v.body.segment == nil:
		return nil, fmt.Errorf("%w: %s: the record with the content is lost", queue.ErrDamaged, v.id)
	case v.file != 0:
		b, err := s.openFile(v)
		if err == nil {
			v.release()
		}
		return b, err
	}
	section := io.NewSectionReader(v.body.segment.file, v.body.bodyOffset(), int64(v.body.header.bodyLen))
	if v.body.header.bodyLen <= copySize {
		content := make([]byte, v.body.header.bodyLen)
		if _, err := io.ReadFull(section, content); err != nil || sum(content) != v.body.header.bodySum {
			return nil, v.damaged(err)
		}
		v.release()
		return memoryBody{bytes.NewReader(content)}, nil
	}
	if err := s.verify(section, v.body.header.bodySum); err != nil {
		return nil, v.damaged(err)
	}
	return &fileBody{section, sync.OnceValue(func() error { v.release(); return nil })}, nil
}

// openFile opens the content of a message that is in a file of its own.
func (s *Spool) openFile(v view) (io.ReadCloser, error) {
	var meta location
	if err := v.body.decode(&meta); err != nil {
		return nil, v.damaged(err)
	}
	f, err := s.fs.Open(v.fileName(), false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, v.damaged(err)
	}
	if err != nil {
		return nil, err
	}
	size, err := f.Size()
	section := io.NewSectionReader(f, 0, size)
	if err == nil && size == v.size {
		err = s.verify(section, meta.FileSum)
	}
	if err != nil || size != v.size {
		_ = f.Close() // it was only read
		return nil, v.damaged(err)
	}
	return &fileBody{section, sync.OnceValue(f.Close)}, nil
}

// verify compares the checksum of r with want, and goes back to the start of r.
func (s *Spool) verify(r *io.SectionReader, want uint32) error {
	got := &summer{w: io.Discard}
	buffer := s.buffer()
	defer s.buffers.Put(buffer)
	buffer.Grow(copySize)
	// Without WriterTo and ReaderFrom, so that CopyBuffer uses the buffer.
	n, err := io.CopyBuffer(struct{ io.Writer }{got}, struct{ io.Reader }{r}, buffer.AvailableBuffer()[:copySize])
	switch {
	case err != nil:
		return err
	case n != r.Size():
		return io.ErrUnexpectedEOF
	case got.sum != want:
		return errChanged
	}
	_, err = r.Seek(0, io.SeekStart)
	return err
}

// memoryBody is content in memory. Like a fileBody, it can be read again.
type memoryBody struct{ *bytes.Reader }

// Close implements io.Closer.
func (memoryBody) Close() error { return nil }

// fileBody is content in a file.
type fileBody struct {
	*io.SectionReader
	close func() error // does nothing the second time
}

// Close implements io.Closer. Later calls do nothing.
func (b *fileBody) Close() error { return b.close() }
