package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"

	"github.com/interchange-smtp/interchange/bench/naive"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/relay/gateway"
)

// allocations counts the allocations of a message, with relays that run in this
// process, which does nothing else at that time.
func (b *bench) allocations(messages int) {
	fmt.Println("\nAllocations a message, 10 sessions")
	for _, kept := range []bool{false, true} {
		l := load{kept, 10, messages, 1 << 10}
		base, size := b.allocated(l, serveNaive)
		fmt.Printf("%v: naive %.1f, %.1f KiB\n", l, base, size)
		for _, name := range []string{"sync", "deliver-first", "queue-first"} {
			n, size := b.allocated(l, b.serveOurs(name))
			target{what: fmt.Sprintf("16 %s %.1f, %.1f KiB; beyond naive", name, n, size), got: n - base, must: 40, ambitious: 15, atMost: true}.print()
		}
	}
}

// allocated returns how many allocations, and KiB, a message of a load takes.
func (b *bench) allocated(l load, serve func(net.Listener) (end func())) (count, kib float64) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	end := serve(listener)
	defer end()
	had, warm := b.sink.messages(), l
	warm.messages = 10 * l.sessions
	warm.send(listener.Addr().String())
	b.sink.await(had + warm.messages)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	l.send(listener.Addr().String())
	b.sink.await(had + warm.messages + l.messages)
	runtime.ReadMemStats(&after)
	n := float64(l.messages)
	return float64(after.Mallocs-before.Mallocs) / n, float64(after.TotalAlloc-before.TotalAlloc) / 1024 / n
}

func serveNaive(l net.Listener) (end func()) {
	go naive.Serve(l, sinkAddr)
	return func() { l.Close() }
}

// serveOurs assembles a relay as the gateway of that name does.
func (b *bench) serveOurs(name string) func(net.Listener) func() {
	return func(l net.Listener) func() {
		policy, err := jsonconfig.Compile("gateway.json", gatewayConfig(l.Addr().String(), name == "queue-first", 1))
		check(err)
		dir, err := os.MkdirTemp(b.dir, "allocations-")
		check(err)
		log, err := os.Create(filepath.Join(dir, "log"))
		check(err)
		logger := slog.New(slog.NewTextHandler(log, nil))
		g := &gateway.Gateway{Config: gateway.Config{Policy: policy}, Logger: logger}
		if name != "sync" {
			g.Dir = filepath.Join(dir, "data")
		}
		g.Server.Listen = func(context.Context, string, string) (net.Listener, error) { return l, nil }
		check(g.Start(context.Background()))
		return func() {
			check(g.Shutdown(context.Background()))
			check(log.Close())
			check(os.RemoveAll(dir))
		}
	}
}
