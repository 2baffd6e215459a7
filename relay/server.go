package relay

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/smtpserver"
)

// Defaults of a Server.
const (
	defaultMaxConnections = 20_000
	implicitTLSPort       = 465  // RFC 8314, section 3.3
	largeBuffers          = 1024 // of 16 KiB, for connections that send more than a little

	// shutdownGrace is what transactions get when the context of
	// ListenAndServe ends.
	shutdownGrace = 30 * time.Second
)

// Server serves the Receive connectors of a Policy. Its fields must not change
// once it serves; its methods are safe for concurrent use. A Server that was
// shut down can't be used again.
type Server struct {
	Policy  *connector.Policy // what to serve until SetPolicy or Reload says otherwise
	Handler Handler           // takes the messages; it may be a Router too

	// Verifier checks passwords. Without one AUTH is neither offered nor
	// taken, whatever the connectors say.
	Verifier auth.Verifier

	// Certificates are those that connectors choose from. Without any,
	// STARTTLS is not offered, and a connector that can't do without is an
	// error.
	Certificates []tls.Certificate

	// ClientCAs are the authorities that make a client of a domain-secured
	// connector a Partner. Without any there are no Partners.
	ClientCAs *x509.CertPool

	// ImplicitTLS tells whether connections to a local address begin with TLS.
	// Without it those to port 465 do.
	ImplicitTLS func(local netip.AddrPort) bool

	// Listen opens a binding for ListenAndServe and SetPolicy; network is
	// "tcp4" or "tcp6". Without it the operating system does.
	Listen func(ctx context.Context, network, address string) (net.Listener, error)

	// MaxConnections bounds the connections of all connectors together;
	// 0 is 20000. Negative: no bound.
	MaxConnections int

	// Logger gets what happens to connections and messages. Without it
	// nothing is logged.
	Logger *slog.Logger

	// ProtocolLog gets the conversations of connectors with ProtocolLoggingLevel
	// Verbose, one Write per line. A slow writer slows those down; what one that
	// fails doesn't take is lost, and the Logger tells when that begins and how
	// many lines it was.
	ProtocolLog io.Writer

	// Explain tells by name for which Receive connectors every decision is
	// logged with the steps that led to it, under an id that stands in the reply
	// as well. It is asked once for each connection and must be safe for
	// concurrent use. Without it none is.
	Explain func(connector string) bool

	once sync.Once
	stop context.Context // ends when Shutdown begins
	hard context.Context // ends when connections are cut off
	halt context.CancelFunc
	kill context.CancelFunc

	serving      atomic.Pointer[serving]
	protocol     protocolWriter
	transactions shares
	memory       shares // of transactions
	buffers      *smtpserver.Buffers
	guesses      guesses

	policyMu sync.Mutex // one change of policy at a time
	bound    map[netip.AddrPort]net.Listener
	failed   chan error // an accept loop of ListenAndServe that ended in error

	mu        sync.Mutex
	stopping  bool
	listeners map[net.Listener]struct{}
	conns     map[net.Conn]struct{}
	wg        sync.WaitGroup // conns
}

// ErrServerClosed is returned when a Server is asked to serve after it was
// shut down.
var ErrServerClosed = errors.New("relay: server closed")

// init makes what the zero Server lacks.
func (s *Server) init() {
	s.once.Do(func() {
		s.stop, s.halt = context.WithCancel(context.Background())
		s.hard, s.kill = context.WithCancel(context.Background())
		s.listeners = make(map[net.Listener]struct{})
		s.conns = make(map[net.Conn]struct{})
		s.buffers = smtpserver.NewBuffers(largeBuffers)
		s.transactions.limit, s.memory.limit = maxTransactions, memoryLimit
		if s.Logger == nil {
			s.Logger = slog.New(slog.DiscardHandler)
		}
		s.protocol.w, s.protocol.logger = s.ProtocolLog, s.Logger
	})
}

// Serve serves the connections of l, whose local addresses pick the connector,
// until l fails or the Server is shut down; it closes l. It returns nil after
// Shutdown or Close, and at once an error if the Server can't serve its
// policy.
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
	s.serveConn(c)
	return nil
}

// begin compiles the first policy.
func (s *Server) begin() error {
	s.policyMu.Lock()
	defer s.policyMu.Unlock()
	if s.serving.Load() != nil {
		return nil
	}
	next, err := s.prepare(s.Policy, s.Verifier, s.Certificates)
	if err != nil {
		return err
	}
	s.serving.Store(next)
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
			go s.serveConn(c)
			continue
		case s.stop.Err() != nil || errors.Is(err, net.ErrClosed):
			return nil
		case !temporary(err):
			return err
		}
		// Out of file descriptors, for one. What is there goes on.
		s.Logger.Warn("accept failed", "listener", l.Addr().String(), "error", err, "retry", wait)
		select {
		case <-time.After(wait):
			wait = min(2*wait, last)
		case <-s.stop.Done():
			return nil
		}
	}
}

// temporary reports whether Accept may work when it is tried again.
func temporary(err error) bool {
	var t interface{ Temporary() bool }
	return errors.As(err, &t) && t.Temporary()
}

// Shutdown stops accepting connections, tells idle clients 421 4.3.2, and lets
// transactions end until ctx does. Then it cuts off what is left and returns
// the cause of ctx. Nothing that was cut off has been acknowledged.
func (s *Server) Shutdown(ctx context.Context) error {
	s.init()
	s.halting()
	defer s.protocol.end()
	done := make(chan struct{})
	go func() {
		s.wg.Wait()
		close(done)
	}()
	select {
	case <-done:
		s.kill()
		return nil
	case <-ctx.Done():
		s.cut()
		return context.Cause(ctx)
	}
}

// Close stops accepting connections and cuts all off, without waiting for
// their handlers to return.
func (s *Server) Close() error {
	s.init()
	s.halting()
	s.cut()
	return nil
}

// halting closes the listeners and asks connections to end.
func (s *Server) halting() {
	s.mu.Lock()
	s.stopping = true
	for l := range s.listeners {
		_ = l.Close() // there is nothing to be done about it
	}
	s.mu.Unlock()
	s.halt()
}

// cut ends connections and handlers at once.
func (s *Server) cut() {
	s.kill()
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.Close() // it may have ended by itself
	}
}

// addListener registers l unless the Server stops.
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
	_ = l.Close() // often the second time
}

// enter registers c. It returns false if the Server stops or is full.
func (s *Server) enter(c net.Conn) (ok, full bool) {
	limit := s.MaxConnections
	if limit == 0 {
		limit = defaultMaxConnections
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return false, false
	}
	if limit > 0 && len(s.conns) >= limit {
		return false, true
	}
	s.conns[c] = struct{}{}
	s.wg.Add(1)
	return true, false
}

// leave is enter's opposite.
func (s *Server) leave(c net.Conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	s.wg.Done()
}
