package smtpclient

import (
	"net"
	"syscall"
)

// wire is the socket of a connection, if it has one.
type wire struct {
	socket syscall.RawConn
	look   func(fd uintptr)
	silent *bool
	other  quieter // not a socket
}

// quieter is a connection that, like a socket, can report that there is nothing to read,
// neither data nor the end of the connection.
type quieter interface{ Quiet() bool }

// newWire returns the socket of nc.
func newWire(nc net.Conn) wire {
	if q, ok := nc.(quieter); ok {
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

// quiet reports whether it is certain that there is nothing to read, neither data nor
// the end of the connection.
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
