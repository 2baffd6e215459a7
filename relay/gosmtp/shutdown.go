package gosmtp

import (
	"context"
	"time"
)

// Shutdown ends the connections of b's Listeners: an idle client gets 421, any other one
// when its transaction has ended. New connections are refused. When ctx ends, Shutdown
// closes the remaining connections and returns the cause of ctx. go-smtp's own Shutdown only
// waits; call it afterwards. A Backend that was shut down can't be used again.
func (b *Backend) Shutdown(ctx context.Context) error {
	b.mu.Lock()
	b.stopping.Store(true)
	for c := range b.conns {
		c.interrupt()
	}
	b.mu.Unlock()
	done := make(chan struct{})
	go func() {
		b.open.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	b.mu.Lock()
	open := make([]*conn, 0, len(b.conns))
	for c := range b.conns {
		open = append(open, c)
	}
	b.mu.Unlock()
	for _, c := range open {
		_ = c.Close() // it may have ended by itself
	}
	return context.Cause(ctx)
}

// enter registers c unless b is shutting down.
func (b *Backend) enter(c *conn) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stopping.Load() {
		return false
	}
	if b.conns == nil {
		b.conns = make(map[*conn]struct{})
	}
	b.conns[c] = struct{}{}
	b.open.Add(1)
	return true
}

// exit undoes enter.
func (b *Backend) exit(c *conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.conns, c)
	b.open.Done()
}

// interrupt ends c unless a transaction is open.
func (c *conn) interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	if !c.busy {
		_ = c.Conn.SetReadDeadline(time.Now()) // go-smtp sends 421 at a timeout
	}
}

// setBusy notes whether a transaction is open.
func (c *conn) setBusy(busy bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy = busy
	c.last = c.last || c.stopped && !busy
}
