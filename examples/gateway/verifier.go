package main

import (
	"log/slog"

	"github.com/interchange-smtp/interchange/relay/verify"
)

// verifier returns the verifier that checks SPF, DKIM and DMARC where connectors ask for it by
// MessageAuthenticationMode.
func (f *serveFlags) verifier(logger *slog.Logger) *verify.Verifier {
	dns := new(verify.DNS)
	if server, err := parseNameServer(f.dns); err == nil {
		dns.Servers = []string{server.String()}
	}
	return &verify.Verifier{Resolver: dns, Logger: logger}
}
