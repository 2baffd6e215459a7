package gateway

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"log/slog"
	"net"
	"path/filepath"
	"slices"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/message"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/queue/spool"
)

// open connects the parts and opens everything but the bindings. What is open when it
// fails is for Shutdown to close.
func (g *Gateway) open(ctx context.Context) error {
	g.connect()
	switch {
	case g.Dir != "":
		if err := g.openDir(ctx); err != nil {
			return fmt.Errorf("data directory %w", source.FileError(g.Dir, err))
		}
	case g.Store != nil:
		if err := g.startDispatcher(ctx, g.Store); err != nil {
			return err
		}
		g.operator = g.newOperator(nil)
	default:
		g.operator = g.newOperator(nil)
	}
	return nil
}

// connect sets the fields of the parts that the Gateway decides on.
func (g *Gateway) connect() {
	g.reader() // before the Logger changes
	g.Logger = cmp.Or(g.Logger, slog.New(slog.DiscardHandler))
	g.openLogs()
	g.track()
	c := g.Config
	g.Sender.Certificates, g.Sender.RootCAs, g.Sender.Sign = c.Certificates, c.RootCAs, c.Sign
	if g.Sender.Messages == nil && g.Dir != "" {
		g.Sender.Messages = &message.Pool{Dir: g.Dir}
	}
	g.Sender.Events = append(slices.Concat(g.Sender.Events, g.Events), g.past.read)
	g.Sender.Logger = cmp.Or(g.Sender.Logger, g.Logger)
	g.Server.Policy, g.Server.Verifier, g.Server.Certificates, g.Server.ClientCAs = c.Policy, c.Verifier, c.Certificates, c.ClientCAs
	g.Server.Handler = &g.Sender
	if g.Server.KnownSources == "" && g.Dir != "" {
		g.Server.KnownSources = filepath.Join(g.Dir, "known-sources")
	}
	g.Server.Events = append(slices.Concat(g.Server.Events, g.Events), g.past.read)
	g.Server.Logger = cmp.Or(g.Server.Logger, g.Logger)
}

// openDir opens the data directory: the queue, unless there is another Store, and the
// operator's socket.
func (g *Gateway) openDir(ctx context.Context) error {
	if err := control.MakeDir(g.Dir); err != nil {
		return err
	}
	if err := control.CheckDir(g.Dir); err != nil {
		return err
	}
	store := g.Store
	if store == nil {
		opened, err := spool.Open(filepath.Join(g.Dir, control.QueueDir), spool.Options{Logger: g.Logger})
		if err != nil {
			return err
		}
		store = opened
	}
	if err := g.startDispatcher(ctx, store); err != nil {
		return err
	}
	// The queue is locked, so no other gateway uses the directory: a socket that
	// exists was left behind.
	listener, err := control.Listen(g.Dir)
	if err != nil {
		return err
	}
	g.operator = g.newOperator(listener)
	go func() {
		if err := g.operator.Serve(); err != nil {
			g.Logger.Error("the operator's socket failed: gateway queue gets no more answers", "error", err)
		}
	}()
	return nil
}

// newOperator returns the server for operators; without a listener there is no socket.
func (g *Gateway) newOperator(l net.Listener) *control.Server {
	var q control.Queue
	if g.queue != nil {
		q = &g.Dispatcher
	}
	s := control.NewServer(l, q, g.queue, g.Logger)
	s.Reload, s.Status, s.Limits, s.ConsoleLink = g.OnReload, g.Status, g.limits, g.OnConsoleLink
	return s
}

// Do answers a request of an operator in this process, as control.Do does for others through the operator's
// socket, also without Dir. Without a queue, requests about it are refused. control.WithUser says who asks. The
// error is control.ErrNoGateway before Start and after Shutdown.
func (g *Gateway) Do(ctx context.Context, r control.Request) iter.Seq2[control.Event, error] {
	g.mu.Lock()
	operator := g.operator
	g.mu.Unlock()
	if operator == nil {
		operator = &control.Server{}
	}
	return operator.Do(ctx, r)
}

// startDispatcher begins to deliver what is in store, which has the queue from now on.
func (g *Gateway) startDispatcher(ctx context.Context, store queue.Store) error {
	d := &g.Dispatcher
	d.Transport, d.Store, d.Policy = &g.Sender, store, g.Config.Policy
	d.Dir = cmp.Or(d.Dir, g.Dir)
	if d.SmartHostCounts == "" && g.Dir != "" {
		d.SmartHostCounts = filepath.Join(g.Dir, "smart-host-counts")
	}
	if d.SuspendedHops == "" && g.Dir != "" {
		d.SuspendedHops = filepath.Join(g.Dir, control.SuspendedHops)
	}
	d.Events = append(slices.Concat(d.Events, g.Events), g.past.read)
	d.Logger = cmp.Or(d.Logger, g.Logger)
	g.queue, g.Server.Handler = store, d
	return d.Start(ctx)
}
