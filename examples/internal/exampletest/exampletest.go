// Package exampletest runs the example programs in their tests: it finds addresses for
// them, starts and stops them, and is the next hop of their mail.
package exampletest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// Listen listens on loopback until the test ends.
func Listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// given are the addresses that Free has returned.
var given sync.Map

// Free returns an address at which nothing listens, another one at each call. Its port is not among
// those that systems give to sockets that ask for any port, so that no other test gets it meanwhile.
func Free(t *testing.T) string {
	t.Helper()
	for {
		const first, ports = 10_000, 20_000
		address := fmt.Sprintf("127.0.0.1:%d", first+rand.IntN(ports))
		l, err := net.Listen("tcp", address)
		if err != nil {
			continue // it is taken
		}
		l.Close()
		if _, again := given.LoadOrStore(address, true); !again {
			return address
		}
	}
}

// Sink is a next hop that keeps the messages, and the port of 127.0.0.1 that it serves.
func Sink(t *testing.T) (*relaytest.Sink, uint16) {
	t.Helper()
	l := Listen(t)
	sink := &relaytest.Sink{}
	go sink.Serve(l)
	t.Cleanup(func() { sink.Close() })
	return sink, Port(l.Addr().String())
}

// Port returns the port of an address.
func Port(address string) uint16 { return netip.MustParseAddrPort(address).Port() }

// File writes a file that exists until the test ends, and returns its path.
func File(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Start runs a program, returns when an address answers, and returns a function that
// stops the program and waits for its end. That happens at the end of the test at the
// latest.
func Start(t *testing.T, address string, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	var err error
	go func() {
		err = run(ctx)
		close(ended)
	}()
	stop = func() {
		t.Helper()
		cancel()
		<-ended
		if err != nil {
			t.Error(err)
			err = nil
		}
	}
	t.Cleanup(stop)
	for {
		conn, dialError := net.Dial("tcp", address)
		if dialError == nil {
			conn.Close()
			return stop
		}
		select {
		case <-ended:
			t.Fatal("the program has ended: ", err)
		case <-time.After(10 * time.Millisecond): // the operating system doesn't say when the program listens
		}
	}
}
