package relay

import (
	"net"
	"net/netip"

	"github.com/interchange-smtp/interchange/internal/network"
	"github.com/interchange-smtp/interchange/internal/smtpserver"
)

// succeeded returns the connection of the client that the tester of a stands for. What the tester doesn't say stays
// as it is.
func (a arrival) succeeded(by *smtpserver.Succession) *arrival {
	next := a
	if !next.tester.IsValid() {
		next.tester = a.remote
	}
	next.remote = replaced(a.remote, by.Addr, by.Port)
	next.local = replaced(a.local, by.DestAddr, by.DestPort)
	original := a.conn
	if c, ok := original.(*testerConn); ok {
		original = c.Conn
	}
	next.conn = &testerConn{Conn: original, local: net.TCPAddrFromAddrPort(next.local), remote: net.TCPAddrFromAddrPort(next.remote)}
	return &next
}

// replaced returns an end of a connection with the address and the port that are given.
func replaced(end netip.AddrPort, addr netip.Addr, port uint16) netip.AddrPort {
	if addr.IsValid() {
		end = netip.AddrPortFrom(addr, end.Port())
	}
	if port != 0 {
		end = netip.AddrPortFrom(end.Addr(), port)
	}
	return end
}

// testerConn is a tester's connection with the addresses of the client that it stands for.
type testerConn struct {
	net.Conn
	local, remote net.Addr
}

func (c *testerConn) LocalAddr() net.Addr  { return c.local }
func (c *testerConn) RemoteAddr() net.Addr { return c.remote }

// CloseWrite sends the end of the stream and reads on, if the connection can.
func (c *testerConn) CloseWrite() error { return network.CloseWrite(c.Conn) }
