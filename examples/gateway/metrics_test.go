package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
)

// scrape returns the metrics at an address.
func scrape(t *testing.T, address string) string {
	t.Helper()
	resp, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s, %v: %s", resp.Status, err, text)
	}
	return string(text)
}

// expiryOf returns the line about the certificate of a Receive connector.
func expiryOf(connector string, at time.Time) string {
	return fmt.Sprintf("interchange_certificate_expiry_timestamp_seconds{connector=%q,direction=\"receive\"} %g\n", connector, float64(at.Unix()))
}

// TestServeMetrics: Prometheus is shown when the certificate of a connector expires, until the
// gateway ends.
func TestServeMetrics(t *testing.T) {
	site, address := newSite(t), exampletest.Free(t)
	s := startServing(t, site.flags("-metrics", address)...)
	if want := "Metrics are at http://" + address + "/metrics\n"; !strings.Contains(s.said, want) {
		t.Errorf("%s lacks %q", s.said, want)
	}
	_, leaf, err := readCertificate(site.file("cert"))
	if err != nil {
		t.Fatal(err)
	}
	text := scrape(t, address)
	for _, want := range []string{expiryOf("Relay", leaf.NotAfter), "\ngo_goroutines ", "\ninterchange_ready 1\n", `interchange_sessions{connector="Relay",tls="none"} 0`, `event="started"`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s lacks %q", text, want)
		}
	}
	s.end(t)
	if conn, err := net.Dial("tcp", address); err == nil {
		conn.Close()
		t.Error("metrics are served after the end")
	}
}

// TestServeMetricsMistake: an address that can't be listened at ends serve with its name.
func TestServeMetricsMistake(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var out bytes.Buffer
	address := l.Addr().String()
	if code := run([]string{"serve", "-config", relayFile(t, exampletest.Free(t)), "-metrics", address}, nil, &out, &out); code != exitNo || !strings.Contains(out.String(), "-metrics "+address+": ") {
		t.Errorf("exit %d, %s", code, &out)
	}
}
