package gosmtp

import (
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/interchange-smtp/interchange/relay"
)

// visitor is a client that says EHLO, reads nothing and leaves. Only a go-smtp server can make
// an smtp.Conn, at EHLO.
type visitor struct {
	local, remote netip.AddrPort
	env           *relay.Envelope // of the transaction in progress; nil between transactions
	says          string
	gone          chan struct{} // closed by Close
}

// newVisitor returns a client with an address that calls another one and has a name.
func newVisitor(local, remote netip.AddrPort, helo string) *visitor {
	if helo == "" {
		helo = "[" + remote.Addr().String() + "]"
	}
	return &visitor{local: local, remote: remote, says: "EHLO " + helo + "\r\n", gone: make(chan struct{})}
}

// conn returns an smtp.Conn for v.
func (v *visitor) conn() *smtp.Conn {
	var conn *smtp.Conn
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		conn = c
		return noSession{}, nil
	}))
	_ = server.Serve(&single{conn: v}) // at its second Accept it ends
	<-v.gone
	return conn
}

// Read implements net.Conn.
func (v *visitor) Read(p []byte) (int, error) {
	if v.says == "" {
		return 0, io.EOF
	}
	n := copy(p, v.says)
	v.says = v.says[n:]
	return n, nil
}

// Write implements net.Conn.
func (*visitor) Write(p []byte) (int, error) { return len(p), nil }

// Close implements net.Conn.
func (v *visitor) Close() error {
	select {
	case <-v.gone:
		return net.ErrClosed
	default:
		close(v.gone)
		return nil
	}
}

// LocalAddr implements net.Conn.
func (v *visitor) LocalAddr() net.Addr { return net.TCPAddrFromAddrPort(v.local) }

// RemoteAddr implements net.Conn.
func (v *visitor) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(v.remote) }

// SetDeadline implements net.Conn.
func (*visitor) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements net.Conn.
func (*visitor) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline implements net.Conn.
func (*visitor) SetWriteDeadline(time.Time) error { return nil }

// single is a listener with one connection.
type single struct{ conn net.Conn }

// Accept implements net.Listener.
func (s *single) Accept() (net.Conn, error) {
	c := s.conn
	s.conn = nil
	if c == nil {
		return nil, net.ErrClosed
	}
	return c, nil
}

// Close implements net.Listener.
func (*single) Close() error { return nil }

// Addr implements net.Listener.
func (*single) Addr() net.Addr { return &net.TCPAddr{} }

// noSession is the session of a visitor.
type noSession struct{}

func (noSession) Reset()                               {}
func (noSession) Logout() error                        { return nil }
func (noSession) Mail(string, *smtp.MailOptions) error { return errOver }
func (noSession) Rcpt(string, *smtp.RcptOptions) error { return errOver }
func (noSession) Data(io.Reader) error                 { return errOver }
