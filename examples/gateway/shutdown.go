package main

import (
	"context"
	"errors"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

const (
	// shutdownGrace is what transactions and attempts get to end by themselves.
	shutdownGrace = 30 * time.Second
	// cutGrace is what those get that were cut off then. They have nothing to
	// wait for.
	cutGrace = 5 * time.Second
)

// shutdown stops accepting mail, tells idle clients 421, and lets transactions
// end. What is on the queue by then stays there.
func (r *relayProcess) shutdown() error {
	// The next signal does what it does to any process: nothing that was
	// acknowledged is lost by that.
	signal.Reset(syscall.SIGINT, syscall.SIGTERM)
	r.logger.Info("stopping; a second signal ends it at once", "grace", shutdownGrace)
	grace, cancel := context.WithTimeout(context.Background(), shutdownGrace)
	defer cancel()
	var attempts sync.WaitGroup
	if r.queue != nil {
		// At the same time, for transactions wait for attempts.
		attempts.Go(func() { r.queue.shutdown(grace) })
	}
	err := r.server.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		r.logger.Warn("transactions were cut off; none of them was acknowledged")
		cut, cancel := context.WithTimeout(context.Background(), cutGrace)
		defer cancel()
		err = r.server.Shutdown(cut)
	}
	attempts.Wait()
	if r.queue != nil {
		err = errors.Join(err, r.queue.close())
	}
	return err
}
