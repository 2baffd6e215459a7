package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/logfile"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/dispatch"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/tracking"
)

const (
	// shutdownGrace is how long transactions and delivery attempts may take to end when
	// Run stops.
	shutdownGrace = 30 * time.Second
	// cutGrace is how long connections that were cut off may take to end. They have
	// nothing to wait for.
	cutGrace = 5 * time.Second
)

// ErrNotRunning is returned by Reload and SetCertificates before Start and after Shutdown, and
// by Wait before Start.
var ErrNotRunning = errors.New("the gateway is not running")

// Gateway receives, queues and delivers mail. Config.Policy must be set; every other
// field may be zero. Fields must not change once Start was called. The methods are
// safe for concurrent use; a Gateway is started once.
type Gateway struct {
	// Config is the Gateway's configuration until Reload replaces it; CurrentConfig
	// returns the present one.
	Config Config

	// Dir is the data directory. It has the queue, the operator's socket, the Server's
	// KnownSources and the Dispatcher's SmartHostCounts and SuspendedHops unless they are set, and messages that are too
	// large for memory while their clients wait. Start makes it if it is absent; it must be accessible to its owner only (mode 0700; on Windows, to the user
	// that runs the Gateway, administrators and the system), and one process at a time can
	// use it.
	//
	// With neither Dir nor Store there is no queue: a message is accepted only after
	// its next hop has accepted it.
	Dir string

	// OnReload is called when an operator asks at the operator's socket for a reload (package
	// control). It reads the configuration and calls Reload; its error is the answer. ctx ends
	// when the operator has gone or the Gateway shuts down. Nil: the request is refused.
	OnReload func(ctx context.Context) error

	// OnConsoleLink returns the address for one logon at the program's console in the browser, when an
	// operator asks for it at the operator's socket. Nil: the request is refused.
	OnConsoleLink func() (string, error)

	// OnStatus is called with each Status before it is returned or sent, and adds what the program
	// knows, such as LostLines of logs of its own. It may be called by several goroutines at once. Nil: it
	// adds nothing.
	OnStatus func(*control.Status)

	// Store keeps the queue in place of Dir, and there is an operator's socket only if
	// Dir is set as well. The caller closes the Store, after Shutdown or Run.
	Store queue.Store

	// LogDir is the base directory of the logs that Set-TransportService describes, for those
	// whose path isn't absolute. The files are Exchange's in form and name. Reload changes the
	// settings. A log that can't be written loses lines, which is an event, and delays and
	// refuses no mail. "": there are no such logs.
	LogDir string

	// LogOutput gets the lines of some of the logs in place of files. A log whose path is
	// $null isn't written there either.
	LogOutput map[Log]io.Writer

	// Events are called with each event of the Server, the Sender and the Dispatcher, after
	// their own Events, and with those that the program reports by Report.
	Events []event.Reader

	// Logger is for the parts that have no Logger of their own. Nil: they don't log.
	Logger *slog.Logger

	// Server, Sender and Dispatcher do the work. Their fields may be set before Start,
	// except those that the Gateway sets: Handler and the fields of Config of the
	// Server, Certificates, RootCAs and Sign of the Sender, Transport, Store and Policy of the
	// Dispatcher; Start refuses them. Send connectors that don't use SMTP have their
	// transports in the Dispatcher's ByConnector. After Start their methods may be called,
	// except those that start, reconfigure or stop them. The Dispatcher is not used if there
	// is no queue.
	Server     relay.Server
	Sender     delivery.Sender
	Dispatcher dispatch.Dispatcher

	once   sync.Once
	joined event.Reader // the Logger, Events and past
	past   statusReader
	state  atomic.Int32 // a state; changed while mu is held

	mu       sync.Mutex  // guards what follows, and one Reload at a time
	current  Config      // of new sessions
	queue    queue.Store // nil: there is no queue
	operator *control.Server
	logs     map[Log]*logfile.Log
	tracker  *tracking.Log
	ended    chan struct{} // closed when the Server serves no more
	err      error         // why; to be read when ended is closed
}

// state says how far a Gateway is.
type state = int32

const (
	unstarted state = iota
	starting
	running
	stopping
	stopped
)

// Run starts the Gateway and serves until ctx ends, or until it can't accept
// connections any more, which is an error. Then it shuts down, with 30 seconds for
// transactions and attempts to end.
func (g *Gateway) Run(ctx context.Context) error {
	if err := g.Start(ctx); err != nil {
		return err
	}
	var err error
	select {
	case <-ctx.Done():
	case <-g.ended:
		err = g.err
	}
	grace, cancel := afterwards(ctx, shutdownGrace)
	defer cancel()
	return errors.Join(err, g.Shutdown(grace))
}

// Start opens the queue, the operator's socket and all bindings, and returns when
// connections are accepted. ctx bounds that and nothing else. If anything can't be
// opened, everything is closed again and the error says what it was.
func (g *Gateway) Start(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.state.Load() != unstarted {
		return errors.New("a gateway is started once")
	}
	if err := errors.Join(g.checkParts(), g.check(g.Config)); err != nil {
		return err
	}
	g.state.Store(starting)
	g.current, g.ended = g.Config, make(chan struct{})
	err := g.open(ctx)
	if err == nil {
		err = g.listen(ctx)
	}
	if err == nil {
		g.state.Store(running)
		g.Report(ctx, event.Event{Kind: event.Started, Policy: g.current.Policy.Fingerprint()})
		return nil
	}
	g.state.Store(stopped)
	grace, cancel := afterwards(ctx, shutdownGrace)
	defer cancel()
	return errors.Join(err, g.close(grace))
}

// checkParts returns an error for each field of the parts that is set although the Gateway sets it.
func (g *Gateway) checkParts() error {
	var errs []error
	for _, field := range []struct {
		set           bool
		name, instead string
	}{
		{g.Server.Handler != nil, "Server.Handler", "Server.Hooks, or a transport in Dispatcher.ByConnector"},
		{g.Server.Policy != nil, "Server.Policy", "Config.Policy"},
		{g.Server.Verifier != nil, "Server.Verifier", "Config.Verifier"},
		{g.Server.Certificates != nil, "Server.Certificates", "Config.Certificates"},
		{g.Server.ClientCAs != nil, "Server.ClientCAs", "Config.ClientCAs"},
		{g.Sender.Certificates != nil, "Sender.Certificates", "Config.Certificates"},
		{g.Sender.Sign != nil, "Sender.Sign", "Config.Sign"},
		{g.Sender.RootCAs != nil, "Sender.RootCAs", "Config.RootCAs"},
		{g.Dispatcher.Transport != nil, "Dispatcher.Transport", "Dispatcher.ByConnector"},
		{g.Dispatcher.Store != nil, "Dispatcher.Store", "Store"},
		{g.Dispatcher.Policy != nil, "Dispatcher.Policy", "Config.Policy"},
	} {
		if field.set {
			errs = append(errs, fmt.Errorf("a gateway sets %s itself; set %s instead", field.name, field.instead))
		}
	}
	return errors.Join(errs...)
}

// check returns an error if the Gateway can't work by c.
func (g *Gateway) check(c Config) error {
	if len(g.Dispatcher.ByConnector) > 0 && g.Dir == "" && g.Store == nil {
		return errors.New("a Send connector can have a transport of its own only if there is a queue")
	}
	if err := c.Check(); err != nil {
		return err
	}
	return g.Dispatcher.Check(c.Policy)
}

// listen opens the bindings and serves them. It returns when they accept connections.
func (g *Gateway) listen(ctx context.Context) error {
	g.makeLogDir() // in the data directory, which is there now
	accepting := make(chan struct{})
	announce := sync.OnceFunc(func() { close(accepting) })
	listen := g.Server.Listen
	if listen == nil {
		// The Server has a limit for every wait, so TCP needn't look for lost clients.
		listen = (&net.ListenConfig{KeepAlive: -1}).Listen
	}
	g.Server.Listen = func(ctx context.Context, network, address string) (net.Listener, error) {
		l, err := listen(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &announced{l, announce}, nil
	}
	if len(g.Config.Policy.Bindings()) == 0 {
		announce()
	}
	go func() {
		defer close(g.ended)
		g.err = g.Server.ListenAndServe(context.WithoutCancel(ctx))
	}()
	select {
	case <-accepting:
		return nil
	case <-g.ended:
		return g.err
	}
}

// announced is a listener that calls announce when its first connection is waited for.
// The Server begins with that when all bindings are open.
type announced struct {
	net.Listener
	announce func()
}

func (l *announced) Accept() (net.Conn, error) {
	l.announce()
	return l.Listener.Accept()
}

// Wait returns when the Gateway has stopped accepting connections: nil after Shutdown,
// and an error if it couldn't go on. Even then Shutdown must be called. Before Start it
// returns ErrNotRunning.
func (g *Gateway) Wait() error {
	g.mu.Lock()
	ended := g.ended
	g.mu.Unlock()
	if ended == nil {
		return ErrNotRunning
	}
	<-ended
	return g.err
}

// Reload replaces the configuration. New sessions and delivery attempts work by next;
// sessions that are open end by the configuration that they began with. Bindings that
// are new are opened, and those that are gone are closed. The event Reloaded says so. If next
// can't be served, the error says why, and everything goes on by the previous configuration; the
// program reports that as ReloadFailed, together with mistakes for which it doesn't call Reload.
func (g *Gateway) Reload(next Config) error {
	begin := time.Now()
	if err := g.reload(next); err != nil {
		return err
	}
	g.Report(context.Background(), event.Event{Kind: event.Reloaded, Policy: next.Policy.Fingerprint(), Duration: time.Since(begin)})
	return nil
}

func (g *Gateway) reload(next Config) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.state.Load() != running {
		return ErrNotRunning
	}
	if err := g.check(next); err != nil {
		return err
	}
	// While some mail is still sent by the old policy and some by the new one, the
	// certificates that either names must be there.
	old := g.current.Certificates
	g.Sender.SetCertificates(append(next.Certificates[:len(next.Certificates):len(next.Certificates)], old...))
	if err := g.Server.Reload(relay.Config{Policy: next.Policy, Verifier: next.Verifier, Certificates: next.Certificates, ClientCAs: next.ClientCAs}); err != nil {
		g.Sender.SetCertificates(old)
		return err
	}
	g.Sender.SetCertificates(next.Certificates)
	g.Sender.SetRootCAs(next.RootCAs)
	g.Sender.SetSign(next.Sign)
	g.current = next
	g.setLogs(next.Policy)
	if g.queue == nil {
		return nil
	}
	return g.Dispatcher.SetPolicy(next.Policy)
}

// CurrentConfig returns the configuration of new sessions and attempts.
func (g *Gateway) CurrentConfig() Config {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.state.Load() == unstarted {
		return g.Config
	}
	return g.current
}

// CurrentPolicy returns the policy of CurrentConfig.
func (g *Gateway) CurrentPolicy() *connector.Policy { return g.CurrentConfig().Policy }

// SetCertificates replaces the certificates of the configuration. Open sessions go on, and
// every handshake that begins later has the new certificates. If a connector lacks its
// certificate then, the error says so and nothing has changed.
func (g *Gateway) SetCertificates(certificates []tls.Certificate) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.state.Load() != running {
		return ErrNotRunning
	}
	next := g.current
	next.Certificates = certificates
	if err := next.Check(); err != nil {
		return err
	}
	if err := g.Server.SetCertificates(certificates); err != nil {
		return err
	}
	g.Sender.SetCertificates(certificates)
	g.current = next
	return nil
}

// Shutdown stops accepting mail: idle clients are told 421, transactions and delivery
// attempts may end until ctx does, and are cut off then. That is logged and no error:
// nothing is lost that was acknowledged, and undelivered messages stay on the queue.
// An error says what could not be closed. Only the first call does anything.
func (g *Gateway) Shutdown(ctx context.Context) error {
	g.mu.Lock()
	begins := g.state.CompareAndSwap(running, stopping)
	if !begins {
		g.state.CompareAndSwap(unstarted, stopped)
	}
	g.mu.Unlock()
	if !begins {
		return nil
	}
	defer g.state.Store(stopped)
	return g.close(ctx)
}

// close ends what open and listen began, in the order that loses nothing.
func (g *Gateway) close(ctx context.Context) error {
	if g.operator != nil {
		g.operator.Close()
	}
	var attempts sync.WaitGroup
	if g.queue != nil {
		// At the same time as the Server: transactions wait for attempts.
		attempts.Go(func() {
			if err := g.Dispatcher.Shutdown(ctx); err != nil {
				g.Logger.Warn("delivery attempts were cut off; their messages stay on the queue")
			}
		})
	}
	err := g.Server.Shutdown(ctx)
	if err != nil && ctx.Err() != nil {
		g.Logger.Warn("transactions were cut off; none of them was acknowledged")
		cut, cancel := afterwards(ctx, cutGrace)
		defer cancel()
		err = g.Server.Shutdown(cut)
	}
	attempts.Wait()
	err = errors.Join(err, g.Sender.Close())
	g.closeLogs(ctx)
	if g.queue != nil && g.Store == nil {
		err = errors.Join(err, g.queue.Close())
	}
	return err
}

// afterwards returns a context that lasts for grace, though ctx may have ended.
func afterwards(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), grace)
}
