package relay

import (
	"net/netip"
	"sync"
)

// Headers and recipients are kept in memory, and a connector's limits for one
// message times its limit for connections would be gigabytes. So all
// transactions of a Server share a budget, of which each transaction and each
// source gets a part only; a client that would exceed it is told to come back.
// The budget is counted in bytes as sent, which take about three in memory.
const (
	memoryBudget = 10 << 20
	memoryMost   = memoryBudget / 8 // what one transaction may have
	memoryShare  = 4                // a source may have one part in so many of what the others leave
	memoryFree   = 2 << 10          // what every transaction may have even so
	memoryRcpt   = 256              // a recipient, apart from its text
	memoryEOL    = 16               // a line end: a note is kept on every field of a header
)

// budget is what all transactions hold. The zero budget is ready to use.
type budget struct {
	mu      sync.Mutex
	held    int64
	sources map[netip.Addr]int64 // no more entries than connections
}

// take takes n bytes for a transaction that holds had already. It reports
// whether they were there; if not, nothing was taken.
func (b *budget) take(source netip.Addr, had, n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	own := b.sources[source]
	others := b.held - own
	if had+n > memoryFree && (had+n > memoryMost || own+n > (memoryBudget-others)/memoryShare) {
		return false
	}
	if b.sources == nil {
		b.sources = make(map[netip.Addr]int64)
	}
	b.held += n
	b.sources[source] = own + n
	return true
}

// give gives n bytes back.
func (b *budget) give(source netip.Addr, n int64) {
	if n == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held -= n
	if b.sources[source] -= n; b.sources[source] <= 0 {
		delete(b.sources, source)
	}
}
