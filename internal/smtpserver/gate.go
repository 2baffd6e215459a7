package smtpserver

import "sync"

// gate lets a shutdown interrupt a read, but only a read that waits for a command
// outside of a transaction.
type gate struct {
	sync.Mutex
	closed, waiting bool
}

// enter reports whether the read may begin.
func (g *gate) enter() bool {
	g.Lock()
	defer g.Unlock()
	g.waiting = !g.closed
	return g.waiting
}

// leave ends the read and reports whether a shutdown has begun.
func (g *gate) leave() bool {
	g.Lock()
	defer g.Unlock()
	g.waiting = false
	return g.closed
}

// isClosed reports whether a shutdown has begun.
func (g *gate) isClosed() bool {
	g.Lock()
	defer g.Unlock()
	return g.closed
}
