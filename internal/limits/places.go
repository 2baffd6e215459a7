package limits

import (
	"net/netip"

	"github.com/interchange-smtp/interchange/connector/reply"
)

// Places bounds how many connections a server has at a time, all connectors together. A source gets three
// quarters of what the others leave. The zero value is ready to use.
type Places struct{ taken shares }

// placePool returns the pool for a limit.
func placePool(limit int) *pool { return &pool{"MaxConnections", int64(limit), threeQuarters} }

// Enter takes a place for a connection of a source, unless that would exceed limit or the source's share of
// it.
func (p *Places) Enter(limit int, source netip.Addr) *Reached {
	over := p.taken.reserve(placePool(limit), source, 1, false)
	switch {
	case over == nil:
		return nil
	case over.By == BySource:
		return &Reached{*over, reply.TooManyConnectionsPerSource}
	}
	return &Reached{*over, reply.TooManyConnections}
}

// Leave undoes Enter.
func (p *Places) Leave(source netip.Addr) { p.taken.release(source, 1) }

// State returns the counter of a source.
func (p *Places) State(limit int, source netip.Addr) State {
	return p.taken.current(placePool(limit), source)
}

// Pool bounds how many of something a server has at a time, such as delayed replies. A source gets a quarter of
// what the others leave.
type Pool struct {
	pool  pool
	taken shares
}

// NewPool returns a Pool for a limit of that name.
func NewPool(name string, limit int) *Pool { return &Pool{pool: pool{name, int64(limit), quarter}} }

// Take takes one for a source, or returns the limit that this would exceed.
func (p *Pool) Take(source netip.Addr) *State { return p.taken.reserve(&p.pool, source, 1, false) }

// Give undoes Take.
func (p *Pool) Give(source netip.Addr) { p.taken.release(source, 1) }

// State returns the counter of a source.
func (p *Pool) State(source netip.Addr) State { return p.taken.current(&p.pool, source) }

// MostlyFree reports whether less than half are taken.
func (p *Pool) MostlyFree() bool {
	p.taken.mu.Lock()
	defer p.taken.mu.Unlock()
	return p.taken.held < p.pool.limit/2
}
