package limits

import (
	"net/netip"
	"sync"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
)

// Connections counts the connections of one Receive connector. It outlives a
// change of policy, as connections do. The zero value is ready to use.
type Connections struct {
	mu      sync.Mutex
	total   int
	sources map[netip.Addr]int // by network.Source; with at most one entry for each connection
}

// Enter counts a connection from source, or returns the limit that it would exceed.
func (c *Connections) Enter(r *connector.Receive, source netip.Addr) *Reached {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.states(r, source) {
		if s.Limit == "" || s.Value < s.Bound {
			continue
		}
		s.Value++
		if s.By == BySource {
			s.name(source)
			return &Reached{s, reply.TooManyConnectionsPerSource}
		}
		return &Reached{s, reply.TooManyConnections}
	}
	if c.sources == nil {
		c.sources = make(map[netip.Addr]int)
	}
	c.total++
	c.sources[source]++
	return nil
}

// States returns the counters of the connector and of a source.
func (c *Connections) States(r *connector.Receive, source netip.Addr) (all []State) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.states(r, source) {
		if s.name(source); s.Limit != "" {
			all = append(all, s)
		}
	}
	return all
}

// states returns the counters, in the order in which they refuse, without the source as Key. A limit that r doesn't have is
// zero. The caller holds mu.
func (c *Connections) states(r *connector.Receive, source netip.Addr) (all [3]State) {
	own := int64(c.sources[source])
	if limit := r.MaxInboundConnection; limit != param.Unlimited {
		all[0] = State{Limit: "MaxInboundConnection", By: ByConnector, Key: r.Name, Value: int64(c.total), Bound: int64(limit)}
		free := int(limit) - c.total
		all[1] = State{Limit: "MaxInboundConnectionPercentagePerSource", By: BySource, Value: own, Bound: int64(share(free, r.MaxInboundConnectionPercentagePerSource))}
	}
	if limit := r.MaxInboundConnectionPerSource; limit != param.Unlimited {
		all[2] = State{Limit: "MaxInboundConnectionPerSource", By: BySource, Value: own, Bound: int64(limit)}
	}
	return all
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
