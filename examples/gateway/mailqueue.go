package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/examples/gateway/internal/control"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/dispatch"
	"github.com/interchange-smtp/interchange/relay/queue/spool"
)

// mailQueue is what serve keeps mail with in its data directory: the spool, who
// works it off, and the socket of gateway queue.
type mailQueue struct {
	store      *spool.Spool
	dispatcher *dispatch.Dispatcher
	control    *control.Server
	logger     *slog.Logger
}

// openQueue opens the queue in dir, which is made if it isn't there, and begins
// to work it off. Nobody else can have it open.
func openQueue(ctx context.Context, dir string, sender *delivery.Sender, p *connector.Policy, limits queueLimits, logger *slog.Logger) (*mailQueue, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := control.CheckDir(dir); err != nil {
		return nil, err
	}
	store, err := spool.Open(filepath.Join(dir, "queue"), spool.Options{Logger: logger})
	if err != nil {
		return nil, err
	}
	q := &mailQueue{store: store, logger: logger}
	q.dispatcher = &dispatch.Dispatcher{
		Sender: sender, Store: store, Policy: p, Logger: logger, Dir: dir,
		MaxMessages: limits.messages, MinFree: int64(limits.free),
	}
	if err := q.dispatcher.Start(ctx); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	// Whoever has the spool is alone: a socket that is there was left behind.
	listener, err := control.Listen(dir)
	if err != nil {
		return nil, errors.Join(err, q.dispatcher.Shutdown(ctx), store.Close())
	}
	q.control = control.NewServer(listener, q.dispatcher, store, logger)
	go func() {
		if err := q.control.Serve(); err != nil {
			logger.Error("gateway queue can't be answered any more", "error", err)
		}
	}()
	return q, nil
}

// shutdown lets attempts end until ctx does. Mail that comes in meanwhile is
// queued.
func (q *mailQueue) shutdown(ctx context.Context) {
	q.control.Close()
	if err := q.dispatcher.Shutdown(ctx); err != nil {
		q.logger.Warn("attempts were cut off; their messages are on the queue")
	}
}

// close closes the store, when nothing more comes in.
func (q *mailQueue) close() error {
	if err := q.store.Close(); err != nil {
		return fmt.Errorf("closing the queue: %w", err)
	}
	return nil
}

// queueLimits are from when on no more mail is taken. Zero fields are the
// defaults of dispatch.Dispatcher.
type queueLimits struct {
	messages int
	free     param.Size
}
