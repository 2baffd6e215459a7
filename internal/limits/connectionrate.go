package limits

import (
	"net/netip"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
)

// ConnectionRate counts the connections of a server in windows of a minute, by
// MaxConnectionRatePerMinute. A source may have three quarters of what the others leave. The zero value is ready
// to use.
type ConnectionRate struct {
	mu      sync.Mutex
	end     time.Time // of the window
	total   int
	sources map[netip.Addr]int // in the window; by network.Source, rateKeys at most
}

// Enter counts a connection of a source, unless that would exceed limit or the source's share of it.
func (r *ConnectionRate) Enter(limit int, source netip.Addr, now time.Time) *Reached {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !now.Before(r.end) {
		r.end, r.total = now.Add(rateWindow), 0
		r.sources = make(map[netip.Addr]int)
	}
	if s := r.state(limit, source); s.Value >= s.Bound {
		s.Value++
		s.name(source)
		return &Reached{s, reply.TooManyNewConnections}
	}
	r.total++
	if _, known := r.sources[source]; known || len(r.sources) < rateKeys {
		r.sources[source]++
	}
	return nil
}

// State returns the counter of a source or, if that is nearer to its bound, of all sources.
func (r *ConnectionRate) State(limit int, source netip.Addr, now time.Time) State {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := new(ConnectionRate).state(limit, source)
	if now.Before(r.end) {
		s = r.state(limit, source)
	}
	s.name(source)
	return s
}

// state is State in a window that isn't over, without a Key. The caller holds mu.
func (r *ConnectionRate) state(limit int, source netip.Addr) State {
	s := State{Limit: "MaxConnectionRatePerMinute", By: ByServer, Value: int64(r.total), Bound: int64(limit), Until: r.end, Window: rateWindow}
	if s.Value >= s.Bound {
		return s
	}
	own := int64(r.sources[source])
	s.By, s.Value, s.Bound = BySource, own, threeQuarters(s.Bound-(s.Value-own))
	return s
}
