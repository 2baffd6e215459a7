package metrics_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/metrics"
	"github.com/interchange-smtp/interchange/relay/gateway"
)

// A registry serves the metrics of a gateway beside those of the program.
func Example() {
	policy, err := connector.Compile(connector.Config{})
	if err != nil {
		log.Fatal(err)
	}
	g := &gateway.Gateway{Config: gateway.Config{Policy: policy}}
	g.Server.Listen = func(context.Context, string, string) (net.Listener, error) { return nil, net.ErrClosed }
	m := metrics.New(g)
	g.Events = append(g.Events, m.Read)
	registry := prometheus.NewRegistry()
	registry.MustRegister(m)
	handler := promhttp.HandlerFor(registry, promhttp.HandlerOpts{}) // for http.Handle("GET /metrics", …)

	ctx := context.Background()
	if err := g.Start(ctx); err != nil {
		log.Fatal(err)
	}
	defer g.Shutdown(ctx)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(w.Body.String()) {
		if strings.HasPrefix(line, "interchange_panics_total") {
			fmt.Print(line)
		}
	}
	// Output:
	// interchange_panics_total 0
}
