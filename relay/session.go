package relay

import (
	"context"
	"crypto/tls"
	"net/netip"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/logon"
	"github.com/interchange-smtp/interchange/internal/network"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
)

// session is the smtpserver.Handler of one connection: it asks the policy.
type session struct {
	server   *Server
	endpoint *endpoint
	ctx      context.Context // ends when the Server is closed
	conn     Conn
	start    time.Time
	until    time.Time // the end of ConnectionTimeout

	source netip.Addr        // by network.Source; the Server's limits are shared by source
	rules  connector.Session // who the client is, and what it may do
	tls    tls.ConnectionState

	exchange      *logon.Exchange // of the latest AUTH; nil: none
	authenticated bool            // by AUTH

	tx       *transaction
	messages int // accepted
	refused  int // commands and messages that were refused
	protocol *conversation

	decision connector.Decision // the policy's latest, on the command in progress
	answered answered           // for the event of the command in progress
	progress progress

	// Of recorded decisions.
	decisions int              // how many there were
	trace     *connector.Trace // the policy's decisions append their steps to it; nil: they are not recorded
}

// newSession begins the session of a connection to ep, whose decisions are recorded in
// trace unless it is nil.
func newSession(ctx context.Context, s *Server, ep *endpoint, channel auth.Channel, now time.Time, trace *connector.Trace) *session {
	sess := &session{
		server:   s,
		endpoint: ep,
		ctx:      ctx,
		conn:     Conn{ID: envelope.NewSessionID(), Channel: channel, Inbound: ep.in},
		start:    now,
		until:    now.Add(ep.settings.ConnectionTimeout),
		source:   network.Source(channel.Remote.Addr()),
		trace:    trace,
	}
	sess.follow(ep.in.Open(channel, trace))
	if s.ProtocolLog != nil && ep.settings.ProtocolLoggingLevel == param.LoggingVerbose {
		sess.protocol = &conversation{out: s.ProtocolLog, line: event.Line{
			Connector: ep.in.Policy().Service().Name + `\` + ep.in.Name(), Session: sess.conn.ID, Local: channel.Local, Remote: channel.Remote,
		}}
	}
	return sess
}

// follow makes rules the policy's session: who the client is now, and what it may do.
func (s *session) follow(rules connector.Session) {
	s.rules, s.conn.Rights = rules, rules.Rights()
}

// decide remembers d, a decision of the policy, and returns it.
func (s *session) decide(d connector.Decision) connector.Decision {
	s.decision, s.answered.reason = d, d.Reason
	return d
}

// drop ends the transaction, if one is open.
func (s *session) drop() {
	if s.tx != nil {
		tx := s.tx
		s.tx = nil
		tx.end()
	}
}
