package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/smtp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// counting counts what is looked up.
type counting struct {
	relaytest.Resolver
	n atomic.Int32
}

func (c *counting) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	c.n.Add(1)
	return c.Resolver.LookupNetIP(ctx, network, host)
}

// TestBlocklist connects as a client that isn't in the list, that is, and when the list
// can't be asked or answers with an error; through an exempt connector none of it matters.
func TestBlocklist(t *testing.T) {
	const name = "1.0.0.127.list.example"
	outage, listed, closed, unlisted := new(counting), new(counting), new(counting), new(counting)
	outage.Fail(name, errors.New("no name server answers"))
	listed.AddHost(name, netip.MustParseAddr("127.0.0.2"))
	closed.AddHost(name, netip.MustParseAddr("127.255.255.254"))
	for _, c := range []struct {
		resolver *counting
		refused  bool
	}{{unlisted, false}, {listed, true}, {closed, false}, {outage, false}} {
		sink, port := exampletest.Sink(t)
		internet, partners := exampletest.Free(t), exampletest.Free(t)
		policy := exampletest.File(t, "policy.json", fmt.Sprintf(`{
			"Accepted": [{"DomainName": "fabrikam.com"}],
			"Receive": [
				{"Name": "Internet", "Bindings": [%q], "RemoteIPRanges": ["127.0.0.1"], "PermissionGroups": "AnonymousUsers"},
				{"Name": "Partners", "Bindings": [%q], "RemoteIPRanges": ["127.0.0.1"], "PermissionGroups": "AnonymousUsers"}],
			"Send": [{"Name": "ToMailboxes", "AddressSpaces": ["*", "fabrikam.com"], "SmartHosts": ["127.0.0.1"], "Port": %d}]}`, internet, partners, port))
		b := &blocklist{zone: "list.example", resolver: c.resolver, exempt: []string{"Partners"}}
		stop := exampletest.Start(t, partners, func(ctx context.Context) error { return run(ctx, b, policy) })
		for _, address := range []string{internet, partners} {
			err := smtp.SendMail(address, nil, "amy@contoso.com", []string{"bob@fabrikam.com"}, []byte("Subject: hello\r\n\r\n"))
			refused := c.refused && address == internet
			if (err != nil) != refused || refused && !strings.HasPrefix(err.Error(), "554 ") {
				t.Errorf("at %s: %v", address, err)
			}
		}
		stop()
		want := 2
		if c.refused {
			want = 1
		}
		if got := len(sink.Messages()); got != want || c.resolver.n.Load() != 1 {
			t.Errorf("%d messages of %d arrived, %d look-ups", got, want, c.resolver.n.Load())
		}
	}
}

// TestReversed: RFC 5782, sections 2.1 and 2.4.
func TestReversed(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.99":                "99.2.0.192",
		"::ffff:192.0.2.99":         "99.2.0.192",
		"2001:db8:1:2:3:4:567:89ab": "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2",
	} {
		if got := reversed(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %s", address, got)
		}
	}
}

// TestNoZone: without a zone the program doesn't start.
func TestNoZone(t *testing.T) {
	if err := run(t.Context(), new(blocklist), "connectors.ps1"); err == nil || !strings.Contains(err.Error(), "-zone") {
		t.Errorf("started: %v", err)
	}
}
