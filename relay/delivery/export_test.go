package delivery

import (
	"context"
	"net"

	"github.com/interchange-smtp/interchange/internal/smtpclient"
)

// SetTimeouts shortens the waits of s.
func (s *Sender) SetTimeouts(t smtpclient.Timeouts) { s.timeouts = t }

// DropIdle closes the connections that have nothing to do.
func (s *Sender) DropIdle() {
	s.pool.mu.Lock()
	var keys []linkKey
	for k := range s.pool.links {
		keys = append(keys, k)
	}
	s.pool.mu.Unlock()
	for _, k := range keys {
		s.pool.drop(k)
	}
}

// DialNameServers replaces how s connects to the name servers that the policy lists.
func (s *Sender) DialNameServers(dial func(ctx context.Context, network, address string) (net.Conn, error)) {
	s.resolvers.Dial = dial
}
