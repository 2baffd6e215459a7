package delivery

import "github.com/interchange-smtp/interchange/internal/smtpclient"

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
