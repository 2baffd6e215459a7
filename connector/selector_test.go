package connector_test

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
)

// selectSlow is the rule as it is stated: of the enabled connectors whose
// binding and range match, the very address before the wildcard, then the
// smallest range, then FrontendTransport, then the lowest name.
func selectSlow(receive []connector.Receive, local netip.AddrPort, remote netip.Addr) string {
	type match struct {
		name     string
		wildcard bool
		size     *big.Int
		behind   int // 1 for HubTransport
	}
	var best *match
	for _, r := range receive {
		if !r.Enabled.Or(true) {
			continue
		}
		specific := slices.Contains(r.Bindings, local)
		if !specific && !slices.Contains(r.Bindings, wildcardOf(local)) {
			continue
		}
		for _, rng := range r.RemoteIPRanges {
			if rng.Low().BitLen() != remote.BitLen() || remote.Less(rng.Low()) || rng.High().Less(remote) {
				continue
			}
			m := &match{r.Name, !specific, sizeOf(rng), 0}
			if r.TransportRole == param.HubTransport {
				m.behind = 1
			}
			switch {
			case best == nil, best.wildcard && !m.wildcard:
				best = m
			case !best.wildcard && m.wildcard:
			case m.size.Cmp(best.size) != 0:
				if m.size.Cmp(best.size) < 0 {
					best = m
				}
			case m.behind < best.behind, m.behind == best.behind && m.name < best.name:
				best = m
			}
		}
	}
	if best == nil {
		return ""
	}
	return best.name
}

func wildcardOf(local netip.AddrPort) netip.AddrPort {
	if local.Addr().Is4() {
		return netip.AddrPortFrom(netip.IPv4Unspecified(), local.Port())
	}
	return netip.AddrPortFrom(netip.IPv6Unspecified(), local.Port())
}

func sizeOf(r param.Range) *big.Int {
	low := new(big.Int).SetBytes(r.Low().AsSlice())
	return low.Sub(new(big.Int).SetBytes(r.High().AsSlice()), low)
}

// randomAddr stays within 512 addresses, so that ranges meet in every way.
func randomAddr(r *rand.Rand, six bool) netip.Addr {
	n := uint16(r.IntN(512))
	if !six {
		return netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)})
	}
	a := netip.MustParseAddr("2001:db8::").As16()
	binary.BigEndian.PutUint16(a[14:], n)
	return netip.AddrFrom16(a)
}

// randomClient is a single address, any span, a prefix with host bits, or all.
func randomClient(r *rand.Rand, six bool) param.Range {
	a, b := randomAddr(r, six), randomAddr(r, six)
	if b.Less(a) {
		a, b = b, a
	}
	switch r.IntN(6) {
	case 0:
		return rng(a.String())
	case 1:
		return rng(fmt.Sprintf("%s/%d", a, a.BitLen()-r.IntN(10)))
	case 2:
		return rng(a.String() + "-" + a.String())
	case 3:
		if six {
			return rng("::/0")
		}
		return rng("0.0.0.0-255.255.255.255")
	}
	return rng(a.String() + "-" + b.String())
}

func TestSelectAgainstSlow(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	locals := []netip.AddrPort{
		at("10.9.9.1:25"), at("10.9.9.2:25"), at("10.9.9.1:587"), at("[2001:db8:9::1]:25"), at("[2001:db8:9::2]:25"),
	}
	bindings := append(slices.Clone(locals), at("0.0.0.0:25"), at("[::]:25"), at("0.0.0.0:587"))
	compiled := 0
	for round := range 150 {
		var cfg connector.Config
		for i := range 1 + r.IntN(12) {
			c := connector.Receive{Name: fmt.Sprintf("c%02d", i), Enabled: param.Value(r.IntN(8) > 0), TransportRole: param.TransportRole(r.IntN(2))}
			for range 1 + r.IntN(3) {
				if b := bindings[r.IntN(len(bindings))]; !slices.Contains(c.Bindings, b) {
					c.Bindings = append(c.Bindings, b)
				}
			}
			for range 1 + r.IntN(5) {
				c.RemoteIPRanges = append(c.RemoteIPRanges, randomClient(r, r.IntN(2) == 0))
			}
			cfg.Receive = append(cfg.Receive, c)
		}
		p, err := connector.Compile(cfg)
		if err != nil {
			continue // two connectors with the same ranges, which validation refuses
		}
		compiled++
		for range 200 {
			local := locals[r.IntN(len(locals))]
			remote := randomAddr(r, local.Addr().Is6())
			want := selectSlow(cfg.Receive, local, remote)
			got := p.Select(local, remote, nil)
			if got.Name() != want {
				t.Fatalf("round %d: Select(%s, %s) = %q, want %q\n%+v", round, local, remote, got.Name(), want, cfg.Receive)
			}
			var trace connector.Trace
			if explained := p.Select(local, remote, &trace); explained != got {
				t.Fatalf("traced Select = %q, Select = %q", explained.Name(), got.Name())
			}
			checkSelectTrace(t, trace, got.Name())
		}
	}
	if compiled < 75 {
		t.Errorf("only %d of the random policies compiled", compiled)
	}
}

// checkSelectTrace checks that the winner is first and the only connector that passes.
func checkSelectTrace(t *testing.T, trace connector.Trace, winner string) {
	t.Helper()
	i := 0
	for s := range trace.All() {
		if wins := i == 0 && winner != ""; s.Pass != wins || wins && !strings.Contains(s.Detail(), `"`+winner+`"`) {
			t.Fatalf("winner %q, step %d is %v", winner, i, s)
		}
		i++
	}
}

func TestSelectForms(t *testing.T) {
	cfg := connector.Config{Receive: []connector.Receive{
		{Name: "b", Bindings: []netip.AddrPort{at("0.0.0.0:25")}, RemoteIPRanges: ranges("192.0.2.0-192.0.2.9")},
		{Name: "a", Bindings: []netip.AddrPort{at("0.0.0.0:25")}, RemoteIPRanges: ranges("192.0.2.5-192.0.2.14")},
		{Name: "front", Bindings: []netip.AddrPort{at("0.0.0.0:25")}, RemoteIPRanges: ranges("192.0.2.20-192.0.2.24"), TransportRole: param.FrontendTransport},
		{Name: "all", Bindings: []netip.AddrPort{at("0.0.0.0:25")}, RemoteIPRanges: ranges("192.0.2.20-192.0.2.24")},
		{Name: "six", Bindings: []netip.AddrPort{at("[::]:25")}, RemoteIPRanges: ranges("::/0")},
	}}
	p := compile(t, cfg)
	tests := []struct{ why, local, remote, want string }{
		{"equal sizes: the lower name", "10.0.0.1:25", "192.0.2.7", "a"},
		{"equal sizes: the Front End before the lower name", "10.0.0.1:25", "192.0.2.22", "front"},
		{"only one contains it", "10.0.0.1:25", "192.0.2.2", "b"},
		{"mapped client", "10.0.0.1:25", "::ffff:192.0.2.2", "b"},
		{"mapped local address", "[::ffff:10.0.0.1]:25", "192.0.2.2", "b"},
		{"both mapped", "[::ffff:10.0.0.1]:25", "::ffff:192.0.2.7", "a"},
		{"zones do not count", "[fe80::1%eth0]:25", "fe80::2%eth0", "six"},
		{"::/0 holds no IPv4", "[2001:db8::1]:25", "::ffff:192.0.2.2", ""},
		{"port without a connector", "10.0.0.1:26", "192.0.2.2", ""},
		{"outside all ranges", "10.0.0.1:25", "192.0.2.200", ""},
	}
	for _, tt := range tests {
		if got := p.Select(at(tt.local), ip(tt.remote), nil).Name(); got != tt.want {
			t.Errorf("%s: Select(%s, %s) = %q, want %q", tt.why, tt.local, tt.remote, got, tt.want)
		}
	}
	if p.Select(netip.AddrPort{}, ip("192.0.2.2"), nil) != nil || p.Select(at("10.0.0.1:25"), netip.Addr{}, nil) != nil {
		t.Error("invalid addresses select a connector")
	}
}

// manyRanges is n disjoint ranges that are no CIDR blocks, over at most 100
// connectors, and one connector for all clients, c100.
func manyRanges(n int) connector.Config {
	var cfg connector.Config
	for i := range min(n, 100) {
		cfg.Receive = append(cfg.Receive, connector.Receive{Name: fmt.Sprintf("c%03d", i), Bindings: []netip.AddrPort{at("0.0.0.0:25")}})
	}
	for i := range n {
		var a [4]byte
		binary.BigEndian.PutUint32(a[:], 0x0a000000+uint32(i)*8+1)
		low := netip.AddrFrom4(a)
		binary.BigEndian.PutUint32(a[:], 0x0a000000+uint32(i)*8+6)
		c := &cfg.Receive[i%100]
		c.RemoteIPRanges = append(c.RemoteIPRanges, rng(low.String()+"-"+netip.AddrFrom4(a).String()))
	}
	cfg.Receive = append(cfg.Receive, connector.Receive{
		Name: "c100", Bindings: []netip.AddrPort{at("0.0.0.0:25")}, RemoteIPRanges: ranges("0.0.0.0/0"),
	})
	return cfg
}

func TestSelectManyRanges(t *testing.T) {
	p := compile(t, manyRanges(100_000))
	r := rand.New(rand.NewPCG(3, 4))
	for range 10_000 {
		n := r.Uint32N(100_000 * 8)
		var a [4]byte
		binary.BigEndian.PutUint32(a[:], 0x0a000000+n)
		want := fmt.Sprintf("c%03d", n/8%100)
		if n%8 == 0 || n%8 == 7 {
			want = "c100"
		}
		if got := p.Select(at("10.0.0.1:25"), netip.AddrFrom4(a), nil).Name(); got != want {
			t.Fatalf("Select(%v) = %q, want %q", a, got, want)
		}
	}
}
