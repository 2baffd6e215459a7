package smtpserver

import (
	"sync"
	"sync/atomic"
)

const (
	smallBuffer = 512       // of an idle connection
	bigBuffer   = 16 * 1024 // of one that sends a message or a long line
)

// Buffers are large buffers that connections share, so that what thousands of
// clients have begun to send can't take more memory than they are. A connection
// that gets none reads a message in small pieces, and is told to come back if it
// sends a line that is too long for them. Buffers are safe for concurrent use.
type Buffers struct {
	most int64
	used atomic.Int64
	pool sync.Pool
}

// NewBuffers returns n buffers of 16 KiB, which are made when they are needed.
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
	clear(p[:]) // passwords and mail have been in there
	b.pool.Put(p)
	b.used.Add(-1)
}

// plenty reports whether most buffers are free.
func (b *Buffers) plenty() bool { return b.used.Load() < b.most/2 }
