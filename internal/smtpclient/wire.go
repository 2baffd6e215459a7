package smtpclient

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"
)

// glance is how long a connection is looked at that can't tell at once whether
// there is something to read.
const glance = time.Millisecond

// past is a deadline that lets a read return only what needs no waiting.
var past = time.Unix(1, 0)

// unasked returns an error if the hop has said something that it wasn't asked, or
// has gone: it would pass for the answer to what is said next, the end of a message
// above all. A refusal in it counts, for hops say why they hang up.
func (c *Conn) unasked(s Stage) error {
	if !c.unread() {
		return nil
	}
	r, err := c.read(s, lastWordsTimeout)
	c.bad = true
	switch {
	case err != nil:
		return err
	case r.Code == 421, r.Code >= 400 && s == StageBody:
		return &Error{Stage: s, Reply: r}
	}
	return &Error{Stage: s, Err: fmt.Errorf("%w: %q came unasked", ErrPlace, r.String())}
}

// unread reports whether there is something to read, or the end.
func (c *Conn) unread() bool {
	if c.br.Buffered() > 0 {
		return true
	}
	limit := time.Now().Add(glance)
	if c.wire.quiet() {
		if !c.tls {
			return false
		}
		limit = past // TLS may have read more than it gave away
	}
	if err := c.nc.SetReadDeadline(limit); err != nil {
		return true
	}
	_, err := c.br.Peek(1)
	return !errors.Is(err, os.ErrDeadlineExceeded)
}

// wire is the socket of a connection, if it has one.
type wire struct {
	socket syscall.RawConn
	look   func(fd uintptr)
	silent *bool
	other  Quieter // not a socket
}

// A Quieter is a connection that can tell whether nothing has come that wasn't
// read, not even the end, as a socket can.
type Quieter interface{ Quiet() bool }

// newWire returns the socket of nc.
func newWire(nc net.Conn) wire {
	if q, ok := nc.(Quieter); ok {
		return wire{other: q}
	}
	c, ok := nc.(syscall.Conn)
	if !ok {
		return wire{}
	}
	socket, err := c.SyscallConn()
	if err != nil {
		return wire{}
	}
	silent := new(bool)
	return wire{socket: socket, look: func(fd uintptr) { *silent = nothingToRead(fd) }, silent: silent}
}

// quiet reports whether it is certain that nothing can be read, not even the end.
func (w *wire) quiet() bool {
	switch {
	case w.other != nil:
		return w.other.Quiet()
	case w.socket == nil:
		return false
	}
	*w.silent = false
	return w.socket.Control(w.look) == nil && *w.silent
}
