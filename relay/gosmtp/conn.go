package gosmtp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/limits"
)

// refusalTime bounds how long sending a refusal to a connection may take.
const refusalTime = 5 * time.Second

// conn is a connection of a Listener, below TLS. It keeps the connector's timeouts, and
// ends where go-smtp would go on. A connection that didn't come from a Listener has a conn
// with the few facts that are known of it.
type conn struct {
	net.Conn
	in            *connector.Inbound
	settings      *connector.Receive
	local, remote netip.AddrPort
	source        netip.Addr // by network.Source
	count         *counts
	leave         func()        // undoes the count of connections; nil: not from a Listener
	idle          time.Duration // how long a read or write may take
	until         time.Time     // the end of the connection

	errors, logons int // refusals, as MaxProtocolErrors and MaxLogonFailures count them
	refused        int // logons, the temporary refusals included

	mu      sync.Mutex
	err     error // of a Read; sticky, because what follows isn't the rest of the message
	last    bool  // the next write is the last reply
	over    bool  // no command may follow
	busy    bool  // a transaction is open
	stopped bool  // by Shutdown: the connection ends when it isn't busy
	greeted bool
	tls     bool
	tail    []byte // the end of what was read in the clear
}

// counts are the counts of a connector across connections.
type counts struct {
	connections limits.Connections
	messages    limits.MessageRate
}

// errOver is the error of reading from a connection that has ended. go-smtp takes it
// for a connection that it has closed itself, and says nothing.
var errOver = fmt.Errorf("the connection has ended: %w", net.ErrClosed)

// errPlain is the error of a reply in the clear after a failed handshake.
var errPlain = errors.New("TLS failed")

// Read implements net.Conn. The end of the connection is not io.EOF: go-smtp would take
// it for the end of a chunk of BDAT.
func (c *conn) Read(p []byte) (int, error) {
	if err := c.beginRead(); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(p)
	if err == io.EOF {
		err = errOver
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
	if !c.tls {
		c.tail = append(c.tail, p[max(0, n-maxTail):n]...)
		c.tail = c.tail[max(0, len(c.tail)-maxTail):]
	}
	return n, err
}

// beginRead sets the deadline of a read, or returns the error of one that can't be.
func (c *conn) beginRead() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.over:
		return errOver
	case c.err != nil:
		return c.err
	case c.stopped && !c.busy:
		return os.ErrDeadlineExceeded
	case c.Conn.SetReadDeadline(c.deadline()) != nil:
		return errOver // closed
	}
	return nil
}

// deadline returns when the next read or write must be done.
func (c *conn) deadline() time.Time {
	deadline := time.Now().Add(c.idle)
	if c.until.Before(deadline) {
		return c.until
	}
	return deadline
}

// maxTail is how many of the bytes read last are kept: more than a STARTTLS with blanks.
const maxTail = 64

// Write implements net.Conn.
func (c *conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	err := c.watch(p)
	c.over = c.over || c.last
	c.mu.Unlock()
	if err != nil {
		_ = c.Close() // for the second time, if it fails
		return 0, err
	}
	deadline := c.deadline()
	if late := time.Now().Add(refusalTime); deadline.Before(late) {
		deadline = late // for the last reply
	}
	if err := c.Conn.SetWriteDeadline(deadline); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// watch follows the conversation by what the server writes, and returns an error if the
// connection must end: after a failed handshake, and if STARTTLS wasn't the last that the
// client has sent (RFC 3207 section 4.2, CVE-2011-0411). The caller holds mu.
func (c *conn) watch(p []byte) error {
	const handshake, lastRecord = 20, 23 // types of TLS records
	switch record := len(p) > 0 && p[0] >= handshake && p[0] <= lastRecord; {
	case c.tls && !record:
		return errPlain
	case c.tls:
	case record:
		c.tls = true // from the first byte
	case bytes.HasPrefix(p, []byte("220 ")) && c.greeted:
		_, line, _ := cutLast(bytes.TrimSuffix(c.tail, []byte("\n")), '\n')
		if !bytes.HasSuffix(c.tail, []byte("\n")) || !bytes.EqualFold(bytes.TrimSpace(line), []byte("STARTTLS")) {
			return errPlain
		}
		c.tls, c.tail = true, nil
	case bytes.HasPrefix(p, []byte("220 ")):
		c.greeted = true
	}
	return nil
}

// cutLast cuts b around the last sep; without one, after is b.
func cutLast(b []byte, sep byte) (before, after []byte, found bool) {
	i := bytes.LastIndexByte(b, sep)
	if i < 0 {
		return nil, b, false
	}
	return b[:i], b[i+1:], true
}

// SetReadDeadline does nothing but end a connection that is over: go-smtp calls it before
// it takes the next command, even one that it has read already. Read sets the deadline.
func (c *conn) SetReadDeadline(time.Time) error {
	if c.isOver() {
		return errOver
	}
	return nil
}

// SetWriteDeadline does nothing: Write sets the deadline.
func (*conn) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline does what SetReadDeadline does.
func (c *conn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// Close implements net.Conn.
func (c *conn) Close() error {
	c.mu.Lock()
	leave := c.leave
	c.over, c.leave = true, nil
	c.mu.Unlock()
	if leave != nil {
		leave()
	}
	return c.Conn.Close()
}

// finish ends the connection once the reply to the present command has been sent.
func (c *conn) finish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = true
}

// isOver reports whether no command may follow.
func (c *conn) isOver() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.over || c.last && c.leave == nil
}
