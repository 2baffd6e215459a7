package main

import (
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/verify"
)

// verifier returns the verifier that checks SPF, DKIM and DMARC where connectors ask for it by
// MessageAuthenticationMode. report gets its events.
func (f *serveFlags) verifier(report event.Reader) *verify.Verifier {
	dns := new(verify.DNS)
	if server, err := parseNameServer(f.dns); err == nil {
		dns.Servers = []string{server.String()}
	}
	return &verify.Verifier{Resolver: dns, Events: []event.Reader{report}}
}
