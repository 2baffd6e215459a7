package smtpserver

import (
	"sync"
	"sync/atomic"
)

const (
	smallBuffer = 512       // bytes, of an idle connection
	bigBuffer   = 16 * 1024 // bytes, of a connection that sends a message or a long line
)

// Buffers are large buffers that connections share. Their number bounds the memory
// for what thousands of clients have begun to send. A connection that gets none
// reads a message in small pieces, and refuses for now a command that needs a large
// buffer. Buffers are safe for concurrent use.
type Buffers struct {
	most int64
	used atomic.Int64
	pool sync.Pool
}

// NewBuffers returns n buffers of 16 KiB. They are made when they are needed.
func NewBuffers(n int) *Buffers {
	return &Buffers{most: int64(n), pool: sync.Pool{New: func() any { return new([bigBuffer]byte) }}}
}

// take returns a buffer, or nil if all are in use.
func (b *Buffers) take() *[bigBuffer]byte {
	if b.used.Add(1) > b.most {
		b.used.Add(-1)
		return nil
	}
	return b.pool.Get().(*[bigBuffer]byte)
}

// put gives a buffer back.
func (b *Buffers) put(p *[bigBuffer]byte) {
	clear(p[:]) // it has held passwords and mail
	b.pool.Put(p)
	b.used.Add(-1)
}

// mostlyFree reports whether most buffers are free.
func (b *Buffers) mostlyFree() bool { return b.used.Load() < b.most/2 }
