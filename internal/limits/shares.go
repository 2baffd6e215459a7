package limits

import (
	"net/netip"
	"sync"
)

// quarter is the part of what the others leave free that a source gets of memory and of other things that
// a single client needs little of.
func quarter(free int64) int64 { return free / 4 }

// threeQuarters is the part of what the others leave free that a source gets of connections: a server may
// have one client only. It is rounded up.
func threeQuarters(free int64) int64 { return free - free/4 }

// shares divides a limit among sources: each gets a part of what the others leave free, so that no number of
// greedy sources can have everything. It is safe for concurrent use.
type shares struct {
	mu      sync.Mutex
	held    int64
	sources map[netip.Addr]int64 // at most one entry for each connection
}

// pool is a limit that shares divide.
type pool struct {
	name  string // of the limit
	limit int64
	part  func(free int64) int64 // of what the others leave, for one source
}

// reserve reserves n of p for a source, or returns the limit that this would exceed. With free it reserves
// n in any case.
func (s *shares) reserve(p *pool, source netip.Addr, n int64, free bool) *State {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !free {
		if next := s.state(p, source, n); next.Value > next.Bound {
			over := next // on the heap, which next isn't
			over.name(source)
			return &over
		}
	}
	if s.sources == nil {
		s.sources = make(map[netip.Addr]int64)
	}
	s.held += n
	s.sources[source] += n
	return nil
}

// state returns the counter of a source with n more, or that of all sources if p doesn't have so much. It has
// no Key. The caller holds mu.
func (s *shares) state(p *pool, source netip.Addr, n int64) State {
	if s.held+n > p.limit {
		return State{Limit: p.name, By: ByServer, Value: s.held + n, Bound: p.limit}
	}
	own := s.sources[source]
	return State{Limit: p.name, By: BySource, Value: own + n, Bound: p.part(p.limit - (s.held - own))}
}

// current returns the counter of a source, and its bound.
func (s *shares) current(p *pool, source netip.Addr) State {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.state(p, source, 0)
	now.name(source)
	return now
}

// release undoes reserve.
func (s *shares) release(source netip.Addr, n int64) {
	if n == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held -= n
	if s.sources[source] -= n; s.sources[source] <= 0 {
		delete(s.sources, source)
	}
}
