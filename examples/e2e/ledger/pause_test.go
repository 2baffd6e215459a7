//go:build unix

package ledger

import (
	"context"
	"math/rand/v2"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"
)

// leases returns how long the leases of a gateway last, and the tag that it is
// built with: a gateway with short leases, unless there is time for the normal ones.
func leases() (span time.Duration, tag string) {
	if os.Getenv("INTERCHANGE_LEDGER") != "" {
		return 2 * time.Minute, ""
	}
	return 3 * time.Second, "shortlease"
}

// TestPaused is the ledger of a gateway that is stopped by SIGSTOP for longer than
// its leases last, as a container that is paused or a virtual machine that is moved,
// and continues. Some clients take longer for their uploads than a lease lasts.
// Nothing is lost, stuck or sent twice because of it.
func TestPaused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := newWorld(t, dir, dir+"/data", false)
	span, tag := leases()
	w.gateway.binary = build(t, tag)
	w.gateway.start()
	w.send()
	ctx, giveUp := context.WithCancel(context.Background())
	enough, uploads := make(chan struct{}), sync.WaitGroup{}
	t.Cleanup(func() { giveUp(); uploads.Wait() })
	for i := range 4 {
		c := &client{ledger: w.ledger, address: w.first, rng: rand.New(rand.NewPCG(w.rng.Uint64(), uint64(i))), pause: span + w.between(time.Second, span)}
		uploads.Go(func() { c.run(ctx, enough) })
	}
	pauses := 0
	for end := time.Now().Add(duration(t)); pauses == 0 || time.Now().Before(end); pauses++ {
		time.Sleep(w.between(200*time.Millisecond, 1500*time.Millisecond))
		w.gateway.signal(syscall.SIGSTOP)
		time.Sleep(w.between(span*11/10, span*3/2))
		w.gateway.signal(syscall.SIGCONT)
	}
	time.Sleep(w.between(0, span)) // and on
	close(enough)
	uploads.Wait()
	for _, h := range w.hops {
		if err := h.heal(); err != nil {
			t.Fatal(err)
		}
	}
	w.report(w.finish(), pauses)
}
