// Command otlp is a gateway with a queue that exports traces by OTLP over HTTP, if one of the
// standard environment variables says where to:
//
//	OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 otlp -data /var/lib/gateway connectors.ps1
//
// Package tracing says which spans there are. The other variables of OpenTelemetry hold as well, such as
// OTEL_SERVICE_NAME, OTEL_EXPORTER_OTLP_HEADERS and OTEL_TRACES_SAMPLER.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/gateway"
	"github.com/interchange-smtp/interchange/tracing"
)

// exportGrace bounds how long the last spans may take to leave at the end.
const exportGrace = 10 * time.Second

func main() {
	data := flag.String("data", "/var/lib/gateway", "`DIR`ectory of the queue")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *data, flag.Args()...); err != nil {
		log.Fatal(err)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, data string, files ...string) error {
	loaded, err := load.Files(ctx, load.Options{}, files...)
	if err != nil {
		return err // every mistake, with its file and line
	}
	g := &gateway.Gateway{Config: gateway.Config{Policy: loaded.Policy}, Dir: data, Logger: slog.Default()}
	provider, err := newProvider(ctx)
	if err != nil {
		return err
	}
	if provider == nil {
		return g.Run(ctx)
	}
	t := &tracing.Tracer{Provider: provider}
	g.Server.Hooks = []relay.Hooks{t.Hooks()}
	g.Events = []event.Reader{t.Read}
	err = g.Run(ctx)
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), exportGrace)
	defer cancel()
	return errors.Join(err, provider.Shutdown(grace))
}

// newProvider returns a provider that exports as the environment says; nil if that has no endpoint.
func newProvider(ctx context.Context) (*trace.TracerProvider, error) {
	if cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT")) == "" {
		return nil, nil
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, err
	}
	about, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "interchange")), resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		return nil, err
	}
	return trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(about)), nil
}
