package relay

import (
	"context"
	"math"
	"net/netip"
	"time"

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
