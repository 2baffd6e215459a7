package relay

import (
	"crypto/tls"
	"net/netip"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/routing"
)

// Envelope is one transaction: everything known of a message except its content. The
// Server makes it at MAIL; one goroutine at a time uses it, until the transaction is
// closed.
type Envelope struct {
	envelope.Envelope
	To []envelope.Recipient // the accepted recipients, in order; only Hooks.Message may change it

	Inbound   *connector.Inbound   // the Receive connector; nil if no Server made the Envelope
	Policy    *connector.Policy    // by which recipients are routed; a Server sets that of Inbound
	Principal permission.Principal // the identity by which the session's permissions were computed
	Rights    permission.Set       // what the session may do; a spam filter passes over one with permission.BypassAntiSpam
	Local     netip.AddrPort       // the address that the client has called
	TLS       *tls.ConnectionState // of the connection, not to be changed; nil: in the clear

	trace  *connector.Trace // Route appends its steps to it; nil: they are not recorded
	routed *connector.Route // the last one that Route returned
}

// Route returns where the Policy sends mail for a recipient, which may be nowhere. The
// declared size of the message counts. Where the decisions of a Receive connector are
// explained in the log, the steps that led to the route are too.
func (e *Envelope) Route(to routing.Address) connector.Route {
	r := e.Policy.Route(to, e.Size, e.trace)
	if e.trace != nil {
		last := r // so that only an explained route is allocated
		e.routed = &last
	}
	return r
}
