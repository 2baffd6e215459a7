package relay

import (
	"bytes"
	"errors"
	"net/netip"
	"sync"

	"github.com/interchange-smtp/interchange/internal/mailheader"
)

// All clients share a Server's transactions, and the memory for their headers and
// recipients: a connector's limits for one message times its limit for connections
// would be gigabytes. Each source gets a part of both only. A client that would exceed
// it is refused for now. Memory is counted in bytes as sent; it takes about three times
// as much.
const (
	maxTransactions = 1024 // at a time; Postfix serves 100 clients at a time by default

	memoryLimit = 10 << 20
	memoryMost  = memoryLimit / 8 // the most of one transaction
	memoryFree  = 2 << 10         // every transaction gets so much, whatever the others have
	memoryRcpt  = 256             // for a recipient, beside its text
	memoryEOL   = 16              // for a line end: each field of a header has an entry

	// A source may have one part in shareOf of what the others leave free. So no
	// number of greedy sources can have everything.
	shareOf = 4
)

// shares divides a limit among sources. It is safe for concurrent use.
type shares struct {
	limit int64

	mu      sync.Mutex
	held    int64
	sources map[netip.Addr]int64 // at most one entry for each connection
}

// reserve reserves n for a source and returns true, unless that would exceed its
// share. With free it does so in any case.
func (s *shares) reserve(source netip.Addr, n int64, free bool) bool {
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

// errNoMemory is the error of a header for which there is no memory for now.
var errNoMemory = errors.New("no memory left for headers")

// budget is the memory of one transaction.
type budget struct {
	memory *shares
	source netip.Addr
	held   int64
}

// reserve reports whether n more bytes fit the budget; if not, it reserves none.
func (b *budget) reserve(n int64) bool {
	if b.held+n > memoryMost || !b.memory.reserve(b.source, n, b.held+n <= memoryFree) {
		return false
	}
	b.held += n
	return true
}

// reserveHeader reserves memory for p, a part of a header. A header for which no
// transaction could have the memory is too large; any other may succeed later.
func (b *budget) reserveHeader(p []byte) error {
	ends := bytes.Count(p, []byte{'\r'}) + bytes.Count(p, []byte{'\n'})
	n := int64(len(p) + ends*memoryEOL)
	switch {
	case b.held+n > memoryMost:
		return mailheader.ErrTooLarge
	case !b.reserve(n):
		return errNoMemory
	}
	return nil
}

// release gives everything back.
func (b *budget) release() {
	b.memory.release(b.source, b.held)
	b.held = 0
}
