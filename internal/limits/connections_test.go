package limits

import (
	"net/netip"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
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

// TestMostConnections: the largest limits that Exchange takes admit clients.
func TestMostConnections(t *testing.T) {
	for _, limit := range []param.Limit{1 << 30, 1<<31 - 1} {
		var l Connections
		r := &connector.Receive{MaxInboundConnection: limit, MaxInboundConnectionPerSource: limit, MaxInboundConnectionPercentagePerSource: 100}
		if got := l.Enter(r, network.Source(netip.MustParseAddr("192.0.2.1"))); got != WithinLimits {
			t.Errorf("MaxInboundConnection %d refuses the first client: %v", limit, got)
		}
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
