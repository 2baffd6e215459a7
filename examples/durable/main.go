// Command durable is a gateway with a queue: what it has accepted is delivered or on disk.
// SIGHUP makes it read the policy again, SIGTERM stops it:
//
//	durable -data /var/lib/gateway connectors.ps1
package main

import (
	"context"
	"flag"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/relay/gateway"
)

func main() {
	data := flag.String("data", "/var/lib/gateway", "`DIR`ectory of the queue")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	if err := run(ctx, hangup, *data, flag.Args()...); err != nil {
		log.Fatal(err)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, hangup <-chan os.Signal, data string, files ...string) error {
	loaded, err := load.Files(ctx, load.Options{}, files...)
	if err != nil {
		return err // every mistake, with its file and line
	}
	g := &gateway.Gateway{Config: gateway.Config{Policy: loaded.Policy}, Dir: data, Logger: slog.Default()}
	go func() {
		for {
			select {
			case <-hangup:
			case <-ctx.Done():
				return
			}
			next, err := load.Files(ctx, load.Options{}, files...)
			if err == nil {
				err = g.Reload(gateway.Config{Policy: next.Policy}) // all of it, or nothing
			}
			slog.Info("reload", "error", err)
		}
	}()
	return g.Run(ctx)
}
