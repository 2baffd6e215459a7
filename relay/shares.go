package relay

import (
	"net/netip"
	"sync"
)

// Transactions, and the memory for their headers and recipients, are common
// goods of a Server: a connector's limits for one message times its limit for
// connections would be gigabytes. So there are limits for all clients together,
// of which each source gets a part only, and a client that would exceed them is
// told to come back. Memory is counted in bytes as sent, which take about three.
const (
	maxTransactions = 1024 // at a time; Postfix serves 100 clients at a time by default

	memoryLimit = 10 << 20
	memoryMost  = memoryLimit / 8 // what one transaction may have
	memoryFree  = 2 << 10         // what every transaction may have even so
	memoryRcpt  = 256             // a recipient, apart from its text
	memoryEOL   = 16              // a line end: a note is kept on every field of a header

	// shareOf is the part that a source may have of what the others leave. So
	// the last of it can't be had by any number of greedy sources.
	shareOf = 4
)

// shares divides a limit among the sources. It is safe for concurrent use.
type shares struct {
	limit int64

	mu      sync.Mutex
	held    int64
	sources map[netip.Addr]int64 // no more entries than connections
}

// take takes n for a source, and reports whether that is within its share. What
// is free is taken in any case.
func (s *shares) take(source netip.Addr, n int64, free bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.sources[source]
	others := s.held - own
	if !free && own+n > (s.limit-others)/shareOf {
		return false
	}
	if s.sources == nil {
		s.sources = make(map[netip.Addr]int64)
	}
	s.held += n
	s.sources[source] = own + n
	return true
}

// give gives n back.
func (s *shares) give(source netip.Addr, n int64) {
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
