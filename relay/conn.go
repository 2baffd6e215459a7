package relay

import (
	"context"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/limits"
	"github.com/interchange-smtp/interchange/internal/network"
	"github.com/interchange-smtp/interchange/internal/smtpserver"
	"github.com/interchange-smtp/interchange/relay/event"
)

// refusalTime bounds how long sending a refusal to a connection may take.
const refusalTime = 5 * time.Second

// serveConn serves c from its first byte to its last. l is nil if no listener accepted c.
func (s *Server) serveConn(l net.Listener, c net.Conn) {
	local, remote := network.AddrPort(c.LocalAddr()), network.AddrPort(c.RemoteAddr())
	var trace *connector.Trace // nil: the decisions of this connection are not recorded
	if s.Explain != nil {
		trace = new(connector.Trace)
	}
	ep := s.choose(local, remote, trace)
	if ep == nil {
		s.connectionRefused(event.Event{Reason: reply.NoConnector, Local: local, Remote: remote})
		_ = c.Close() // refused in any case
		return
	}
	if trace != nil && !s.Explain(ep.in.Name()) {
		trace = nil
	}
	ok, full := s.enter(c)
	if !ok {
		reason := reply.ShuttingDown
		if full {
			reason = reply.TooManyConnections
		}
		s.refuse(c, ep, reason, local, remote)
		return
	}
	defer s.leave(c)
	source := network.Source(remote.Addr())
	switch ep.connections.Enter(ep.settings, source) {
	case limits.OverTotal:
		s.refuse(c, ep, reply.TooManyConnections, local, remote)
		return
	case limits.OverSource:
		s.refuse(c, ep, reply.TooManyConnectionsPerSource, local, remote)
		return
	}
	defer ep.connections.Leave(source)
	now := time.Now()
	ctx, cancel := s.context(l, c, now.Add(ep.settings.ConnectionTimeout))
	defer cancel()
	channel := ep.methods.On(auth.Channel{Local: local, Remote: remote, NoCertificate: ep.tls.Load() == nil})
	s.converse(now, c, newSession(ctx, s, ep, channel, now, trace))
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

// converse runs the session, which began now.
func (s *Server) converse(now time.Time, c net.Conn, sess *session) {
	ep, channel := sess.endpoint, &sess.conn.Channel
	var err error
	if sess.ctx, err = hooks(s.Hooks).connect(sess.ctx, &sess.conn); err != nil {
		r := replyFor(ep.in, err)
		sess.emit(event.Event{Kind: event.ConnectionRefused, Reply: r.String(), Err: err})
		s.turnAway(c, channel.Local, r)
		return
	}
	cfg := ep.smtp
	cfg.Banner = ep.banner(now)
	cfg.Implicit = s.implicit(channel.Local)
	if channel.NoCertificate {
		cfg.TLS = nil
	}
	if sess.protocol != nil {
		cfg.Log = sess.protocol.line
		sess.protocol.connect(sess.rules.Rights())
	}
	var talker smtpserver.Handler = sess
	if sess.trace != nil {
		r := &recorder{sess}
		cfg.Banner = withID(cfg.Banner, r.connect())
		talker = r
	}
	err = smtpserver.Serve(s.shutdown, c, &cfg, talker)
	sess.connectionEnded(err)
}

// refuse sends a refusal to a connection and closes it.
func (s *Server) refuse(c net.Conn, ep *endpoint, reason reply.Reason, local, remote netip.AddrPort) {
	r := ep.in.Decide(reason).Reply()
	s.connectionRefused(event.Event{Reason: reason, Connector: ep.in.Name(), Local: local, Remote: remote, Reply: r.String()})
	s.turnAway(c, local, r)
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
