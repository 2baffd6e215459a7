package relay

import (
	"net/netip"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
)

// TestSources: the addresses of one IPv6 network are one client to every limit.
func TestSources(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.1":               "192.0.2.1",
		"::ffff:192.0.2.1":        "192.0.2.1",
		"2001:db8:1:2::1":         "2001:db8:1:2::",
		"2001:db8:1:2:ffff::9999": "2001:db8:1:2::",
		"2001:db8:1:3::1":         "2001:db8:1:3::",
	} {
		if got := sourceOf(netip.MustParseAddr(in)); got.String() != want {
			t.Errorf("%s counts as %s, want %s", in, got, want)
		}
	}
	if got := sourceOf(netip.Addr{}); got.IsValid() {
		t.Errorf("no address counts as %s", got)
	}
}

// TestConnectionsOfANetwork: one host with an IPv6 network gets no more
// connections than one with an IPv4 address.
func TestConnectionsOfANetwork(t *testing.T) {
	var l load
	r := &connector.Receive{MaxInboundConnection: 5000, MaxInboundConnectionPerSource: 20, MaxInboundConnectionPercentagePerSource: 2}
	accepted := 0
	a := netip.MustParseAddr("2001:db8:1:2::1")
	for range 300 {
		if l.enter(r, sourceOf(a)) == within {
			accepted++
		}
		a = a.Next()
	}
	if accepted != 20 {
		t.Errorf("%d connections from one network were accepted, want 20", accepted)
	}
	if l.enter(r, sourceOf(netip.MustParseAddr("2001:db8:1:3::1"))) != within {
		t.Error("another network is refused")
	}
}
