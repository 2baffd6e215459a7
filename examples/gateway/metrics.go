package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/interchange-smtp/interchange/metrics"
	"github.com/interchange-smtp/interchange/relay/gateway"
)

// Limits of requests for metrics.
const (
	metricsInFlight = 4
	metricsTimeout  = 10 * time.Second
)

// serveMetrics listens at the address of -metrics, and serves until the server is closed.
// Without the flag the server does nothing.
func (r *relayProcess) serveMetrics() (*http.Server, error) {
	address := r.flags.metrics
	if address == "" {
		return &http.Server{}, nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("-metrics %s: %w", address, err)
	}
	r.metricsAt = l.Addr().String()
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		metrics.NewCertificates(r.expiries))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: metricsInFlight, Timeout: metricsTimeout}))
	r.addHealth(mux)
	server := &http.Server{Handler: mux, ReadTimeout: metricsTimeout, WriteTimeout: 2 * metricsTimeout, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10}
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			r.logger.Error("metrics are no longer served", "error", err)
		}
	}()
	return server, nil
}

// expiries returns when the certificates of the connectors expire. Those by ACME replace those
// of -cert, as they do in handshakes; if their directory can't be read, they are missing.
func (r *relayProcess) expiries() []gateway.Expiry {
	config := r.gateway.CurrentConfig()
	all := config.Expiries()
	if r.acme == nil {
		return all
	}
	stored, _ := storedCertificates(r.flags.acme.dir) // an alert sees that they are missing
	for in := range config.Policy.Receive() {
		c, ok := stored[strings.ToLower(in.Fqdn())]
		if !ok || !in.BeginsTLS() || in.Settings().TlsCertificateName != "" {
			continue
		}
		all = slices.DeleteFunc(all, func(e gateway.Expiry) bool { return e.Receive && e.Connector == in.Name() })
		all = append(all, gateway.Expiry{Receive: true, Connector: in.Name(), At: c.leaf.NotAfter})
	}
	return all
}
