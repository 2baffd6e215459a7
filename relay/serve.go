package relay

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/limits"
	"github.com/interchange-smtp/interchange/relay/event"
)

// Serve serves the connections of l, whose local addresses pick the connector,
// until l fails or the Server is shut down; it closes l. It returns nil after
// Shutdown or Close, and at once an error if the Server can't serve its
// policy. A connection at an address that is no binding of the policy, such as one of
// another port, is closed without a greeting; the event ConnectionRefused says so.
func (s *Server) Serve(l net.Listener) error {
	s.init()
	if err := s.begin(); err != nil {
		return errors.Join(err, l.Close())
	}
	if !s.addListener(l) {
		return errors.Join(ErrServerClosed, l.Close())
	}
	defer s.removeListener(l)
	return s.accept(l)
}

// ServeConn serves one connection and returns when it has ended.
func (s *Server) ServeConn(c net.Conn) error {
	s.init()
	if err := s.begin(); err != nil {
		return errors.Join(err, c.Close())
	}
	s.serveConn(nil, c)
	return nil
}

// begin prepares the first policy.
func (s *Server) begin() error {
	s.policyMu.Lock()
	defer s.policyMu.Unlock()
	if s.current.Load() != nil {
		return nil
	}
	next, err := s.prepare(s.config())
	if err != nil {
		return err
	}
	s.current.Store(next)
	return nil
}

// accept runs an accept loop.
func (s *Server) accept(l net.Listener) error {
	const first, last = 5 * time.Millisecond, time.Second
	wait := first
	for {
		c, err := l.Accept()
		switch {
		case err == nil:
			wait = first
			go s.serveConn(l, c)
			continue
		case s.shutdown.Err() != nil || errors.Is(err, net.ErrClosed):
			return nil
		case !temporary(err):
			return err
		}
		// Out of file descriptors, for one. Open connections go on.
		s.Logger.Warn("accept failed", "listener", l.Addr().String(), "error", err, "retry", wait)
		select {
		case <-time.After(wait):
			wait = min(2*wait, last)
		case <-s.shutdown.Done():
			return nil
		}
	}
}

// temporary reports whether Accept may work when it is tried again.
func temporary(err error) bool {
	var t interface{ Temporary() bool }
	return errors.As(err, &t) && t.Temporary()
}

// Shutdown stops accepting connections, sends idle clients 421 4.3.2, and lets
// transactions end until ctx does. Then it closes the connections that are still
// open and returns the cause of ctx. A message that is cut off in this way has not
// been acknowledged.
func (s *Server) Shutdown(ctx context.Context) error {
	s.init()
	s.beginShutdown()
	defer s.guesses.Close()
	done := make(chan struct{})
	go func() {
		s.wg.Wait()
		close(done)
	}()
	select {
	case <-done:
		s.closeAll()
		return nil
	case <-ctx.Done():
		s.closeConns()
		return context.Cause(ctx)
	}
}

// Close stops accepting connections and closes all open ones, without waiting for
// their handlers to return.
func (s *Server) Close() error {
	s.init()
	s.beginShutdown()
	s.closeConns()
	s.guesses.Close()
	return nil
}

// beginShutdown closes the listeners and asks connections to end.
func (s *Server) beginShutdown() {
	s.mu.Lock()
	s.stopping = true
	for l := range s.listeners {
		_ = l.Close() // an error changes nothing
	}
	s.mu.Unlock()
	s.startShutdown()
}

// closeConns ends connections and handlers at once.
func (s *Server) closeConns() {
	s.closeAll()
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.Close() // it may have ended by itself
	}
}

// addListener registers l unless the Server is shutting down.
func (s *Server) addListener(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return false
	}
	s.listeners[l] = struct{}{}
	return true
}

// removeListener closes l.
func (s *Server) removeListener(l net.Listener) {
	s.mu.Lock()
	delete(s.listeners, l)
	s.mu.Unlock()
	_ = l.Close() // often for the second time
}

// enter registers a and returns reply.Ready, or why it didn't.
func (s *Server) enter(a arrival) reply.Reason {
	limit := s.maxConnections()
	s.mu.Lock()
	open, stopping := len(s.conns), s.stopping
	if !stopping && open < limit {
		s.conns[a.conn] = struct{}{}
		s.wg.Add(1)
	}
	s.mu.Unlock()
	switch {
	case stopping:
		return reply.ShuttingDown
	case open >= limit:
		s.limitReached(event.Event{Local: a.local, Remote: a.remote}, limits.State{Limit: "MaxConnections", By: limits.ByServer, Value: int64(open) + 1, Bound: int64(limit)})
		return reply.TooManyConnections
	}
	return reply.Ready
}

// leave undoes enter.
func (s *Server) leave(c net.Conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	s.wg.Done()
}
