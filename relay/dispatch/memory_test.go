package dispatch_test

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/dispatch"
)

// heap returns the memory in use.
func heap() int {
	runtime.GC()
	runtime.GC() // what sync.Pools keep goes with the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// zeroes is lines that are never in memory together.
type zeroes struct{ left int }

func (z *zeroes) Read(p []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), z.left)
	for i := range p[:n] {
		p[i] = "x-a: b\r\n"[(z.left-i)%8]
	}
	z.left -= n
	return n, nil
}

// TestLargeMessages: messages whose clients wait take no memory beyond the budget,
// however many and large they are, and leave no files.
func TestLargeMessages(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const budget, size, clients = 1 << 20, 2 << 20, 100
		dir := ""
		w := newWorld(t, config(byDNS()), func(w *world) {
			w.tune = func(d *dispatch.Dispatcher) { d.Memory, dir = budget, d.Dir }
		})
		w.at("192.0.2.1", "b.example")
		w.net.Silence(netip.MustParseAddrPort("192.0.2.1:25"))
		before := heap()
		var group sync.WaitGroup
		ctx, cancel := context.WithCancel(context.Background())
		for range clients {
			group.Go(func() {
				env := w.envelope(deliverFirst, "a@contoso.com")
				env.To = append(env.To, rcpt("1@b.example"))
				if _, err := relay.Deliver(ctx, w.d, env, io.MultiReader(strings.NewReader(letter), &zeroes{size})); !errors.Is(err, context.Canceled) {
					t.Errorf("Deliver: %v", err)
				}
			})
		}
		time.Sleep(time.Second)
		if used := heap() - before; used > budget+clients*10_000 {
			t.Errorf("%d bytes of memory for %d messages", used, clients)
		}
		cancel()
		group.Wait()
		if list, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(list) > 0 {
			t.Errorf("files left: %v, %v", list, err)
		}
	})
}

// TestNoRoomForBodies: a message that can't be kept while the client waits is
// one to come back with.
func TestNoRoomForBodies(t *testing.T) {
	w := newWorld(t, config(byDNS()), func(w *world) {
		w.tune = func(d *dispatch.Dispatcher) { d.Memory, d.Dir = 1, filepath.Join(d.Dir, "missing") }
	})
	expect(t, "no directory", w.mail(deliverFirst, "1@b.example"), "452 4.3.1")
	if _, err := os.Stat(w.d.Dir); err == nil {
		t.Error("the directory is there")
	}
}

// TestBrokenBody: of a message that broke off nothing is anywhere.
func TestBrokenBody(t *testing.T) {
	for _, in := range []string{deliverFirst, queueFirst} {
		for _, size := range []int{0, 10, 100_000, 1 << 20} {
			w := newWorld(t, config(byDNS()))
			env := w.envelope(in, "a@contoso.com")
			env.To = append(env.To, rcpt("1@b.example"))
			broken := errors.New("client gone")
			_, err := relay.Deliver(context.Background(), w.d, env, io.MultiReader(&zeroes{size}, iotest.ErrReader(broken)))
			if !errors.Is(err, broken) {
				t.Errorf("%s, %d bytes: %v", in, size, err)
			}
			if q := w.queued(); q != "" {
				t.Errorf("%s, %d bytes: queued %q", in, size, q)
			}
		}
	}
}
