package smtpserver

import (
	"net/netip"
	"sync"

	"github.com/interchange-smtp/interchange/internal/limits"
)

const (
	smallBuffer = 512       // bytes, of an idle connection
	bigBuffer   = 16 * 1024 // bytes, of a connection that sends a message or a long line
)

// Buffers are large buffers that connections share. Their number bounds the memory
// for what thousands of clients have begun to send, and a source gets a quarter of what the others
// leave. A connection that gets none
// reads a message in small pieces, and refuses for now a command that needs a large
// buffer. Buffers are safe for concurrent use.
type Buffers struct {
	pool *limits.Pool
	idle sync.Pool
}

// NewBuffers returns n buffers of 16 KiB. They are made when they are needed.
func NewBuffers(n int) *Buffers {
	return &Buffers{pool: limits.NewPool("LargeBuffers", n), idle: sync.Pool{New: func() any { return new([bigBuffer]byte) }}}
}

// take returns a buffer for a source, or nil if all are in use, or all that the source may have.
func (b *Buffers) take(source netip.Addr) *[bigBuffer]byte {
	if b.pool.Take(source) != nil {
		return nil
	}
	return b.idle.Get().(*[bigBuffer]byte)
}

// put gives a buffer of a source back.
func (b *Buffers) put(p *[bigBuffer]byte, source netip.Addr) {
	clear(p[:]) // it has held passwords and mail
	b.idle.Put(p)
	b.pool.Give(source)
}

// mostlyFree reports whether most buffers are free.
func (b *Buffers) mostlyFree() bool { return b.pool.MostlyFree() }
