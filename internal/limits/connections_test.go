package limits

import (
	"net/netip"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/network"
)

// TestConnectionsOfANetwork: one host with an IPv6 network gets no more
// connections than one with an IPv4 address.
func TestConnectionsOfANetwork(t *testing.T) {
	var l Connections
	r := &connector.Receive{MaxInboundConnection: 5000, MaxInboundConnectionPerSource: 20, MaxInboundConnectionPercentagePerSource: 2}
	accepted := 0
	a := netip.MustParseAddr("2001:db8:1:2::1")
	for range 300 {
		if l.Enter(r, network.Source(a)) == WithinLimits {
			accepted++
		}
		a = a.Next()
	}
	if accepted != 20 {
		t.Errorf("%d connections from one network were accepted, want 20", accepted)
	}
	if l.Enter(r, network.Source(netip.MustParseAddr("2001:db8:1:3::1"))) != WithinLimits {
		t.Error("another network is refused")
	}
}

func TestShare(t *testing.T) {
	for _, c := range []struct{ free, percent, want int }{
		{5000, 2, 100}, {4901, 2, 99}, {49, 2, 1}, {1, 2, 1}, {1, 100, 1}, {10, 33, 4}, {2147483647, 100, 2147483647},
	} {
		if got := share(c.free, c.percent); got != c.want {
			t.Errorf("%d%% of %d: %d, want %d", c.percent, c.free, got, c.want)
		}
	}
}
