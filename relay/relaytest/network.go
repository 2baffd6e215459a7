package relaytest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
)

// backlog is how many connections may wait to be accepted before Dial waits.
const backlog = 128

// firstPort is where the ephemeral ports of dialling hosts begin (RFC 6335 §6).
const firstPort = 49152

// Network connects hosts in memory. Every address exists and reaches every other; a
// connection needs a listener only. The zero Network is ready to use. It is safe for
// concurrent use.
type Network struct {
	mu        sync.Mutex
	listeners map[netip.AddrPort]*listener
	silent    map[netip.AddrPort]bool
	ports     uint16
}

// lock locks n, whose maps are there then.
func (n *Network) lock() {
	if n.mu.Lock(); n.listeners == nil {
		n.listeners, n.silent = make(map[netip.AddrPort]*listener), make(map[netip.AddrPort]bool)
	}
}

// Listen listens on address, "10.2.3.4:25" or "[2001:db8::1]:25". The
// unspecified addresses 0.0.0.0 and [::] stand for all addresses of their
// family without a listener of their own; a connection's LocalAddr is always the
// address that was dialled. It is an error to listen twice on one address.
func (n *Network) Listen(address string) (net.Listener, error) {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, fmt.Errorf("can't listen: %w", err)
	}
	n.lock()
	defer n.mu.Unlock()
	if n.listeners[at] != nil {
		return nil, &net.OpError{Op: "listen", Net: "tcp", Addr: net.TCPAddrFromAddrPort(at),
			Err: os.NewSyscallError("bind", syscall.EADDRINUSE)}
	}
	l := &listener{network: n, addr: at, queue: make(chan *Conn, backlog), closed: make(chan struct{})}
	n.listeners[at] = l
	return l, nil
}

// Silence makes dialling address hang until the dialler gives up, as a host
// behind a dropping firewall does.
func (n *Network) Silence(address netip.AddrPort) {
	n.lock()
	defer n.mu.Unlock()
	n.silent[address] = true
}

// Dial connects from one address to another, with a free source port. It fails with
// ECONNREFUSED if there is no listener, and with the cause of ctx if that ends first.
// The connection is a *[Conn].
func (n *Network) Dial(ctx context.Context, from netip.Addr, to netip.AddrPort) (net.Conn, error) {
	from, to = from.Unmap(), netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	if from.Is4() != to.Addr().Is4() || !from.IsValid() || !to.Addr().IsValid() {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: net.TCPAddrFromAddrPort(to),
			Err: os.NewSyscallError("connect", syscall.ENETUNREACH)}
	}
	source := netip.AddrPortFrom(from, n.port())
	fail := func(err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp",
			Source: net.TCPAddrFromAddrPort(source), Addr: net.TCPAddrFromAddrPort(to), Err: err}
	}
	l, silent := n.find(to)
	if silent {
		<-ctx.Done()
		return fail(context.Cause(ctx))
	}
	refused := os.NewSyscallError("connect", syscall.ECONNREFUSED)
	if l == nil {
		return fail(refused)
	}
	client, server := NewPipe(source, to)
	select {
	case <-ctx.Done():
		return fail(context.Cause(ctx))
	case <-l.closed:
		return fail(refused)
	case l.queue <- server:
	}
	select {
	case <-l.closed: // no Accept will return it
		l.drain()
	default:
	}
	return client, nil
}

// Host returns the view from one address.
func (n *Network) Host(addr netip.Addr) Host { return Host{network: n, addr: addr} }

// port returns the next ephemeral port.
func (n *Network) port() uint16 {
	n.mu.Lock()
	defer n.mu.Unlock()
	port := firstPort + n.ports
	n.ports = (n.ports + 1) % (1<<16 - firstPort)
	return port
}

// find returns the listener for an address: one on the address itself, or else one on
// the unspecified address.
func (n *Network) find(to netip.AddrPort) (l *listener, silent bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if l := n.listeners[to]; l != nil || n.silent[to] {
		return l, n.silent[to]
	}
	any := netip.IPv4Unspecified()
	if to.Addr().Is6() {
		any = netip.IPv6Unspecified()
	}
	return n.listeners[netip.AddrPortFrom(any, to.Port())], false
}

// Host dials from an address of its own.
type Host struct {
	network *Network
	addr    netip.Addr
}

// Addr returns the host's address.
func (h Host) Addr() netip.Addr { return h.addr }

// Dial connects to an address from source, or from the host's own address if
// source is the zero Addr.
func (h Host) Dial(ctx context.Context, source netip.Addr, to netip.AddrPort) (net.Conn, error) {
	if !source.IsValid() {
		source = h.addr
	}
	return h.network.Dial(ctx, source, to)
}

// listener is a net.Listener on a Network.
type listener struct {
	network *Network
	addr    netip.AddrPort
	queue   chan *Conn
	closed  chan struct{}
	once    sync.Once
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case <-l.closed:
	default:
		select {
		case c := <-l.queue:
			return c, nil
		case <-l.closed:
		}
	}
	return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: l.Addr(), Err: net.ErrClosed}
}

// Close implements net.Listener. Connections that wait to be accepted are reset.
func (l *listener) Close() error {
	err := errors.New("the listener is closed already")
	l.once.Do(func() {
		err = nil
		l.network.mu.Lock()
		delete(l.network.listeners, l.addr)
		l.network.mu.Unlock()
		close(l.closed)
		l.drain()
	})
	return err
}

// drain resets the connections that wait to be accepted.
func (l *listener) drain() {
	for {
		select {
		case c := <-l.queue:
			c.Reset()
		default:
			return
		}
	}
}

func (l *listener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.addr) }
