package relay

import (
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/proxyheader"
	"github.com/interchange-smtp/interchange/relay/event"
)

// proxyHeaderTime is how long a balancer may take for the header of a connection. It sends the
// header before anything that it waits for.
const proxyHeaderTime = 5 * time.Second

// isBalancer reports whether connections from a begin with a header of the PROXY protocol.
func (s *Server) isBalancer(a netip.Addr) bool {
	return isIn(s.ProxyFrom, a)
}

// isIn reports whether one of some ranges has a.
func isIn(ranges []param.Range, a netip.Addr) bool {
	return slices.ContainsFunc(ranges, func(r param.Range) bool { return r.Contains(a) })
}

// throughBalancer returns the client's connection that a balancer has passed on by its connection a.
// If there is no client, ok is false, and the connection has ended.
func (s *Server) throughBalancer(a arrival) (client arrival, ok bool) {
	c, header, err := proxyheader.Read(a.conn, proxyHeaderTime)
	switch {
	case errors.Is(err, proxyheader.ErrNothing): // a health check that only connects
	case err != nil:
		s.connectionRefused(event.Event{Local: a.local, Remote: a.remote, Err: err})
	case header.Own():
		a.conn = c
		s.answerProbe(a)
	default:
		client = arrival{conn: c, local: a.local, remote: header.Client,
			proxy: event.Proxy{Addr: a.remote, ID: header.ID, Name: header.Name, TLS: header.TLS}}
		if boundAt(s.current.Load().Policy.Bindings(), header.Server) {
			client.local = header.Server
		}
		return client, true
	}
	_ = a.conn.Close() // there is nothing to be lost
	return client, false
}
