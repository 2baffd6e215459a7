package relay

import (
	"context"
	"math"
	"net/netip"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/limits"
	"github.com/interchange-smtp/interchange/relay/event"
)

// admit counts a connection of a source for each limit of connections, or returns the limit that it would
// exceed.
func (s *Server) admit(ep *endpoint, source netip.Addr, now time.Time) *limits.Reached {
	if over := s.places.Enter(s.maxConnections(), source); over != nil {
		return over
	}
	over := ep.connections.Enter(ep.settings, source)
	if over == nil {
		if over = s.rate.Enter(ep.rate, source, now); over == nil {
			return nil
		}
		ep.connections.Leave(source)
	}
	s.places.Leave(source)
	return over
}

// dismiss undoes admit. The rate stays counted.
func (s *Server) dismiss(ep *endpoint, source netip.Addr) {
	ep.connections.Leave(source)
	s.places.Leave(source)
}

// maxConnections returns MaxConnections, with its default and without a negative value.
func (s *Server) maxConnections() int {
	switch {
	case s.MaxConnections == 0:
		return defaultMaxConnections
	case s.MaxConnections < 0:
		return math.MaxInt
	}
	return s.MaxConnections
}

// limitReached reports that a limit has refused something, or slowed it down. e says where.
func (s *Server) limitReached(e event.Event, reached limits.State) {
	if s.emit == nil {
		return
	}
	e.Kind, e.Time = event.LimitReached, time.Now()
	reached.Fill(&e)
	s.emit(context.Background(), e)
}

// policyLimit reports the limit because of which the policy has refused a command or a message, if it has: of the
// numbers of the message or, at RCPT, of its recipients.
func (s *session) policyLimit(why reply.Reason, m connector.Message, recipients int) {
	if s.server.emit == nil {
		return
	}
	r := s.endpoint.settings
	over := limits.State{By: limits.ByMessage}
	switch why {
	case reply.TooManyRecipients:
		over.Limit, over.Value, over.Bound = "MaxRecipientsPerMessage", int64(recipients), int64(r.MaxRecipientsPerMessage)
	case reply.EnvelopeTooLarge:
		over.Limit, over.Value, over.Bound = "MaxRecipientEnvelopeLimit", int64(recipients), int64(s.endpoint.in.Policy().Transport().MaxRecipientEnvelopeLimit)
	case reply.MessageTooLarge:
		over.Limit, over.Value, over.Bound = "MaxMessageSize", m.Size, s.rules.MaxSize()
		if over.Bound != int64(r.MaxMessageSize) {
			over.Limit = "MaxReceiveSize"
		}
	case reply.HeaderTooLarge:
		over.Limit, over.Value, over.Bound = "MaxHeaderSize", m.HeaderSize, int64(r.MaxHeaderSize)
	case reply.HopCountExceeded:
		over.Limit, over.Value, over.Bound = "MaxLocalHopCount", int64(m.LocalHops), int64(r.MaxLocalHopCount.Or(0))
		if m.Hops > r.MaxHopCount {
			over.Limit, over.Value, over.Bound = "MaxHopCount", int64(m.Hops), int64(r.MaxHopCount)
		}
	default:
		return
	}
	over.Value = max(over.Value, over.Bound+1) // a message that is too large isn't read to its end
	s.limitReached(over)
}
