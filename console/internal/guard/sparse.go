package guard

import (
	"sync"
	"time"
)

// sparseLines is how many lines a minute a Sparse lets through.
const sparseLines = 10

// Sparse keeps clients from filling the log: it lets ten lines through in a minute, which begins
// with the first of them. The zero Sparse is ready to use, and it is safe for concurrent use.
type Sparse struct {
	mu    sync.Mutex
	begun time.Time
	lines int // since begun, also those that were left out
}

// Line reports whether a line may be written now. more is how many were left out in the minute
// that the line ends.
func (s *Sparse) Line() (more int, ok bool) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.begun) >= time.Minute {
		more = max(0, s.lines-sparseLines)
		s.begun, s.lines = now, 0
	}
	s.lines++
	return more, s.lines <= sparseLines
}
