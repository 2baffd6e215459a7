package replay_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/replay"
	"github.com/interchange-smtp/interchange/permission"
)

// nested is a policy of connectors whose ranges lie in and beside each other.
func nested(t *testing.T, ranges map[string][]param.Range) *connector.Policy {
	t.Helper()
	var cfg connector.Config
	for _, name := range []string{"a", "b", "c"} {
		cfg.Receive = append(cfg.Receive, connector.Receive{
			Name: name, Bindings: []netip.AddrPort{netip.MustParseAddrPort("10.2.3.4:25")},
			RemoteIPRanges: ranges[name], Enabled: param.Value(len(ranges[name]) > 0),
			PermissionGroups: param.Value(permission.AnonymousUsers),
		})
		if len(ranges[name]) == 0 { // disabled, but it must have some
			cfg.Receive[len(cfg.Receive)-1].RemoteIPRanges = []param.Range{param.MustParseRange("192.0.2." + fmt.Sprint(len(cfg.Receive)))}
		}
	}
	p, err := connector.Compile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestNarrowest wants the suggested ranges to leave every client that was seen
// with its connector, and to give no connector an address that it hadn't.
func TestNarrowest(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	ip := func(n int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)}) }
	const space = 512
	for round := range 200 {
		ranges := map[string][]param.Range{"a": {param.MustParseRange("10.0.0.0/16")}}
		for _, name := range []string{"b", "c"} {
			for range 1 + rng.IntN(6) {
				low := rng.IntN(space - 64)
				r := param.MustParseRange(ip(low).String() + "-" + ip(low+rng.IntN(64)).String())
				if !slices.ContainsFunc(slices.Concat(ranges["b"], ranges["c"]), r.Same) {
					ranges[name] = append(ranges[name], r)
				}
			}
		}
		before := nested(t, ranges)
		local := netip.MustParseAddrPort("10.2.3.4:25")
		var log strings.Builder
		seen := map[netip.Addr]bool{}
		for i := range 1 + rng.IntN(60) {
			a := ip(rng.IntN(space))
			seen[a] = true
			fmt.Fprintf(&log, "2026-03-02T00:00:00.000Z,x,%d,0,%v,%v:1,+,,\n", i, local, a)
		}
		most := 1 + rng.IntN(20)
		r := replay.New(before, replay.Options{MaxRanges: most})
		if err := r.Read("log", strings.NewReader(log.String())); err != nil {
			t.Fatal(err)
		}
		narrow := map[string][]param.Range{}
		for _, u := range r.Report().Receive {
			narrow[u.Name] = u.Narrowest
		}
		after := nested(t, narrow)
		for n := range space {
			a := ip(n)
			was, is := before.Select(local, a, nil), after.Select(local, a, nil)
			if seen[a] && is.Name() != was.Name() {
				t.Fatalf("round %d: %v was seen on %q and is on %q\nbefore %v\nafter %v", round, a, was.Name(), is.Name(), ranges, narrow)
			}
			if is != nil && is.Name() != was.Name() {
				t.Fatalf("round %d: %q gains %v from %q\nbefore %v\nafter %v", round, is.Name(), a, was.Name(), ranges, narrow)
			}
		}
	}
}

// Few clients are listed one by one, neighbours together; of many the largest
// gaps stay open.
func TestNarrowestForm(t *testing.T) {
	p := nested(t, map[string][]param.Range{"a": {param.MustParseRange("10.0.0.0/16"), param.MustParseRange("2001:db8::/32")}})
	var log strings.Builder
	for i, a := range []string{"10.0.0.9", "10.0.0.1", "10.0.0.2", "10.0.0.200", "2001:db8::5", "2001:db8::6", "10.0.0.12"} {
		fmt.Fprintf(&log, "2026-03-02T00:00:00.000Z,x,%d,0,10.2.3.4:25,%v,+,,\n", i, netip.AddrPortFrom(netip.MustParseAddr(a), 1))
	}
	for most, want := range map[int]string{
		10: "[10.0.0.1-10.0.0.2 10.0.0.9 10.0.0.12 10.0.0.200 2001:db8::5-2001:db8::6]",
		3:  "[10.0.0.1-10.0.0.12 10.0.0.200 2001:db8::5-2001:db8::6]",
		1:  "[10.0.0.1-10.0.0.200 2001:db8::5-2001:db8::6]", // the families can't be one
	} {
		r := replay.New(p, replay.Options{MaxRanges: most})
		if err := r.Read("log", strings.NewReader(log.String())); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(r.Report().Receive[0].Narrowest); got != want {
			t.Errorf("at most %d: %s, want %s", most, got, want)
		}
	}
}
