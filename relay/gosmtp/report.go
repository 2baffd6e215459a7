package gosmtp

import (
	"context"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/limits"
	"github.com/interchange-smtp/interchange/relay/event"
)

// report passes an event on to the Events, and writes its line.
func (b *Backend) report(e event.Event) {
	b.reading.Do(func() { b.emit = event.Log(b.Logger, b.Events...) })
	if b.emit != nil {
		e.Time = time.Now()
		b.emit(context.Background(), e)
	}
}

// event returns an event of c.
func (c *conn) event(kind event.Kind) event.Event {
	return event.Event{Kind: kind, Connector: c.in.Name(), Local: c.local, Remote: c.remote}
}

// limitReached reports that a limit has refused something to c.
func (b *Backend) limitReached(c *conn, over limits.State) {
	e := c.event(event.LimitReached)
	over.Fill(&e)
	b.report(e)
}

// endedBy reports that a limit of errors ends c. The counter has exceeded it by past.
func (b *Backend) endedBy(c *conn, limit string, bound, past int) {
	b.limitReached(c, limits.State{Limit: limit, By: limits.ByConnection, Value: int64(bound + past), Bound: int64(bound)})
}

// refused reports a connection that is turned away.
func (b *Backend) refused(c *conn, reason reply.Reason, answer string) {
	e := event.Event{Kind: event.ConnectionRefused, Local: c.local, Remote: c.remote}
	if c.in != nil {
		e = c.event(event.ConnectionRefused)
	}
	e.Reason, e.Reply = reason, answer
	b.report(e)
}

// enterCounts counts c for the limits of connections, or returns the limit that it would exceed.
func (b *Backend) enterCounts(c *conn, now time.Time) *limits.Reached {
	if over := c.count.connections.Enter(c.settings, c.source); over != nil {
		return over
	}
	over := b.rate.Enter(c.in.Policy().Service().MaxConnectionRatePerMinute, c.source, now)
	if over != nil {
		c.count.connections.Leave(c.source)
	}
	return over
}

// overLimit reports and returns the refusal of a command by a limit.
func (s *session) overLimit(over *limits.Reached) error {
	s.backend.limitReached(s.conn, over.State)
	return s.decide(s.conn.in.Decide(over.Reason))
}
