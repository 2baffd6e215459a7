package relay

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/network"
	"github.com/interchange-smtp/interchange/internal/smtpserver"
	"github.com/interchange-smtp/interchange/relay/event"
)

// refusalTime bounds how long sending a refusal to a connection may take.
const refusalTime = 5 * time.Second

// serveConn serves c from its first byte to its last. l is nil if no listener accepted c.
func (s *Server) serveConn(l net.Listener, c net.Conn) {
	a := arrival{conn: c, local: network.AddrPort(c.LocalAddr()), remote: network.AddrPort(c.RemoteAddr())}
	admission := s.enter(a)
	if admission == reply.Ready {
		defer s.leave(c)
	}
	if s.isBalancer(a.remote.Addr()) {
		if admission != reply.Ready { // a header would have to be waited for
			s.connectionRefused(event.Event{Reason: admission, Local: a.local, Remote: a.remote})
			_ = c.Close() // refused in any case
			return
		}
		var ok bool
		if a, ok = s.throughBalancer(a); !ok {
			return
		}
	}
	a.mayTest = isIn(s.XclientFrom, a.remote.Addr())
	for next := &a; next != nil; {
		next = s.serveClient(l, *next, admission)
	}
}

// arrival is a connection before its session.
type arrival struct {
	conn          net.Conn
	local, remote netip.AddrPort // of the client's connection
	proxy         event.Proxy    // zero: it came without a balancer
	mayTest       bool           // it may say by XCLIENT which client it stands for
	tester        netip.AddrPort // the client that has said so; zero: it hasn't
}

// serveClient serves a, unless it has no connector or admission is a refusal. It returns the connection of the
// client that a tester stands for; nil: the connection has ended.
func (s *Server) serveClient(l net.Listener, a arrival, admission reply.Reason) (next *arrival) {
	var trace *connector.Trace // nil: the decisions of this connection are not recorded
	if s.Explain != nil {
		trace = new(connector.Trace)
	}
	ep := s.choose(a.local, a.remote, trace)
	if ep == nil {
		s.connectionRefused(event.Event{Reason: reply.NoConnector, Local: a.local, Remote: a.remote, Proxy: a.proxy, Tester: a.tester})
		_ = a.conn.Close() // refused in any case
		return nil
	}
	if trace != nil && !s.Explain(ep.in.Name()) {
		trace = nil
	}
	if admission != reply.Ready {
		s.refuse(a, ep, admission)
		return nil
	}
	source, now := network.Source(a.remote.Addr()), time.Now()
	if over := s.admit(ep, source, now); over != nil {
		s.limitReached(event.Event{Connector: ep.in.Name(), Local: a.local, Remote: a.remote, Proxy: a.proxy, Tester: a.tester}, over.State)
		s.refuse(a, ep, over.Reason)
		return nil
	}
	defer s.dismiss(ep, source)
	ctx, cancel := s.context(l, a.conn, now.Add(ep.settings.ConnectionTimeout))
	defer cancel()
	channel := ep.methods.On(auth.Channel{Local: a.local, Remote: a.remote, NoCertificate: ep.tls.Load() == nil})
	sess := newSession(ctx, s, ep, channel, now, trace)
	sess.conn.Proxy, sess.conn.Tester = a.proxy, a.tester
	if succession := s.converse(now, a, sess); succession != nil {
		return a.succeeded(succession)
	}
	return nil
}

// choose picks the endpoint by the current policy; nil if no connector matches. Unless
// trace is nil, it records why.
func (s *Server) choose(local, remote netip.AddrPort, trace *connector.Trace) *endpoint {
	if !local.IsValid() || !remote.IsValid() {
		return nil // no range can hold it
	}
	now := s.current.Load()
	in := now.Policy.Select(local, remote.Addr(), trace)
	if in == nil {
		return nil
	}
	return now.byConnector[in]
}

// context returns the context of a connection that may last until a time. It ends then,
// or when the Server is closed.
func (s *Server) context(l net.Listener, c net.Conn, until time.Time) (context.Context, context.CancelFunc) {
	if s.BaseContext == nil && s.ConnContext == nil && len(s.Hooks) == 0 {
		return s.closed, func() {}
	}
	ctx := context.Background()
	if s.BaseContext != nil {
		ctx = s.BaseContext(l)
	}
	if s.ConnContext != nil {
		ctx = s.ConnContext(ctx, c)
	}
	ctx, cancel := context.WithDeadline(ctx, until)
	stop := context.AfterFunc(s.closed, cancel)
	return ctx, func() {
		stop()
		cancel()
	}
}

// converse runs the session, which began now, and closes the connection unless another client follows.
func (s *Server) converse(now time.Time, a arrival, sess *session) *smtpserver.Succession {
	defer s.track(sess)()
	ep, channel := sess.endpoint, &sess.conn.Channel
	var err error
	if sess.ctx, err = hooks(s.Hooks).connect(sess.ctx, &sess.conn); err != nil {
		r := replyFor(ep.in, err)
		sess.emit(event.Event{Kind: event.ConnectionRefused, Reply: r.String(), Err: err})
		s.turnAway(a.conn, channel.Local, r)
		return nil
	}
	cfg := ep.smtp
	cfg.Banner = ep.banner(now)
	cfg.Implicit, cfg.Xclient = s.implicit(channel.Local), a.mayTest
	if channel.NoCertificate {
		cfg.TLS = nil
	}
	cfg.Answered = sess.commandAnswered
	if s.emit != nil {
		sess.emit(event.Event{Kind: event.ConnectionBegun})
	}
	cfg.Source, cfg.Reached = sess.source, sess.limitReached
	if p := sess.protocol; p != nil {
		cfg.Log = p.write
		if cfg.TLS != nil {
			cfg.TLS = p.remember(cfg.TLS)
		}
		p.write('+', "", "")
		p.rights(sess.rules.Rights())
	}
	var talker smtpserver.Handler = sess
	if sess.trace != nil {
		r := &recorder{sess}
		cfg.Banner = withID(cfg.Banner, r.connect())
		talker = r
	}
	err = smtpserver.Serve(s.shutdown, a.conn, &cfg, talker)
	var succession *smtpserver.Succession
	if errors.As(err, &succession) {
		err = nil
	}
	sess.connectionEnded(err)
	return succession
}

// refuse sends a refusal to a connection and closes it.
func (s *Server) refuse(a arrival, ep *endpoint, reason reply.Reason) {
	r := ep.in.Decide(reason).Reply()
	s.connectionRefused(event.Event{Reason: reason, Connector: ep.in.Name(), Local: a.local, Remote: a.remote, Proxy: a.proxy, Tester: a.tester, Reply: r.String()})
	s.turnAway(a.conn, a.local, r)
}

// connectionRefused reports a connection that has no session.
func (s *Server) connectionRefused(e event.Event) {
	if s.emit != nil {
		e.Kind, e.Time = event.ConnectionRefused, time.Now()
		s.emit(context.Background(), e)
	}
}

// turnAway sends a reply in place of the greeting and closes the connection.
func (s *Server) turnAway(c net.Conn, local netip.AddrPort, r reply.Reply) {
	if !s.implicit(local) { // a client that expects TLS could not read it
		_ = c.SetDeadline(time.Now().Add(refusalTime))
		_, _ = io.WriteString(c, r.String()+"\r\n") // the client may be gone
	}
	_ = c.Close()
}
