package limits

import (
	"net/netip"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/network"
)

// mustReach fails unless over is the limit, with these numbers.
func mustReach(t *testing.T, over *Reached, limit, by, key string, value, bound int64) {
	t.Helper()
	if over == nil {
		t.Fatalf("nothing is refused, want %s", limit)
	}
	if s := over.State; s.Limit != limit || s.By != by || s.Key != key || s.Value != value || s.Bound != bound {
		t.Fatalf("%+v, want %s by %s %q: %d of %d", s, limit, by, key, value, bound)
	}
}

// TestConnectionsOfANetwork: one host with an IPv6 network gets no more
// connections than one with an IPv4 address.
func TestConnectionsOfANetwork(t *testing.T) {
	var l Connections
	r := &connector.Receive{MaxInboundConnection: 5000, MaxInboundConnectionPerSource: 20, MaxInboundConnectionPercentagePerSource: 2}
	accepted := 0
	a := netip.MustParseAddr("2001:db8:1:2::1")
	for range 300 {
		if l.Enter(r, network.Source(a)) == nil {
			accepted++
		}
		a = a.Next()
	}
	if accepted != 20 {
		t.Errorf("%d connections from one network were accepted, want 20", accepted)
	}
	mustReach(t, l.Enter(r, network.Source(a)), "MaxInboundConnectionPerSource", BySource, "2001:db8:1:2::/64", 21, 20)
	if l.Enter(r, network.Source(netip.MustParseAddr("2001:db8:1:3::1"))) != nil {
		t.Error("another network is refused")
	}
}

// TestConnections: each limit at its edge, one beyond it, and after a connection has ended.
func TestConnections(t *testing.T) {
	var l Connections
	r := &connector.Receive{Name: "In", MaxInboundConnection: 10, MaxInboundConnectionPerSource: param.Unlimited, MaxInboundConnectionPercentagePerSource: 100}
	one, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	enter := func(source netip.Addr, n int) {
		t.Helper()
		for i := range n {
			if over := l.Enter(r, source); over != nil {
				t.Fatalf("connection %d: %+v", i+1, *over)
			}
		}
	}
	enter(one, 5) // as many as are free then
	mustReach(t, l.Enter(r, one), "MaxInboundConnectionPercentagePerSource", BySource, "192.0.2.1", 6, 5)
	enter(other, 3)
	r.MaxInboundConnection = 8
	mustReach(t, l.Enter(r, netip.MustParseAddr("192.0.2.3")), "MaxInboundConnection", ByConnector, "In", 9, 8)
	l.Leave(one)
	enter(netip.MustParseAddr("192.0.2.3"), 1)
	mustReach(t, l.Enter(r, one), "MaxInboundConnection", ByConnector, "In", 9, 8)

	r.MaxInboundConnection, r.MaxInboundConnectionPerSource = param.Unlimited, 5
	enter(one, 1)
	mustReach(t, l.Enter(r, one), "MaxInboundConnectionPerSource", BySource, "192.0.2.1", 6, 5)
	l.Leave(one)
	enter(one, 1)
	if all := l.States(r, one); len(all) != 1 || all[0] != (State{Limit: "MaxInboundConnectionPerSource", By: BySource, Key: "192.0.2.1", Value: 5, Bound: 5}) {
		t.Errorf("%+v", all)
	}
}

// TestMostConnections: the largest limits that Exchange takes admit clients.
func TestMostConnections(t *testing.T) {
	for _, limit := range []param.Limit{1 << 30, 1<<31 - 1} {
		var l Connections
		r := &connector.Receive{MaxInboundConnection: limit, MaxInboundConnectionPerSource: limit, MaxInboundConnectionPercentagePerSource: 100}
		if got := l.Enter(r, network.Source(netip.MustParseAddr("192.0.2.1"))); got != nil {
			t.Errorf("MaxInboundConnection %d refuses the first client: %+v", limit, *got)
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

// TestConnectionsOfManySources: the table has as many entries as there are connections, after a million sources.
func TestConnectionsOfManySources(t *testing.T) {
	var l Connections
	r := &connector.Receive{MaxInboundConnection: 5000, MaxInboundConnectionPerSource: 20, MaxInboundConnectionPercentagePerSource: 2}
	const most = 4000
	open := make([]netip.Addr, 0, most)
	a := netip.MustParseAddr("10.0.0.0")
	for i := range 1_000_000 {
		a = a.Next()
		if over := l.Enter(r, a); over != nil {
			t.Fatalf("%v: %+v", a, *over)
		}
		if len(open) < most {
			open = append(open, a)
			continue
		}
		l.Leave(open[i%most])
		open[i%most] = a
	}
	if len(l.sources) != most {
		t.Errorf("%d sources are remembered, %d are connected", len(l.sources), most)
	}
	for _, a := range open {
		l.Leave(a)
	}
	if len(l.sources) != 0 || l.total != 0 {
		t.Errorf("%d sources are remembered, none is connected", len(l.sources))
	}
}
