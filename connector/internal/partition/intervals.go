package partition

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/connector/param"
)

// Span is an interval of addresses, Low to High, both of one family.
type Span struct{ Low, High netip.Addr }

// Contains reports whether a is in s.
func (s Span) Contains(a netip.Addr) bool {
	a = plain(a)
	return a.BitLen() == s.Low.BitLen() && !a.Less(s.Low) && !s.High.Less(a)
}

// Range returns s as an element of RemoteIPRanges: an address, CIDR if s is a
// block, or first-last.
func (s Span) Range() param.Range {
	text := s.Low.String()
	if s.Low != s.High {
		text += "-" + s.High.String()
	}
	r, err := param.ParseRange(text)
	if err != nil {
		return param.Range{} // ends of two families, which no Span has
	}
	for p := range r.Prefixes() {
		if s.Low != s.High && p.Addr() == s.Low && lastOf(p) == s.High {
			return param.MustParseRange(p.String())
		}
		break
	}
	return r
}

// String returns the text of Range.
func (s Span) String() string { return s.Range().String() }

// lastOf is the highest address of p.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// Last returns the highest address of a's family.
func Last(a netip.Addr) netip.Addr { return lastOf(netip.PrefixFrom(a, 0)) }

// examples are addresses that readers know as examples (RFC 5737, RFC 3849).
var examples = [...]netip.Addr{netip.MustParseAddr("203.0.113.1"), netip.MustParseAddr("2001:db8::99")}

// example reports whether a is one of the examples.
func example(a netip.Addr) bool { return a == examples[0] || a == examples[1] }

// Within returns the part of s that lies in r; ok is false if no address does.
func (s Span) Within(r param.Range) (part Span, ok bool) {
	if s.Low.BitLen() != r.Low().BitLen() {
		return Span{}, false
	}
	part = s
	if part.Low.Less(r.Low()) {
		part.Low = r.Low()
	}
	if r.High().Less(part.High) {
		part.High = r.High()
	}
	return part, !part.High.Less(part.Low)
}

// Witness returns an address of s that a client can have, or the zero Addr: the
// IPv4-mapped addresses within IPv6 are IPv4. If possible it is an example, or
// else neither in 0.0.0.0/8, which no host has (RFC 1122 section 3.2.1.3), nor the
// first of a network.
func (s Span) Witness() netip.Addr {
	for _, a := range examples {
		if s.Contains(a) {
			return a
		}
	}
	low := s.Low
	switch {
	case low.Is4In6():
		if behind := lastOf(netip.MustParsePrefix("::ffff:0:0/96")).Next(); !s.High.Less(behind) {
			return behind
		}
		return netip.Addr{}
	case low.Is4() && low.As4()[0] == 0 && s.Contains(netip.AddrFrom4([4]byte{1, 0, 0, 1})):
		return netip.AddrFrom4([4]byte{1, 0, 0, 1})
	}
	if octets := low.AsSlice(); octets[len(octets)-1] == 0 && low.Less(s.High) {
		return low.Next()
	}
	return low
}

// Join returns spans that hold the same addresses as the given ones, sorted,
// as few as possible. It reorders its argument.
func Join(spans []Span) []Span {
	slices.SortFunc(spans, func(a, b Span) int {
		return cmp.Or(cmp.Compare(a.Low.BitLen(), b.Low.BitLen()), a.Low.Compare(b.Low))
	})
	var joined []Span
	for _, s := range spans {
		if n := len(joined) - 1; n >= 0 && joined[n].Low.BitLen() == s.Low.BitLen() {
			if next := joined[n].High.Next(); !next.IsValid() || !next.Less(s.Low) {
				if joined[n].High.Less(s.High) {
					joined[n].High = s.High
				}
				continue
			}
		}
		joined = append(joined, s)
	}
	return joined
}

// Without returns the parts of spans that aren't in holes. Both are as Join returns them, and
// so is the result.
func Without(spans, holes []Span) []Span {
	var left []Span
	for _, s := range spans {
		low := s.Low
		at, _ := slices.BinarySearchFunc(holes, s, func(h, s Span) int {
			return cmp.Or(cmp.Compare(h.Low.BitLen(), s.Low.BitLen()), h.High.Compare(s.Low))
		})
		for ; at < len(holes) && low.IsValid() && holes[at].Low.BitLen() == low.BitLen() && !s.High.Less(holes[at].Low); at++ {
			if low.Less(holes[at].Low) {
				left = append(left, Span{low, holes[at].Low.Prev()})
			}
			low = holes[at].High.Next()
		}
		if low.IsValid() && !s.High.Less(low) {
			left = append(left, Span{low, s.High})
		}
	}
	return left
}

// plain is the form in which addresses are compared.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }
