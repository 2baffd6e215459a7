package limits

import (
	"net/netip"
	"sync"
)

// shareOf is the part of a limit that one source may have: one part in shareOf of what the
// others leave free. So no number of greedy sources can have everything.
const shareOf = 4

// shares divides a limit among sources. It is safe for concurrent use.
type shares struct {
	mu      sync.Mutex
	held    int64
	sources map[netip.Addr]int64 // at most one entry for each connection
}

// reserve reserves n of limit for a source and returns true, unless that would exceed the
// source's share. With free it does so in any case.
func (s *shares) reserve(limit int64, source netip.Addr, n int64, free bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.sources[source]
	others := s.held - own
	if !free && own+n > (limit-others)/shareOf {
		return false
	}
	if s.sources == nil {
		s.sources = make(map[netip.Addr]int64)
	}
	s.held += n
	s.sources[source] = own + n
	return true
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
