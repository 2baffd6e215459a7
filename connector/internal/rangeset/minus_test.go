package rangeset_test

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/interchange-smtp/interchange/connector/internal/rangeset"
	"github.com/interchange-smtp/interchange/connector/param"
)

// TestSets compares the operations with those on each address, at both ends of both families.
func TestSets(t *testing.T) {
	const size = 40
	random := rand.New(rand.NewPCG(1, 2))
	for _, first := range []string{"0.0.0.0", "255.255.255.216", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffd8"} {
		addrs := []netip.Addr{netip.MustParseAddr(first)}
		for len(addrs) < size {
			addrs = append(addrs, addrs[len(addrs)-1].Next())
		}
		some := func() (spans []rangeset.Span) {
			for range random.IntN(6) {
				i := random.IntN(size)
				spans = append(spans, rangeset.Span{Low: addrs[i], High: addrs[min(size-1, i+random.IntN(8))]})
			}
			return rangeset.Join(spans, nil)
		}
		has := func(spans []rangeset.Span, a netip.Addr) bool {
			for _, s := range spans {
				if !a.Less(s.Low) && !s.High.Less(a) {
					return true
				}
			}
			return false
		}
		for range 500 {
			a, b := some(), some()
			minus, both, either := rangeset.Minus(a, b), rangeset.Intersect(a, b), rangeset.Join(a, b)
			again := rangeset.Union(rangeset.Ranges(a))
			for _, x := range addrs {
				inA, inB := has(a, x), has(b, x)
				if has(minus, x) != (inA && !inB) || has(both, x) != (inA && inB) || has(either, x) != (inA || inB) || has(again, x) != inA {
					t.Fatalf("%v and %v: %v is wrong in %v, %v, %v or %v", a, b, x, minus, both, either, again)
				}
			}
		}
	}
	all := rangeset.All()
	if got := rangeset.Minus(all, rangeset.Union([]param.Range{param.MustParseRange("0.0.0.0/0")})); len(got) != 1 || !got[0].Low.Is6() {
		t.Errorf("without IPv4: %v", got)
	}
	for text, want := range map[string]string{"10.0.0.0-10.0.0.255": "10.0.0.0/24", "10.0.0.1-10.0.0.1": "10.0.0.1", "10.0.0.1-10.0.0.2": "10.0.0.1-10.0.0.2"} {
		if got := rangeset.Ranges(rangeset.Union([]param.Range{param.MustParseRange(text)})); len(got) != 1 || got[0].String() != want {
			t.Errorf("%s is printed as %v", text, got)
		}
	}
}
