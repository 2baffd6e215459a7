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

// maxTarpits is how many replies of a server are delayed at a time. Each keeps a connection, so that clients
// that are refused on purpose must not have all.
const maxTarpits = 1024

var tarpitPool = pool{"Tarpits", maxTarpits, quarter}

// Tarpits bounds how many replies are delayed at a time. A source gets a quarter of what the others leave. The
// zero value is ready to use.
type Tarpits struct{ busy shares }

// Begin begins the delay of a reply to a source, or returns the limit if there are too many: the reply comes at
// once then.
func (t *Tarpits) Begin(source netip.Addr) *State {
	return t.busy.reserve(&tarpitPool, source, 1, false)
}

// End undoes Begin.
func (t *Tarpits) End(source netip.Addr) { t.busy.release(source, 1) }

// State returns the counter of a source.
func (t *Tarpits) State(source netip.Addr) State { return t.busy.current(&tarpitPool, source) }
