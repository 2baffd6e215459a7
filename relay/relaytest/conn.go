package relaytest

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Conn is one side of a connection on a [Network]. Like a *net.TCPConn it may
// be used by several goroutines at once, buffers what is written (64 KiB each
// way), and fails pending calls when it is closed.
type Conn struct {
	local, remote *net.TCPAddr
	in, out       *stream
	close         sync.Once
	once          sync.Once // of the zero Conn
}

// init closes both directions of the zero Conn.
func (c *Conn) init() {
	c.once.Do(func() {
		if c.in == nil {
			c.in, c.out = newStream(), newStream()
			c.in.gone, c.in.ended, c.out.gone, c.out.ended = true, true, true, true
		}
	})
}

// NewPipe returns the two sides of a connection between a and b, without a Network.
func NewPipe(a, b netip.AddrPort) (sideA, sideB *Conn) {
	ab, ba := newStream(), newStream()
	addrA, addrB := net.TCPAddrFromAddrPort(a), net.TCPAddrFromAddrPort(b)
	return &Conn{local: addrA, remote: addrB, in: ba, out: ab},
		&Conn{local: addrB, remote: addrA, in: ab, out: ba}
}

// Read implements net.Conn. After a reset it fails with ECONNRESET.
func (c *Conn) Read(p []byte) (int, error) {
	c.init()
	n, err := c.in.read(p)
	return n, c.wrap("read", err)
}

// Quiet reports whether Read would wait: neither bytes nor the end have arrived.
func (c *Conn) Quiet() bool {
	c.init()
	s := c.in
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size == 0 && !s.gone && !s.reset && !s.ended
}

// Write implements net.Conn. It fails with EPIPE once the other side has closed.
func (c *Conn) Write(p []byte) (int, error) {
	c.init()
	n, err := c.out.write(p)
	return n, c.wrap("write", err)
}

// Close implements net.Conn. The other side reads what was written, then EOF.
func (c *Conn) Close() error {
	c.init()
	err := net.ErrClosed
	c.close.Do(func() {
		err = nil
		c.out.change(func() { c.out.ended = true; c.out.stop() })
		c.in.change(func() { c.in.gone = true; c.in.stop() })
	})
	return c.wrap("close", err)
}

// CloseWrite ends the outgoing direction only: the other side reads EOF and
// can still write.
func (c *Conn) CloseWrite() error {
	c.init()
	c.out.change(func() { c.out.ended = true })
	return nil
}

// Reset ends the connection as a TCP RST does: buffered bytes are lost, and calls on
// the other side fail with ECONNRESET.
func (c *Conn) Reset() {
	c.init()
	for _, s := range []*stream{c.in, c.out} {
		s.change(func() { s.reset, s.size = true, 0 })
	}
	_ = c.Close() // a second Close is no mistake here
}

// LocalAddr returns the *net.TCPAddr of this side.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the *net.TCPAddr of the other side.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline implements net.Conn.
func (c *Conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline implements net.Conn.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.init()
	c.in.setLimit(&c.in.readLimit, t)
	return nil
}

// SetWriteDeadline implements net.Conn.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.init()
	c.out.setLimit(&c.out.writeLimit, t)
	return nil
}

// stop releases the timers of s; its lock is held.
func (s *stream) stop() {
	s.readLimit.stop()
	s.writeLimit.stop()
}

// wrap gives errors the form that the net package gives them.
func (c *Conn) wrap(op string, err error) error {
	switch err {
	case nil, io.EOF:
		return err
	case io.ErrClosedPipe:
		err = net.ErrClosed
	}
	return &net.OpError{Op: op, Net: "tcp", Source: c.local, Addr: c.remote, Err: err}
}
