// Package proxyheader reads the header of the PROXY protocol, with which a load balancer begins
// each connection: it says between which addresses the client's own connection is.
package proxyheader

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/pires/go-proxyproto"
	"github.com/pires/go-proxyproto/tlvparse"

	"github.com/interchange-smtp/interchange/internal/network"
)

// bufferSize holds any header of version 1 (107 bytes), which must come in one piece, and most
// of version 2.
const bufferSize = 512

// Header has the words of a balancer about a connection.
type Header struct {
	// Client and Server are the ends of the client's connection. They are zero for a connection
	// of the balancer itself, such as a health check.
	Client, Server netip.AddrPort

	ID   string // the balancer's name for the connection, printable or not; ""
	Name string // the host name that the client asked for, as in TLS; ""
	TLS  string // the version of TLS between client and balancer, if that ends there; ""
}

// Own reports whether the connection is the balancer's own, not a client's.
func (h *Header) Own() bool { return !h.Client.IsValid() }

// ErrNothing is returned by Read for a connection that ended without a byte, as some health
// checks do.
var ErrNothing = errors.New("the connection ended without a PROXY header")

// Read reads the header at the begin of c, which must be whole within timeout. The connection that
// it returns has the addresses of the header, and everything behind the header to read. Without a
// valid header it returns an error, and c is of no more use.
func Read(c net.Conn, timeout time.Duration) (net.Conn, Header, error) {
	_ = c.SetReadDeadline(time.Now().Add(timeout)) // the read below fails if this does
	r := bufio.NewReaderSize(c, bufferSize)
	if _, err := r.Peek(1); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, Header{}, ErrNothing // also if the connection was reset, or cut off here
	}
	raw, err := proxyproto.Read(r)
	if err != nil {
		return nil, Header{}, failure(err, timeout)
	}
	h, err := parse(raw)
	if err != nil {
		return nil, Header{}, err
	}
	if h.Client == network.AddrPort(c.RemoteAddr()) { // so HAProxy marks its health checks in version 1
		h = Header{}
	}
	rest, err := r.Peek(r.Buffered())
	if err == nil {
		err = c.SetReadDeadline(time.Time{})
	}
	if err != nil {
		return nil, Header{}, err
	}
	if h.Own() {
		return &conn{Conn: c, local: c.LocalAddr(), remote: c.RemoteAddr(), rest: rest}, h, nil
	}
	return &conn{Conn: c, local: raw.DestinationAddr, remote: raw.SourceAddr, rest: rest}, h, nil
}

// failure says in words why there is no header.
func failure(err error, timeout time.Duration) error {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("no PROXY header within %v", timeout)
	case errors.Is(err, proxyproto.ErrNoProxyProtocol):
		return errors.New("no PROXY header")
	}
	return errors.New("malformed PROXY header")
}

// parse returns the content of raw.
func parse(raw *proxyproto.Header) (h Header, err error) {
	if raw.Command.IsLocal() {
		return h, nil
	}
	client, server, ok := raw.TCPAddrs()
	if !ok {
		return h, errors.New("the PROXY header is not about a TCP connection")
	}
	h.Client, h.Server = network.AddrPort(client), network.AddrPort(server)
	if !h.Client.IsValid() || !h.Server.IsValid() {
		return h, errors.New("malformed PROXY header")
	}
	all, err := raw.TLVs()
	if err != nil {
		return h, errors.New("malformed PROXY header")
	}
	for _, tlv := range all {
		switch tlv.Type {
		case proxyproto.PP2_TYPE_UNIQUE_ID:
			h.ID = string(tlv.Value)
		case proxyproto.PP2_TYPE_AUTHORITY:
			h.Name = string(tlv.Value)
		}
	}
	if tls, ok := tlvparse.FindSSL(all); ok {
		h.TLS, _ = tls.SSLVersion()
	}
	return h, nil
}

// conn is a connection behind its header, with the addresses of the header.
type conn struct {
	net.Conn
	local, remote net.Addr
	rest          []byte // was read with the header
}

func (c *conn) LocalAddr() net.Addr  { return c.local }
func (c *conn) RemoteAddr() net.Addr { return c.remote }

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		return c.Conn.Read(p)
	}
	n := copy(p, c.rest)
	if c.rest = c.rest[n:]; len(c.rest) == 0 {
		c.rest = nil // the buffer is not needed any more
	}
	return n, nil
}

// CloseWrite sends the end of the stream and reads on, if the connection can.
func (c *conn) CloseWrite() error { return network.CloseWrite(c.Conn) }
