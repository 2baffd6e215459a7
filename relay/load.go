package relay

import (
	"net/netip"
	"sync"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
)

// load counts the connections of one Receive connector. It outlives policies,
// for connections do too.
type load struct {
	mu      sync.Mutex
	total   int
	sources map[netip.Addr]int // by network.Source; never more entries than connections
}

// overload says which limit a connection would break.
type overload uint8

const (
	within overload = iota
	overTotal
	overSource
)

// enter counts a connection from source unless it would break a limit.
func (l *load) enter(r *connector.Receive, source netip.Addr) overload {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.MaxInboundConnection != param.Unlimited {
		free := int(r.MaxInboundConnection) - l.total
		if free <= 0 {
			return overTotal
		}
		if l.sources[source] >= share(free, r.MaxInboundConnectionPercentagePerSource) {
			return overSource
		}
	}
	if n := r.MaxInboundConnectionPerSource; n != param.Unlimited && l.sources[source] >= int(n) {
		return overSource
	}
	if l.sources == nil {
		l.sources = make(map[netip.Addr]int)
	}
	l.total++
	l.sources[source]++
	return within
}

// leave is enter's opposite.
func (l *load) leave(source netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if l.sources[source]--; l.sources[source] == 0 {
		delete(l.sources, source)
	}
}

// share returns percent of free, rounded up.
func share(free, percent int) int { return (free*percent + 99) / 100 }
