package param_test

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/param"
)

func TestRange(t *testing.T) {
	rows := []struct{ in, out, low, high string }{
		{"192.168.1.1", "192.168.1.1", "192.168.1.1", "192.168.1.1"},
		{"0.0.0.0", "0.0.0.0", "0.0.0.0", "0.0.0.0"}, // one address, not a wildcard
		{"192.168.1.1-192.168.1.254", "192.168.1.1-192.168.1.254", "192.168.1.1", "192.168.1.254"},
		{"192.168.1.1/24", "192.168.1.1/24", "192.168.1.0", "192.168.1.255"},
		{"2001:0DB8::CD3/60", "2001:db8::cd3/60", "2001:db8::", "2001:db8:0:f:ffff:ffff:ffff:ffff"},
		{"192.168.1.0(255.255.255.0)", "192.168.1.0(255.255.255.0)", "192.168.1.0", "192.168.1.255"},
		{"10.0.0.1(255.255.255.255)", "10.0.0.1(255.255.255.255)", "10.0.0.1", "10.0.0.1"},
		{"10.0.0.1(0.0.0.0)", "10.0.0.1(0.0.0.0)", "0.0.0.0", "255.255.255.255"},
		{"::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
		{"::/0", "::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
		{"0.0.0.0/0", "0.0.0.0/0", "0.0.0.0", "255.255.255.255"},
		{"::ffff:10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.1"},
		{"::ffff:10.0.0.1/120", "10.0.0.1/24", "10.0.0.0", "10.0.0.255"},
		{" 10.0.0.1 - 10.0.0.9 ", "10.0.0.1-10.0.0.9", "10.0.0.1", "10.0.0.9"},
	}
	for _, row := range rows {
		r, err := param.ParseRange(row.in)
		if err != nil || r.String() != row.out || r.Low().String() != row.low || r.High().String() != row.high {
			t.Errorf("ParseRange(%q) = %v (%v to %v), %v", row.in, r, r.Low(), r.High(), err)
			continue
		}
		roundTrip(t, r, row.out)
	}
	for _, in := range []string{"", "*", "10.0.0.9-10.0.0.1", "10.0.0.1-::1", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/24",
		"fe80::1%11", "fe80::1%11/64", "fe80::1%1-fe80::2%1", "10.0.0.0(255.0.255.0)", "10.0.0.0(24)", "::1(255.0.0.0)",
		"10.0.0.1-5", "::ffff:10.0.0.1/64", "10.0.0.1-", "10.0.0.1(255.0.0.0", "mail.contoso.com", "010.0.0.1"} {
		if r, err := param.ParseRange(in); err == nil {
			t.Errorf("ParseRange(%q) = %v, want an error", in, r)
		}
	}
}

func TestZeroRangeHoldsNothing(t *testing.T) {
	var zero param.Range
	for _, a := range []string{"0.0.0.0", "::", "10.0.0.1"} {
		if zero.Contains(netip.MustParseAddr(a)) {
			t.Errorf("the zero Range contains %s", a)
		}
	}
	all := param.MustParseRange("::/0")
	if zero.IsValid() || zero.Contains(netip.Addr{}) || all.Contains(netip.Addr{}) || all.Covers(zero) || zero.Overlaps(zero) {
		t.Error("the zero Range or the zero Addr is held somewhere")
	}
	for p := range zero.Prefixes() {
		t.Errorf("the zero Range has the prefix %v", p)
	}
	if _, err := zero.MarshalText(); err == nil {
		t.Error("the zero Range has a text")
	}
}

func TestRangeContainsMapped(t *testing.T) {
	r := param.MustParseRange("192.168.5.77")
	for a, want := range map[string]bool{"192.168.5.77": true, "::ffff:192.168.5.77": true, "192.168.5.78": false, "::c0a8:54d": false} {
		if got := r.Contains(netip.MustParseAddr(a)); got != want {
			t.Errorf("contains %s: %v, want %v", a, got, want)
		}
	}
	if !param.MustParseRange("fe80::/10").Contains(netip.MustParseAddr("fe80::1%eth0")) {
		t.Error("a client's zone must not matter")
	}
	if param.MustParseRange("::/0").Contains(netip.MustParseAddr("::ffff:10.0.0.1")) {
		t.Error("an IPv4 client is in no IPv6 range, however its address is written")
	}
}

// randomRange draws from a few bits of both families so that ranges meet.
func randomRange(rng *rand.Rand) param.Range {
	base := [16]byte{0x20, 0x01, 0x0d, 0xb8}
	pick := func() netip.Addr {
		b := base
		b[15] = byte(rng.UintN(256))
		return netip.AddrFrom16(b)
	}
	if rng.UintN(2) == 0 {
		pick = func() netip.Addr { return netip.AddrFrom4([4]byte{10, 0, 0, byte(rng.UintN(256))}) }
	}
	a, b := pick(), pick()
	switch rng.UintN(3) {
	case 0:
		return param.RangeOf(a)
	case 1:
		return param.MustParseRange(netip.PrefixFrom(a, a.BitLen()-int(rng.UintN(9))).String())
	}
	if b.Less(a) {
		a, b = b, a
	}
	return param.MustParseRange(a.String() + "-" + b.String())
}

// members lists all addresses of a small range: the slow, obvious twin.
func members(r param.Range) []netip.Addr {
	var out []netip.Addr
	for a := r.Low(); ; a = a.Next() {
		out = append(out, a)
		if a == r.High() {
			return out
		}
	}
}

func TestRangeAgainstMembers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		r, o := randomRange(rng), randomRange(rng)
		in, other := members(r), members(o)
		held := map[netip.Addr]bool{}
		for _, a := range in {
			held[a] = true
		}
		var common int
		for _, a := range other {
			if r.Contains(a) != held[a] {
				t.Fatalf("%v contains %v: %v", r, a, r.Contains(a))
			}
			if held[a] {
				common++
			}
		}
		if r.Overlaps(o) != (common > 0) || r.Covers(o) != (common == len(other)) ||
			r.Same(o) != (common == len(other) && common == len(in)) || r.Narrower(o) != (len(in) < len(other)) {
			t.Fatalf("%v and %v: overlaps %v, covers %v, same %v, narrower %v", r, o, r.Overlaps(o), r.Covers(o), r.Same(o), r.Narrower(o))
		}
		var got []netip.Addr
		var count int
		for p := range r.Prefixes() {
			count++
			got = append(got, members(param.MustParseRange(p.String()))...)
		}
		if !slices.Equal(got, in) || count > 2*9 {
			t.Fatalf("%v decomposes into %d prefixes with %d addresses", r, count, len(got))
		}
	}
}

func TestRangePrefixesExtremes(t *testing.T) {
	for in, want := range map[string]int{
		"0.0.0.0-255.255.255.255": 1,
		"::/0":                    1,
		"0.0.0.1-255.255.255.254": 62,
		"::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe": 254,
		"255.255.255.255":                                1,
		"::ffff:ffff:ffff:ffff-0:0:0:1::":                2, // across the 64-bit halves
		"ffff::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff": 1,
	} {
		var got []string
		for p := range param.MustParseRange(in).Prefixes() {
			if p != p.Masked() {
				t.Errorf("%s: %v isn't aligned", in, p)
			}
			got = append(got, p.String())
		}
		if len(got) != want {
			t.Errorf("%s: %d prefixes, want %d: %s", in, len(got), want, strings.Join(got, " "))
		}
	}
}

func TestRangeCompare(t *testing.T) {
	order := []string{"10.0.0.1", "10.0.0.2", "2001:db8::1", "10.0.0.0/24", "2001:db8::/64", "0.0.0.0/0", "::/0"}
	order[4], order[5] = order[5], order[4] // IPv4 as a whole holds fewer addresses than one /64
	for i := range order {
		for j := range order {
			got := param.MustParseRange(order[i]).Compare(param.MustParseRange(order[j]))
			if (got < 0) != (i < j) || (got == 0) != (i == j) {
				t.Errorf("Compare(%s, %s) = %d", order[i], order[j], got)
			}
		}
	}
	if param.MustParseRange("10.0.0.0/24").Compare(param.MustParseRange("10.0.0.0-10.0.0.255")) != 0 {
		t.Error("ranges with the same addresses must compare equal")
	}
}
