package metrics_test

import (
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/interchange-smtp/interchange/metrics"
	"github.com/interchange-smtp/interchange/relay/gateway"
)

// A registry serves the metrics of a gateway beside those of the program.
func Example() {
	expiries := func() []gateway.Expiry { // a program has g.CurrentConfig().Expiries here
		return []gateway.Expiry{{Receive: true, Connector: "Internet", At: time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)}}
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(metrics.NewCertificates(expiries))

	w := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	fmt.Print(w.Body)
	// Output:
	// # HELP interchange_certificate_expiry_timestamp_seconds When the certificate that a connector shows expires, in seconds since 1970.
	// # TYPE interchange_certificate_expiry_timestamp_seconds gauge
	// interchange_certificate_expiry_timestamp_seconds{connector="Internet",direction="receive"} 1.8038592e+09
}
