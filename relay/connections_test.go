package relay

import (
	"net/netip"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/network"
)

// TestConnectionsOfANetwork: one host with an IPv6 network gets no more
// connections than one with an IPv4 address.
func TestConnectionsOfANetwork(t *testing.T) {
	var l connectionCounter
	r := &connector.Receive{MaxInboundConnection: 5000, MaxInboundConnectionPerSource: 20, MaxInboundConnectionPercentagePerSource: 2}
	accepted := 0
	a := netip.MustParseAddr("2001:db8:1:2::1")
	for range 300 {
		if l.enter(r, network.Source(a)) == withinLimits {
			accepted++
		}
		a = a.Next()
	}
	if accepted != 20 {
		t.Errorf("%d connections from one network were accepted, want 20", accepted)
	}
	if l.enter(r, network.Source(netip.MustParseAddr("2001:db8:1:3::1"))) != withinLimits {
		t.Error("another network is refused")
	}
}
