package relaytest

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay"
)

// Server is a relay.Server that serves a policy for one test. Clients with any address connect
// with [Server.Dial], on a [Network]; other programs and libraries connect to [Server.Addr], on
// the loopback interface.
type Server struct {
	*relay.Server
	Network *Network // has a listener at each binding of the policy
	Log     *Log     // what the Server logs

	tb    T
	local netip.AddrPort
	once  sync.Once
	addr  string
}

// T is the part of *testing.T and *testing.B that a Server needs.
type T interface {
	TB
	Cleanup(func())
}

// NewServer starts a Server that the end of the test closes. change, if not nil, sees it before
// it serves: it may add a Verifier, Certificates or Hooks. The ports of the policy may be any,
// because nothing of the operating system listens there; Addr has a real port, which is free.
// A policy that can't be served or has no binding ends the test.
func NewServer(tb T, policy *connector.Policy, handler relay.Handler, change func(*relay.Server)) *Server {
	tb.Helper()
	bindings := policy.Bindings()
	if len(bindings) == 0 {
		tb.Fatalf("the policy has no binding of an enabled Receive connector")
	}
	log := new(Log)
	s := &Server{Network: new(Network), Log: log, tb: tb, local: loopback(bindings[0]),
		Server: &relay.Server{Policy: policy, Handler: handler, Logger: slog.New(slog.NewTextHandler(log, nil))}}
	if change != nil {
		change(s.Server)
	}
	if err := s.SetPolicy(policy); err != nil {
		tb.Fatalf("the policy can't be served: %v", err)
	}
	tb.Cleanup(s.stop)
	for _, at := range bindings {
		if any := wildcard(at); at == any || !slices.Contains(bindings, any) {
			l, err := s.Network.Listen(at.String())
			if err != nil {
				tb.Fatalf("binding %v: %v", at, err)
			}
			go func() { _ = s.Serve(l) }() // it ends with the Server
		}
	}
	return s
}

// wildcard returns the wildcard of the port and the family of an address.
func wildcard(at netip.AddrPort) netip.AddrPort {
	if at.Addr().Is4() {
		return netip.AddrPortFrom(netip.IPv4Unspecified(), at.Port())
	}
	return netip.AddrPortFrom(netip.IPv6Unspecified(), at.Port())
}

// loopback returns a binding, on the loopback address if it is a wildcard.
func loopback(at netip.AddrPort) netip.AddrPort {
	switch {
	case at != wildcard(at):
		return at
	case at.Addr().Is4():
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), at.Port())
	}
	return netip.AddrPortFrom(netip.IPv6Loopback(), at.Port())
}

// Dial connects from an address to the first binding of the policy (127.0.0.1 or ::1 if that
// is a wildcard) and expects the greeting. To connect to another one, use the Network.
func (s *Server) Dial(from string) *Client {
	s.tb.Helper()
	addr, err := netip.ParseAddr(from)
	if err != nil {
		s.tb.Fatalf("%v", err)
	}
	conn, err := s.Network.Dial(context.Background(), addr, s.local)
	if err != nil {
		s.tb.Fatalf("connecting from %s to %v: %v", from, s.local, err)
	}
	s.tb.Cleanup(func() { _ = conn.Close() }) // often for the second time
	c := NewClient(s.tb, conn)
	c.Expect(220)
	return c
}

// Addr returns an address on the loopback interface, such as 127.0.0.1:41234, at which the Server
// listens from the first call on. The policy sees connections from 127.0.0.1 to its first
// binding, whatever the port here. It can't be used in a testing/synctest bubble.
func (s *Server) Addr() string {
	s.tb.Helper()
	s.once.Do(func() {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			s.tb.Fatalf("listening on the loopback interface: %v", err)
		}
		s.addr = l.Addr().String()
		go func() { _ = s.Serve(&movedListener{l, s.local}) }() // it ends with the Server
	})
	return s.addr
}

// stop closes the Server and waits for its sessions.
func (s *Server) stop() {
	_ = s.Close() // it can't fail
	if err := s.Shutdown(context.Background()); err != nil && !errors.Is(err, relay.ErrServerClosed) {
		s.tb.Fatalf("sessions don't end: %v", err)
	}
}

// movedListener is a listener whose connections seem to arrive at another address.
type movedListener struct {
	net.Listener
	local netip.AddrPort
}

func (l *movedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return movedConn{c.(*net.TCPConn), l.local}, nil
}

// movedConn is a connection that seems to have arrived at another address.
type movedConn struct {
	*net.TCPConn
	local netip.AddrPort
}

func (c movedConn) LocalAddr() net.Addr { return net.TCPAddrFromAddrPort(c.local) }
