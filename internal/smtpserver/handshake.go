package smtpserver

import (
	"crypto/tls"
	"errors"
	"time"

	"github.com/interchange-smtp/interchange/internal/mailtls"
)

// handshake puts the connection under TLS. A failure ends it: going on in
// plaintext is what an attacker in the middle would like.
func (g *conn) handshake() bool {
	if g.cfg.TLS == nil {
		g.err = errors.New("TLS is to begin with the connection, and there is no certificate")
		return false
	}
	if g.wire.flush() != nil {
		return false
	}
	conn := tls.Server(g.wire.raw, g.cfg.TLS)
	_ = g.wire.wait(g.wire.deadline(time.Now())) // conn is still raw
	var err error
	done := make(chan struct{})
	go func() { // a handshake needs a large stack, which our own goroutine would keep
		defer close(done)
		err = mailtls.Server(g.stop, conn)
	}()
	<-done
	if err != nil {
		if g.stop.Err() == nil {
			g.err = err
		}
		g.remark(err.Error())
		return false
	}
	g.wire.conn = conn
	g.encrypted = true
	return g.protect(func() { g.sess.TLS(conn.ConnectionState()) })
}
