package gosmtp

import (
	"crypto/tls"
	"io"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/network"
	"github.com/interchange-smtp/interchange/relay"
)

// Listener returns a listener of the connections of l that b serves. A connection that no
// connector serves is closed; one that exceeds MaxInboundConnection,
// MaxInboundConnectionPerSource, MaxInboundConnectionPercentagePerSource or
// MaxConnectionRatePerMinute is refused with 421, before the greeting. The others keep the timeouts of their connector and close the
// holes that the package documentation lists.
//
// A front end that knows the client's address better (PROXY protocol) belongs into l, TLS
// around the result: tls.NewListener(b.Listener(l), config). Accept fails if b has no Policy or
// no Next.
func (b *Backend) Listener(l net.Listener) net.Listener {
	return &listener{Listener: l, backend: b, admitted: make(chan net.Conn), failed: make(chan error), closed: make(chan struct{})}
}

// listener accepts the connections that a Backend serves. An address may take time to be
// known, so each connection is judged in a goroutine of its own.
type listener struct {
	net.Listener
	backend  *Backend
	begin    sync.Once
	admitted chan net.Conn
	failed   chan error // of the Listener's Accept
	end      sync.Once
	closed   chan struct{}
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	switch b := l.backend; {
	case b.CurrentPolicy() == nil:
		return nil, relay.ErrNoPolicy
	case b.Next == nil:
		return nil, errNoBackend
	}
	l.begin.Do(func() { go l.accept() })
	select {
	case c := <-l.admitted:
		return c, nil
	case err := <-l.failed:
		return nil, err
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *listener) Close() error {
	l.end.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// accept accepts connections until the listener is closed.
func (l *listener) accept() {
	for {
		c, err := l.Listener.Accept()
		if err == nil {
			go l.judge(c)
			continue
		}
		select { // the server decides whether to go on
		case l.failed <- err:
		case <-l.closed:
			return
		}
	}
}

// judge hands c to the server, or turns it away.
func (l *listener) judge(c net.Conn) {
	admitted := l.backend.admit(c)
	if admitted == nil {
		return
	}
	select {
	case l.admitted <- admitted:
	case <-l.closed:
		_ = admitted.Close() // the server has stopped
	}
}

// admit returns the conn of c, or nil after it has turned c away.
func (b *Backend) admit(c net.Conn) *conn {
	now := time.Now()
	w := b.newConn(c)
	if w.in == nil {
		b.refused(w, reply.NoConnector, "")
		_ = c.Close() // refused in any case
		return nil
	}
	w.count = b.countsOf(w.in)
	w.idle, w.until = w.settings.ConnectionInactivityTimeout, now.Add(w.settings.ConnectionTimeout)
	reason := reply.ShuttingDown
	if over := b.enterCounts(w, now); over != nil {
		b.limitReached(w, over.State)
		reason = over.Reason
	} else {
		w.leave = func() { w.count.connections.Leave(w.source); b.exit(w) }
		if b.enter(w) {
			return w
		}
		w.count.connections.Leave(w.source)
	}
	answer := w.in.Decide(reason).Reply().String()
	b.refused(w, reason, answer)
	_ = c.SetDeadline(now.Add(refusalTime))
	_, _ = io.WriteString(c, answer+"\r\n") // the client may be gone
	_ = c.Close()
	return nil
}

// newConn returns the conn of c, whose addresses choose the connector; if no connector
// serves them, in is nil.
func (b *Backend) newConn(c net.Conn) *conn {
	local, remote := network.AddrPort(c.LocalAddr()), network.AddrPort(c.RemoteAddr())
	var in *connector.Inbound
	if local.IsValid() && remote.IsValid() {
		in = b.CurrentPolicy().Select(local, remote.Addr(), nil)
	}
	return &conn{Conn: c, in: in, settings: in.Settings(), local: local, remote: remote, source: network.Source(remote.Addr())}
}

// connOf returns the conn below c.
func (b *Backend) connOf(c *smtp.Conn) *conn {
	nc := c.Conn()
	if t, ok := nc.(*tls.Conn); ok {
		nc = t.NetConn()
	}
	if w, ok := nc.(*conn); ok {
		return w
	}
	w := b.newConn(nc)
	if w.in != nil {
		w.count = b.countsOf(w.in)
	}
	return w
}
