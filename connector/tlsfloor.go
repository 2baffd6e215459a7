package connector

import (
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/connector/param"
)

// AllowsLegacyTLS reports whether clients of the connector may use versions or cipher suites
// of TLS that connectors with default settings refuse. TlsLegacyEndDate is the last day on
// which they may.
func (r *Receive) AllowsLegacyTLS() bool {
	old := r.TlsMinimumVersion == param.Tls10 || r.TlsMinimumVersion == param.Tls11
	return old || len(r.legacySuites()) > 0
}

// legacySuites returns the cipher suites that TlsLegacyCipherSuites adds.
func (r *Receive) legacySuites() (added []string) {
	if r.TlsMinimumVersion == param.Tls13 {
		return nil // which has its own
	}
	for _, s := range r.TlsLegacyCipherSuites {
		if s.Legacy() {
			added = append(added, s.String())
		}
	}
	return added
}

// tlsFloor says in words what r with its defaults accepts of TLS; "" by default.
func (r *Receive) tlsFloor() string {
	if r.TlsMinimumVersion == param.Tls13 {
		return "TLS 1.3 is required"
	}
	if !r.AllowsLegacyTLS() {
		return ""
	}
	text := fmt.Sprintf("%s is accepted", r.TlsMinimumVersion.Words())
	if more := r.legacySuites(); len(more) > 0 {
		text += ", and " + strings.Join(more, ", ")
	}
	if r.TlsLegacyEndDate.IsValid() {
		text += fmt.Sprintf(", until %v", r.TlsLegacyEndDate)
	}
	return text
}

// startsTLS records what the session's connector accepts of TLS, unless it is the default.
func (s Session) startsTLS() {
	if s.in.tlsFloor != "" {
		s.check(checkTLSVersion, true, about{subject: s.in.tlsFloor})
	}
}
