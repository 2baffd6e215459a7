package limits

import (
	"net/netip"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/internal/network"
)

// TestConnectionRate: the server's limit and a source's share of it, each at its edge, one beyond, and after
// the minute.
func TestConnectionRate(t *testing.T) {
	var r ConnectionRate
	one, other, third := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("192.0.2.3")
	const limit, name = 100, "MaxConnectionRatePerMinute"
	enter := func(source netip.Addr, n int, now time.Time) {
		t.Helper()
		for i := range n {
			if over := r.Enter(limit, source, now); over != nil {
				t.Fatalf("connection %d: %+v", i+1, *over)
			}
		}
	}
	for minute := range 2 {
		start := noon.Add(time.Duration(minute) * rateWindow)
		last := start.Add(rateWindow - 1)
		enter(one, 75, start)
		over := r.Enter(limit, one, last)
		mustReach(t, over, name, BySource, "192.0.2.1", 76, 75)
		if !over.Until.Equal(start.Add(rateWindow)) {
			t.Errorf("the window ends at %v", over.Until)
		}
		enter(other, 19, last) // three quarters of 25, rounded up
		mustReach(t, r.Enter(limit, other, last), name, BySource, "192.0.2.2", 20, 19)
		enter(third, 5, last)
		mustReach(t, r.Enter(limit, third, last), name, BySource, "192.0.2.3", 6, 5)
		enter(netip.MustParseAddr("192.0.2.4"), 1, last)
		mustReach(t, r.Enter(limit, netip.MustParseAddr("192.0.2.5"), last), name, ByServer, "", 101, 100)
		if s := r.State(limit, one, last); s.By != ByServer || s.Value != limit {
			t.Errorf("%+v", s)
		}
	}
	if s := r.State(limit, one, noon.Add(time.Hour)); s != (State{Limit: name, By: BySource, Key: "192.0.2.1", Bound: 75, Window: rateWindow}) {
		t.Errorf("after the window: %+v", s)
	}
}

// TestConnectionRateIsBounded: a million sources in a minute.
func TestConnectionRateIsBounded(t *testing.T) {
	var r ConnectionRate
	a := netip.MustParseAddr("10.0.0.0")
	for range 1_000_000 {
		a = a.Next()
		if over := r.Enter(1<<31-1, a, noon); over != nil {
			t.Fatalf("%+v", *over)
		}
	}
	if len(r.sources) != rateKeys || r.total != 1_000_000 {
		t.Errorf("%d sources, %d connections", len(r.sources), r.total)
	}
}

// TestPlaces: one source gets three quarters, the others share the rest, and the last place is for one more.
func TestPlaces(t *testing.T) {
	var p Places
	a := netip.MustParseAddr("2001:db8::1")
	fill := func(n int) {
		t.Helper()
		source := network.Source(a)
		for i := range n {
			if over := p.Enter(20, source); over != nil {
				t.Fatalf("place %d: %+v", i+1, *over)
			}
			a = a.Next() // addresses of one network
		}
	}
	fill(15)
	mustReach(t, p.Enter(20, network.Source(a)), "MaxConnections", BySource, "2001:db8::/64", 16, 15)
	for i, n := range []int{4, 1} {
		a = netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 0, byte(i + 1)})
		fill(n)
	}
	late := netip.MustParseAddr("192.0.2.1")
	mustReach(t, p.Enter(20, late), "MaxConnections", ByServer, "", 21, 20)
	p.Leave(netip.MustParseAddr("2001:db8::"))
	if over := p.Enter(20, late); over != nil {
		t.Errorf("%+v", *over)
	}
}

// TestPool: ten thousand clients that each want ten get as many as there are, and one client a quarter.
func TestPool(t *testing.T) {
	const most = 1024
	p := NewPool("Tarpits", most)
	for range most / 4 {
		if over := p.Take(attacker); over != nil {
			t.Fatalf("%+v", *over)
		}
	}
	if over := p.Take(attacker); over == nil || *over != (State{Limit: "Tarpits", By: BySource, Key: attacker.String(), Value: most/4 + 1, Bound: most / 4}) {
		t.Fatalf("%+v", over)
	}
	taken := int64(most / 4)
	a := netip.MustParseAddr("10.0.0.0")
	for range 10_000 {
		a = a.Next()
		for range 10 {
			if p.Take(a) == nil {
				taken++
			}
		}
	}
	if taken > most || p.taken.held != taken || int64(len(p.taken.sources)) > taken {
		t.Errorf("%d are taken, %d are counted, of %d sources", taken, p.taken.held, len(p.taken.sources))
	}
	p.Give(attacker)
	if over := p.Take(office); over != nil {
		t.Errorf("after the end of one: %+v", *over)
	}
}
