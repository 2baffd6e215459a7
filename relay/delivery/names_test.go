package delivery_test

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// asking is a Resolver that remembers the names it is asked for.
type asking struct {
	*relaytest.Resolver
	names []string
}

func (a *asking) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	a.names = append(a.names, "MX "+name)
	return a.Resolver.LookupMX(ctx, name)
}

func (a *asking) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	a.names = append(a.names, host)
	return a.Resolver.LookupNetIP(ctx, network, host)
}

// TestCompleteNames: the names of mail domains and of their hosts are complete, so the system
// doesn't look for subdomains of its own domain with these names. A smart host may be a short name.
func TestCompleteNames(t *testing.T) {
	for _, tc := range []struct {
		host string // smart host; "": DNS
		to   string
		want []string
	}{
		{"", "b@fabrikam.com", []string{"MX fabrikam.com.", "mx.fabrikam.com."}},
		{"", "b@implicit.example", []string{"MX implicit.example.", "implicit.example."}},
		{"", "b@missing.example", []string{"MX missing.example.", "missing.example."}},
		{"", "b@address.example", []string{"MX address.example.", "192.0.2.1"}},
		{"hub", "b@fabrikam.com", []string{"MX hub", "hub"}},
		{"mail.fabrikam.com", "b@fabrikam.com", []string{"MX mail.fabrikam.com", "mx.fabrikam.com."}},
	} {
		send := byDNS()
		if tc.host != "" {
			send = toHosts(tc.host)
		}
		w := newWorld(t, send)
		w.dns.AddMX("fabrikam.com", 10, "mx.fabrikam.com.")
		w.dns.AddMX("mail.fabrikam.com", 10, "mx.fabrikam.com.")
		w.dns.AddMX("address.example", 10, "192.0.2.1")
		a := &asking{Resolver: &w.dns}
		w.sender.Resolver = a
		_ = w.send(tc.to) // fails: no host has an address
		if !slices.Equal(a.names, tc.want) {
			t.Errorf("%s by %q: asked for %q, want %q", tc.to, tc.host, a.names, tc.want)
		}
	}
}
