package gateway_test

import (
	"context"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/relay/gateway"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestShutdownOrder: the listeners close first, open sessions finish the transaction
// that they are in, a client that waits for a slow next hop gets its 250, the attempt
// ends, and the queue isn't touched any more once Shutdown has returned.
func TestShutdownOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t}
		sink := w.sink(25 * time.Second)
		g := w.gateway(config("fabrikam.com", server+":25"))
		store := newRecorder()
		g.Store = store
		w.start(g)
		held, idle, open := w.session(server+":25"), w.session(server+":25"), w.session(server+":25")
		submit(held, "bob@fabrikam.com")
		open.Do("MAIL FROM:<ann@fabrikam.com>", 250)
		open.Do("RCPT TO:<carl@fabrikam.com>", 250)
		time.Sleep(time.Second)

		begun, ended := time.Now(), make(chan error, 1)
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			ended <- g.Shutdown(ctx)
		}()
		synctest.Wait()
		if _, err := w.dial(server + ":25"); err == nil {
			t.Error("a listener is still open")
		}
		idle.Expect(421)
		held.Expect(250) // it is on the queue now, and its attempt goes on
		open.Do("DATA", 354)
		open.Send("Subject: late", "", "Hello.", ".")
		open.Expect(250)
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if took := time.Since(begun); took != 24*time.Second {
			t.Errorf("shut down after %v, not when the attempt ended", took)
		}
		if n := len(sink.Messages()); n != 1 {
			t.Errorf("the next hop has %d messages", n)
		}
		if left := waiting(t, store); left != "carl@fabrikam.com" {
			t.Errorf("waiting: %q", left)
		}
		calls := store.noted()
		time.Sleep(time.Hour)
		if later := store.noted(); len(later) != len(calls) || slices.Contains(later, "Close") {
			t.Errorf("the store was used after Shutdown, or closed: %q", later)
		}
	})
}

// TestShutdownCutsOff: what takes longer than the context is cut off, which is logged
// and no error; the messages stay on the queue.
func TestShutdownCutsOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t}
		w.sink(time.Minute)
		g := w.gateway(config("fabrikam.com", server+":25"))
		var text relaytest.Log
		store := newRecorder()
		g.Store, g.Logger = store, slog.New(slog.NewTextHandler(&text, nil))
		w.start(g)
		submit(w.session(server+":25"), "bob@fabrikam.com")
		open := w.session(server + ":25")
		open.Do("MAIL FROM:<ann@fabrikam.com>", 250)
		open.Do("RCPT TO:<carl@fabrikam.com>", 250)
		open.Do("DATA", 354)
		time.Sleep(time.Second)
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		begun := time.Now()
		if err := g.Shutdown(ctx); err != nil || time.Since(begun) != 10*time.Second {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		open.Closed()
		if left := waiting(t, store); left != "bob@fabrikam.com" {
			t.Errorf("waiting: %q", left)
		}
		for _, want := range []string{"transactions were cut off", "delivery attempts were cut off"} {
			if strings.Count(text.String(), want) != 1 {
				t.Errorf("the log lacks %q:\n%s", want, &text)
			}
		}
	})
}

// TestRun: Run serves until its context ends, and shuts down then.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t}
		g := w.gateway(config("fabrikam.com", server+":25"))
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- g.Run(ctx) }()
		synctest.Wait()
		idle := w.session(server + ":25")
		stop()
		idle.Expect(421)
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// TestRunFails: a listener that fails for good ends Run with its error, and the
// other listener and the sessions with it.
func TestRunFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t}
		g := w.gateway(config("fabrikam.com", server+":25", server+":2525"))
		listen := g.Server.Listen
		g.Server.Listen = func(ctx context.Context, network, address string) (net.Listener, error) {
			l, err := listen(ctx, network, address)
			if strings.HasSuffix(address, ":2525") {
				l = failing{l}
			}
			return l, err
		}
		err := g.Run(context.Background())
		if err == nil || !strings.Contains(err.Error(), errAccept.Error()) || !strings.Contains(err.Error(), ":2525") {
			t.Errorf("ended with %v", err)
		}
		if _, err := w.dial(server + ":25"); err == nil {
			t.Error("a listener is still open")
		}
	})
}

// TestLifeCycle: what can't be done in a state is an error, and nothing else happens.
func TestLifeCycle(t *testing.T) {
	w := &world{t: t}
	g := w.gateway(config("fabrikam.com", server+":25"))
	if err := g.Reload(g.Config); err != gateway.ErrNotRunning {
		t.Errorf("Reload before Start: %v", err)
	}
	w.start(g)
	if err := g.Start(t.Context()); err == nil {
		t.Error("started twice")
	}
	w.session(server+":25").Do("QUIT", 221)
	for range 2 {
		if err := g.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
	if err := g.Reload(g.Config); err != gateway.ErrNotRunning {
		t.Errorf("Reload after Shutdown: %v", err)
	}
	if err := g.Start(t.Context()); err == nil {
		t.Error("started after Shutdown")
	}
	if err := new(gateway.Gateway).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "policy") {
		t.Errorf("without a policy: %v", err)
	}
}
