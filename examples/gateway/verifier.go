package main

import (
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/verify"
)

// verifier returns the verifier that checks SPF, DKIM and DMARC where connectors ask for it by
// MessageAuthenticationMode. report gets its events.
func (f *serveFlags) verifier(report event.Reader) *verify.Verifier {
	dns := new(verify.DNS)
	servers, _ := parseNameServers(f.dns) // dialing reports mistakes
	for _, server := range servers {
		dns.Servers = append(dns.Servers, server.String())
	}
	return &verify.Verifier{Resolver: dns, Events: []event.Reader{report}}
}
