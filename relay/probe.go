package relay

import (
	"crypto/tls"
	"io"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/smtpserver"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/routing"
)

// probeTime is how long a health check may last.
const probeTime = 30 * time.Second

// answerProbe serves a connection of a balancer itself: a health check, which learns that a
// client would be greeted there. It has the name and the limits of the first connector with that
// binding, and none of its rights. Without such a connector it isn't greeted.
func (s *Server) answerProbe(a arrival) {
	now := s.current.Load()
	for in := range now.Policy.Receive() {
		ep := now.byConnector[in]
		if !ep.settings.Enabled.Or(true) || !boundAt(ep.settings.Bindings, a.local) {
			continue
		}
		cfg := ep.smtp
		cfg.Banner, cfg.ConnectionTimeout = ep.banner(time.Now()), probeTime
		cfg.Implicit = s.implicit(a.local)
		_ = smtpserver.Serve(s.shutdown, a.conn, &cfg, probe{cfg.Profile}) // how it ends doesn't matter
		return
	}
}

// probe is the smtpserver.Handler of a health check: it answers EHLO and refuses everything else.
type probe struct{ profile permission.Profile }

var _ smtpserver.Handler = probe{}

// refuse returns the refusal of a command.
func (p probe) refuse() reply.Reply { return reply.NoConnector.Reply(p.profile) }

func (probe) Hello(string, bool) (smtpserver.Offer, reply.Reply) {
	return smtpserver.Offer{}, reply.Reply{Code: 250}
}

func (p probe) OutOfOrder(_ order.Verb, why reply.Reason) reply.Reply { return why.Reply(p.profile) }
func (probe) TLS(tls.ConnectionState)                                 {}
func (p probe) StartTLS() reply.Reply                                 { return p.refuse() }
func (p probe) Auth(string) (auth.Exchange, reply.Reply)              { return nil, p.refuse() }
func (p probe) AuthEnd(error) reply.Reply                             { return p.refuse() }
func (probe) Trusted() bool                                           { return false }
func (probe) Relays() bool                                            { return false }
func (probe) Complete(routing.Address) routing.Address                { return routing.Address{} }
func (p probe) Mail(envelope.Envelope) reply.Reply                    { return p.refuse() }
func (p probe) Rcpt(envelope.Recipient) reply.Reply                   { return p.refuse() }
func (p probe) Data(io.Reader) reply.Reply                            { return p.refuse() }
func (probe) Reset()                                                  {}
func (probe) Close()                                                  {}
