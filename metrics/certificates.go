package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/interchange-smtp/interchange/relay/gateway"
)

var certificateExpiry = prometheus.NewDesc("interchange_certificate_expiry_timestamp_seconds",
	"When the certificate that a connector shows expires, in seconds since 1970.", []string{"direction", "connector"}, nil)

// certificates is the Collector of NewCertificates.
type certificates struct {
	expiries func() []gateway.Expiry
}

// NewCertificates returns a Collector of interchange_certificate_expiry_timestamp_seconds. It
// calls expiries at each scrape, from several goroutines at once if there are several scrapes.
// expiries has one Expiry for a connector, such as the Expiries of a Gateway's CurrentConfig.
func NewCertificates(expiries func() []gateway.Expiry) prometheus.Collector {
	return certificates{expiries}
}

// Describe implements prometheus.Collector.
func (c certificates) Describe(to chan<- *prometheus.Desc) { to <- certificateExpiry }

// Collect implements prometheus.Collector.
func (c certificates) Collect(to chan<- prometheus.Metric) {
	for _, e := range c.expiries() {
		direction := "send"
		if e.Receive {
			direction = "receive"
		}
		m, err := prometheus.NewConstMetric(certificateExpiry, prometheus.GaugeValue, float64(e.At.Unix()), direction, e.Connector)
		if err != nil { // the name isn't UTF-8
			m = prometheus.NewInvalidMetric(certificateExpiry, err)
		}
		to <- m
	}
}
