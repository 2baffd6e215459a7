package gosmtp

import (
	"github.com/emersion/go-smtp"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/logon"
)

// NewSession implements smtp.Backend. It is called at EHLO.
func (b *Backend) NewSession(c *smtp.Conn) (smtp.Session, error) {
	w := b.connOf(c)
	if w.in == nil || w.isOver() {
		_ = w.Close() // refused in any case
		return nil, errOver
	}
	s := &session{backend: b, conn: w, client: c}
	s.channel = auth.Channel{
		Local: w.local, Remote: w.remote, NoCertificate: c.Server().TLSConfig == nil, NoVerifier: b.Identify == nil,
	}
	if state, ok := c.TLSConnectionState(); ok {
		s.tls, s.order.TLS = &state, true
		s.channel = logon.Secured(s.channel, state, w.settings, b.ClientCAs)
	}
	if b.Verifier != nil {
		s.channel = auth.MethodsOf(b.Verifier).On(s.channel)
	}
	s.rules = w.in.Open(s.channel, nil)
	if s.hello(); s.unfit != nil {
		return nil, s.unfit
	}
	if b.Next == nil {
		return nil, s.failed("EHLO", errNoBackend)
	}
	next, err := b.Next.NewSession(c)
	if err != nil {
		return nil, s.failed("EHLO", err)
	}
	s.next = next
	if _, ok := next.(smtp.LMTPSession); ok {
		return &lmtpSession{s}, nil
	}
	return s, nil
}

// hello decides on the name that the client has given in EHLO.
func (s *session) hello() {
	s.helo, s.unfit = s.client.Hostname(), nil
	d := s.rules.Hello(s.helo)
	s.order.Greeted = d.Allowed()
	if d.Verdict == connector.Close {
		s.conn.finish()
	}
	if !d.Allowed() {
		s.unfit = s.refuse(d.Reply(), false)
	}
}

// Reset implements smtp.Session. go-smtp calls it at RSET, at EHLO and after a message.
func (s *session) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop()
	s.afterData(s.next.Reset)
	if s.client.Hostname() != s.helo {
		s.hello()
	}
}

// Logout implements smtp.Session.
func (s *session) Logout() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop()
	s.afterData(func() { _ = s.next.Logout() }) // go-smtp ignores the error too
	return nil
}

// SessionOf returns the policy's session of the client of c, for Next: who the client is,
// and what it may do. Next may call it in Mail, Rcpt and Data. For a c without a Backend it
// returns the zero Session, which refuses everything.
func SessionOf(c *smtp.Conn) connector.Session {
	if c == nil {
		return connector.Session{}
	}
	switch s := c.Session().(type) {
	case *session:
		return s.rules
	case *lmtpSession:
		return s.rules
	}
	return connector.Session{}
}
