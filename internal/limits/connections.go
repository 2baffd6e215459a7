package limits

import (
	"net/netip"
	"sync"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
)

// Connections counts the connections of one Receive connector. It outlives a
// change of policy, as connections do. The zero value is ready to use.
type Connections struct {
	mu      sync.Mutex
	total   int
	sources map[netip.Addr]int // by network.Source; with at most one entry for each connection
}

// Overload says which limit one more connection would exceed.
type Overload uint8

// The limits.
const (
	WithinLimits Overload = iota
	OverTotal             // MaxInboundConnection
	OverSource            // MaxInboundConnectionPerSource, or the percentage
)

// Enter counts a connection from source, unless it would exceed a limit.
func (c *Connections) Enter(r *connector.Receive, source netip.Addr) Overload {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.MaxInboundConnection != param.Unlimited {
		free := int(r.MaxInboundConnection) - c.total
		if free <= 0 {
			return OverTotal
		}
		if c.sources[source] >= share(free, r.MaxInboundConnectionPercentagePerSource) {
			return OverSource
		}
	}
	if n := r.MaxInboundConnectionPerSource; n != param.Unlimited && c.sources[source] >= int(n) {
		return OverSource
	}
	if c.sources == nil {
		c.sources = make(map[netip.Addr]int)
	}
	c.total++
	c.sources[source]++
	return WithinLimits
}

// Leave undoes Enter.
func (c *Connections) Leave(source netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total--
	if c.sources[source]--; c.sources[source] == 0 {
		delete(c.sources, source)
	}
}

// Open returns how many connections are counted.
func (c *Connections) Open() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.total
}

// share returns percent of free, rounded up.
func share(free, percent int) int { return int((int64(free)*int64(percent) + 99) / 100) }
