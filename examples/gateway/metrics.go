package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/interchange-smtp/interchange/metrics"
)

// Limits of requests for metrics.
const (
	metricsInFlight = 4
	metricsTimeout  = 10 * time.Second
)

// countEvents makes the metrics of -metrics read the events of the gateway, which hasn't started.
func (r *relayProcess) countEvents() {
	if r.flags.metrics != "" {
		r.metrics = metrics.New(r.gateway)
		r.gateway.Events = append(r.gateway.Events, r.metrics.Read)
	}
}

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
		r.metrics)
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
