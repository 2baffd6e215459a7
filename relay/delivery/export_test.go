package delivery

import "github.com/interchange-smtp/interchange/internal/smtpclient"

// SetTimeouts shortens the waits of s.
func (s *Sender) SetTimeouts(t smtpclient.Timeouts) { s.timeouts = t }
